// SPDX-License-Identifier: Apache-2.0
/** SCENE, SPAN and SNAPSHOT sections: a scene decoded from the dictionary and itself alone (`docs/format.md`, Scenes). */

import { Kind } from "./container.js";
import { base } from "./contexts.js";
import { PaintMemory } from "./colours.js";
import {
  MAX_LIVE_TEXTURES,
  MAX_OUTLINES,
  MAX_SOFTNESS,
  MAX_SPAN_TEXTURES,
  MAX_SPAN_TOKENS,
  MAX_STEP,
  MAX_TICK,
  MAX_WHOLE,
  TOKENS_PER_BYTE,
} from "./limits.js";
import { readBackdrop, readPaint, samePaint } from "./paints.js";
import { readCamera, STILL } from "./places.js";
import { Contexts, RangeDecoder } from "./range_decoder.js";
import { SceneMemory } from "./scene_memory.js";
import { paintOf } from "./textures.js";
import { readToken } from "./tokens.js";

/** @import { Fill, SceneStart, Span, Token } from "./types.js" */
/** @import { Container, Section } from "./container.js" */
/** @import { Tables } from "./contexts.js" */
/** @import { Payload } from "./payload.js" */
/** @import { FindTexture } from "./paints.js" */
/** @import { FindOutline } from "./tokens.js" */

const DISSOLVE = base("scene.dissolve");
const TRANSITION = base("scene.transition");
const SOFTNESS = base("scene.softness");

const PEEK = 16;
const MAX_NUMBER = 2 ** 31 - 1;

/**
 * A span or snapshot of a scene, and the ticks at which it starts and ends (equal for a snapshot).
 *
 * @typedef {{section: Section, start: number, end: number}} Part
 */

/**
 * @param {Payload} payload
 * @returns {{number: number, start: number, nextNew: number}} the plain fields of a SCENE section
 */
function readScenePlain(payload) {
  const number = payload.varint(MAX_NUMBER, "number of a scene");
  const start = payload.varint(MAX_TICK, "start");
  return { number, start, nextNew: payload.varint(MAX_OUTLINES, "id of an outline") };
}

/**
 * @param {Payload} payload
 * @returns {number} ticks
 */
function readSpanDuration(payload) {
  return payload.varint(MAX_STEP, "duration of a span");
}

/**
 * @param {Payload} payload
 * @returns {{after: number, nextNew: number, nextShape: number}} the plain fields of a SNAPSHOT section
 */
function readSnapshotPlain(payload) {
  const after = payload.varint(MAX_TICK, "time of a snapshot");
  const nextNew = payload.varint(MAX_OUTLINES, "id of an outline");
  return { after, nextNew, nextShape: payload.varint(MAX_WHOLE, "number of a shape") };
}

/**
 * @param {RangeDecoder} decoder
 * @param {number} number of the scene
 * @param {number} start tick
 * @returns {SceneStart}
 */
export function readSceneHead(decoder, number, start) {
  const transition = decoder.bit(DISSOLVE);
  const transition_duration = transition ? decoder.number(TRANSITION) : 0;
  const softness = decoder.number(SOFTNESS);
  if (softness > MAX_SOFTNESS) throw decoder.damaged(`a scene has the softness ${softness}`);
  const background = readPaint(decoder, new PaintMemory());
  const camera = readCamera(decoder, STILL, null);
  return { number, start, background, camera, transition, transition_duration, softness };
}

/** A scene of a file: its head, its section, its spans and snapshots. Nothing but the head is decoded at first. */
export class SceneSections {
  /** @type {Part[]} */
  parts = [];

  /**
   * @param {Container} container
   * @param {Section} section
   * @param {Tables} tables
   */
  constructor(container, section, tables) {
    this.container = container;
    this.section = section;
    this.tables = tables;
    const payload = container.payload(section);
    const { number, start, nextNew } = readScenePlain(payload);
    const decoder = new RangeDecoder(payload.rest(), new Contexts(tables), payload.where);
    this.nextNew = nextNew;
    this.head = readSceneHead(decoder, number, start);
  }

  /** @returns {number} tick at which the scene is over */
  get end() {
    return this.parts.at(-1)?.end ?? this.head.start;
  }

  /** @param {Section} section a span or snapshot; takes note of it, without decoding it */
  add(section) {
    const payload = this.container.peek(section, PEEK);
    const start = this.end;
    let end = start;
    if (section.kind === Kind.SPAN) end += readSpanDuration(payload);
    else if (this.head.start + readSnapshotPlain(payload).after !== start) {
      throw payload.damaged("a snapshot is not where its scene has come to");
    }
    this.parts.push({ section, start, end });
  }

  /**
   * @param {FindOutline} findOutline
   * @param {FindTexture} findTexture
   * @param {number | null} fromTick start at the last snapshot at or before it, if there is one
   * @returns {Generator<Span>}
   */
  *spans(findOutline, findTexture, fromTick = null) {
    const reader = new SceneReader(this, findOutline, findTexture);
    const isEntry = (/** @type {Part} */ { section, start }) =>
      fromTick !== null && start <= fromTick && section.kind === Kind.SNAPSHOT;
    const first = this.parts.findLastIndex(isEntry);
    for (let place = Math.max(first, 0); place < this.parts.length; place++) {
      const part = this.parts[place];
      if (part.section.kind === Kind.SPAN) yield reader.span(part);
      else {
        const snapshot = reader.snapshot(part);
        if (place === first) yield snapshot;
      }
    }
  }
}

/** Decodes the parts of a scene one after the other. */
class SceneReader {
  /**
   * @param {SceneSections} scene
   * @param {FindOutline} findOutline
   * @param {FindTexture} findTexture
   */
  constructor(scene, findOutline, findTexture) {
    this.container = scene.container;
    this.tables = scene.tables;
    this.findOutline = findOutline;
    this.findTexture = findTexture;
    const payload = this.container.payload(scene.section);
    readScenePlain(payload);
    this.contexts = new Contexts(this.tables);
    const { number, start, background, camera } = scene.head;
    readSceneHead(this.#open(payload), number, start);
    this.memory = new SceneMemory(background, camera, scene.nextNew, start, findTexture);
  }

  /**
   * @param {Payload} payload
   * @returns {RangeDecoder}
   */
  #open(payload) {
    return new RangeDecoder(payload.rest(), this.contexts, payload.where);
  }

  /**
   * @param {Part} part
   * @returns {Span}
   */
  span({ section, start, end }) {
    const payload = this.container.payload(section);
    readSpanDuration(payload);
    this.memory.beginSpan(start);
    return { start, end, tokens: this.#tokens(this.#open(payload), payload.data.length, end) };
  }

  /**
   * @param {Part} part
   * @returns {Span} of no duration, which sets the whole state
   */
  snapshot({ section, start: at }) {
    const payload = this.container.payload(section);
    const { nextNew, nextShape } = readSnapshotPlain(payload);
    this.contexts = new Contexts(this.tables);
    const decoder = this.#open(payload);
    const paint = readBackdrop(decoder, new PaintMemory(), this.findTexture, at, null);
    const camera = readCamera(decoder, STILL, null);
    this.memory = new SceneMemory(paint, camera, nextNew, at, this.findTexture);
    this.memory.nextShape = nextShape;
    this.memory.explicitIds = true;
    const tokens = this.#tokens(decoder, payload.data.length, at);
    this.memory.explicitIds = false;
    /** @type {Token[]} */
    const view = [
      { kind: "Background", at, duration: 0, paint },
      { kind: "CameraMove", at, duration: 0, camera },
    ];
    return { start: at, end: at, tokens: [...view, ...tokens] };
  }

  /**
   * @param {RangeDecoder} decoder
   * @param {number} size bytes of the payload
   * @param {number} end tick
   * @returns {Token[]}
   */
  #tokens(decoder, size, end) {
    const most = Math.min(MAX_SPAN_TOKENS, TOKENS_PER_BYTE * size);
    /** @type {Token[]} */
    const tokens = [];
    const brought = new BroughtTextures();
    for (;;) {
      const token = readToken(decoder, this.memory, this.findOutline);
      if (!token) return tokens;
      if (tokens.length >= most) throw decoder.damaged("a span has too many tokens");
      if (token.at > end) throw decoder.damaged("a token comes after the end of its span");
      brought.take(token);
      if (brought.count > MAX_SPAN_TEXTURES || this.memory.textured > MAX_LIVE_TEXTURES) {
        throw decoder.damaged("a span has too many textures");
      }
      tokens.push(token);
    }
  }
}

/** Counts the textures that tokens bring, but not those that a shape of theirs shows already. */
class BroughtTextures {
  count = 0;
  /** @type {Map<number, Fill>} */
  #shown = new Map();

  /** @param {Token} token goes on after it */
  take(token) {
    const paint = paintOf(token);
    if (!paint) return;
    const textured = paint.kind === "TexturePaint";
    if (token.kind === "Enter" || token.kind === "Edit") {
      const shown = this.#shown.get(token.shape);
      if (!textured) this.#shown.delete(token.shape);
      else if (shown && samePaint(shown, paint)) return;
      else this.#shown.set(token.shape, paint);
    }
    if (textured) this.count += 1;
  }
}
