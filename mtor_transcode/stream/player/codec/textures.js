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
  SHARPEST,
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
const SHARPNESS = base("texture.sharpness");
const SOME_MOVE = base("texture.moves");
const MOVES = SOME_MOVE + 1;
const PEEK = 8;

/** Stands for a texture that is not at hand. @type {Texture} */
export const UNREAD = { id: -1, width: 1, height: 1, times: [0], data: new Uint8Array(0), moves: [], sharpness: 0 };

/**
 * @param {Texture} a
 * @param {Texture} b
 * @returns {boolean} whether they show the same, whatever their ids
 */
export function sameTexture(a, b) {
  if (a === b) return true;
  if (a.width !== b.width || a.height !== b.height || a.sharpness !== b.sharpness) return false;
  return sameList(a.times, b.times) && sameList(a.moves, b.moves) && sameList(a.data, b.data);
}

/**
 * @param {ArrayLike<unknown>} a
 * @param {ArrayLike<unknown>} b
 * @returns {boolean} whether they have the same elements
 */
function sameList(a, b) {
  if (a.length !== b.length) return false;
  for (let place = 0; place < a.length; place++) if (a[place] !== b[place]) return false;
  return true;
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
  const sharpness = decoder.number(SHARPNESS);
  let moves = readMoves(decoder, count);
  let data = payload.rest();
  if (!whole) {
    data = beginningOf(data);
    times.splice(data.length ? readStream(data).pictures.length : 0);
    moves = moves.slice(0, Math.max(0, times.length - 1));
  }
  if (!moves.includes(true)) moves = [];
  const texture = { id, width, height, times, data, moves, sharpness };
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
 * @param {RangeDecoder} decoder
 * @param {number} count
 * @returns {boolean[]} for each picture but the last, whether it moves on to the next; empty if none does
 */
function readMoves(decoder, count) {
  /** @type {boolean[]} */
  const moves = [];
  if (count === 1 || !decoder.bit(SOME_MOVE)) return moves;
  /** @type {0 | 1} */
  let before = 1;
  for (let number = 1; number < count; number++) {
    before = decoder.bit(MOVES + before);
    moves.push(before === 1);
  }
  return moves;
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
  if (texture.sharpness > SHARPEST) return `a texture is sharpened by ${texture.sharpness}, at most ${SHARPEST} is`;
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
