// SPDX-License-Identifier: Apache-2.0
/** TEXTURE sections and the textures of a film by their ids (`docs/format.md`, Textures). */

import { base, NUMBER } from "./contexts.js";
import { MtorError } from "./errors.js";
import {
  MAX_HIDDEN,
  MAX_PICTURES,
  MAX_SECTION,
  MAX_TEXTURE_BYTES,
  MAX_TEXTURES,
  MAX_TICK,
  TEXTURE_ROUNDING,
} from "./limits.js";
import { beginningOf, readStream } from "./obu.js";
import { Contexts, RangeDecoder } from "./range_decoder.js";

/** @import { Tables } from "./contexts.js" */
/** @import { Container, Section } from "./container.js" */
/** @import { Payload } from "./payload.js" */
/** @import { Fill, FilmHeader, Texture, Token } from "./types.js" */

const SIZE = base("texture.size");
const COUNT = base("texture.count");
const STEP = base("texture.step");
const JITTER = base("texture.jitter");
const PEEK = 8;

/** Stands for a texture that is not at hand. @type {Texture} */
export const UNREAD = { id: -1, width: 1, height: 1, times: [0], data: new Uint8Array(0) };

/**
 * @param {Texture} a
 * @param {Texture} b
 * @returns {boolean} whether they show the same, whatever their ids
 */
export function sameTexture(a, b) {
  if (a === b) return true;
  const { times, data } = a;
  if (a.width !== b.width || a.height !== b.height) return false;
  if (times.length !== b.times.length || data.length !== b.data.length) return false;
  return times.every((time, place) => time === b.times[place]) && data.every((byte, place) => byte === b.data[place]);
}

/**
 * @param {Payload} payload
 * @returns {number} the id at the start of a texture's section
 */
export function readTextureId(payload) {
  return payload.varint(MAX_TEXTURES, "id of a texture");
}

/**
 * @param {Payload} payload
 * @param {FilmHeader} header
 * @param {Tables} tables
 * @param {boolean} whole if not, the end is missing: the pictures up to there count
 * @returns {Texture}
 */
export function readTexture(payload, header, tables, whole = true) {
  const id = readTextureId(payload);
  const head = payload.take(payload.varint(MAX_SECTION, "length of a texture's head"), "head of a texture");
  const decoder = new RangeDecoder(head, new Contexts(tables), payload.where);
  const width = decoder.number(SIZE) + 1;
  const height = decoder.number(SIZE + NUMBER) + 1;
  const count = decoder.number(COUNT) + 1;
  if (count > MAX_PICTURES) throw payload.damaged(`a texture has ${count} pictures`);
  const times = readTimes(payload, decoder, count);
  let data = payload.rest();
  if (!whole) {
    data = beginningOf(data);
    times.splice(data.length ? readStream(data).pictures.length : 0);
  }
  const texture = { id, width, height, times, data };
  const wrong = faultOf(texture, header);
  if (wrong) throw payload.damaged(wrong);
  return texture;
}

/**
 * @param {Payload} payload
 * @param {RangeDecoder} decoder
 * @param {number} count
 * @returns {number[]} ticks from the texture's start
 */
function readTimes(payload, decoder, count) {
  const times = [0];
  let step = 0;
  for (let number = 1; number < count; number++) {
    step = number === 1 ? decoder.number(STEP) + 1 : step + decoder.signed(JITTER);
    const time = times[number - 1] + step;
    if (step <= 0 || time > MAX_TICK) throw payload.damaged("the times of a texture do not rise");
    times.push(time);
  }
  return times;
}

/**
 * @param {Texture} texture
 * @param {FilmHeader} header
 * @returns {string} what is wrong with it; empty if nothing is
 */
export function faultOf(texture, header) {
  const { width, height, times, data } = texture;
  if (!times.length || times.length > MAX_PICTURES || data.length > MAX_TEXTURE_BYTES) {
    return `a texture has ${times.length} pictures in ${data.length} bytes`;
  }
  if (width > header.width + TEXTURE_ROUNDING || height > header.height + TEXTURE_ROUNDING) {
    return `a texture of ${width}x${height} px in a film of ${header.width}x${header.height}`;
  }
  try {
    const stream = readStream(data);
    const shown = stream.pictures.length;
    if (stream.width !== width || stream.height !== height) {
      return `a texture's AV1 has ${stream.width}x${stream.height} px`;
    }
    if (shown !== times.length || stream.frames > 2 * shown + MAX_HIDDEN) {
      return `a texture's AV1 shows ${shown} pictures of ${stream.frames}, its times are ${times.length}`;
    }
  } catch (error) {
    if (error instanceof MtorError) return error.what;
    throw error;
  }
  return "";
}

/** The textures of a film. Each is read when it is first asked for, and then kept: their data are views of the file. */
export class TextureShelf {
  /** @type {Map<number, Section>} */
  #sections = new Map();
  /** @type {Map<number, Texture>} */
  #read = new Map();

  /**
   * @param {Container} container
   * @param {FilmHeader} header
   * @param {Tables} tables
   */
  constructor(container, header, tables) {
    this.container = container;
    this.header = header;
    this.tables = tables;
  }

  /** @param {Section} section takes note of it, without reading it */
  add(section) {
    const id = readTextureId(this.container.peek(section, PEEK));
    if (this.#sections.has(id)) throw new MtorError("its id is taken", this.container.where(section));
    this.#sections.set(id, section);
  }

  /** @returns {number[]} all ids, ascending */
  get ids() {
    return [...this.#sections.keys()].sort((a, b) => a - b);
  }

  /**
   * @param {number} id
   * @returns {Texture}
   */
  find(id) {
    const known = this.#read.get(id);
    if (known) return known;
    const section = this.#sections.get(id);
    if (!section) throw new MtorError(`texture ${id} is missing`, this.container.name);
    const texture = readTexture(this.container.payload(section), this.header, this.tables);
    this.#read.set(id, texture);
    return texture;
  }
}

/**
 * @param {Fill} paint
 * @returns {number} what a shape's paint counts against the limit of live textures
 */
export function textureWeight(paint) {
  if (paint.kind !== "TexturePaint") return 0;
  return paint.texture.times.length === 1 ? 1 : 8;
}

/**
 * @param {Token} token
 * @returns {Fill | null} the paint that it tells, of a shape or of the background
 */
export function paintOf(token) {
  if (token.kind === "Background") return token.paint;
  return token.kind === "Enter" || token.kind === "Edit" ? token.state.paint : null;
}
