// SPDX-License-Identifier: Apache-2.0
/** A scene put together from the packets that came: tokens that always fit each other (`docs/format.md`, With packets missing). */

import { MtorError } from "./errors.js";
import { KEPT_NODES, MAX_LIVE, MAX_LIVE_TEXTURES } from "./limits.js";
import { nodeCount, NOTHING, sameOutline } from "./outlines.js";
import { BACKDROP, CAMERA, ENTER, LEAVE } from "./packet_memory.js";
import { samePaint } from "./paints.js";
import { samePlace, STILL } from "./places.js";
import { NOBODY } from "./scene_memory.js";
import { textureWeight, UNREAD } from "./textures.js";

/** @import { Fill, Outline, ShapeState, Solid, Span, Token } from "./types.js" */
/** @import { Change } from "./packet_memory.js" */
/** @import { PacketScene, PacketTable } from "./packet_table.js" */
/** @import { FindTexture } from "./paints.js" */

/** Grey is seen where a texture is missing. @type {Solid} */
const NO_PAINT = { kind: "Solid", colour: [126, 128, 128], border: null };

/** A shape of which nothing has been told. @type {ShapeState} */
const UNSEEN = { outline: NOTHING, paint: NO_PAINT, transform: STILL, opacity: 255 };

/**
 * @param {ShapeState} a
 * @param {ShapeState} b
 * @returns {boolean}
 */
function sameState(a, b) {
  const plain = a.opacity === b.opacity && samePlace(a.transform, b.transform);
  return plain && samePaint(a.paint, b.paint) && sameOutline(a.outline, b.outline);
}

/**
 * @param {Fill | null} paint
 * @returns {boolean} whether it is a texture that is not at hand
 */
function isUnread(paint) {
  return paint?.kind === "TexturePaint" && paint.texture === UNREAD;
}

/** The outlines that were told again, those told last. */
class ToldAgain {
  #nodes = 0;
  /** @type {Map<number, Outline>} */
  #outlines = new Map();

  /**
   * @param {number} id
   * @returns {Outline | undefined}
   */
  get(id) {
    return this.#outlines.get(id);
  }

  /**
   * @param {number} id
   * @param {Outline} outline
   */
  keep(id, outline) {
    this.#outlines.set(id, outline);
    this.#nodes += nodeCount(outline);
    for (const [oldest, dropped] of this.#outlines) {
      if (this.#nodes <= KEPT_NODES || this.#outlines.size === 1) break;
      this.#outlines.delete(oldest);
      this.#nodes -= nodeCount(dropped);
    }
  }
}

/** Shapes whose outline is missing. */
class Lacking {
  /** @type {Map<number, number>} */
  #outlineOf = new Map();
  /** @type {Map<number, Set<number>>} */
  #shapesOf = new Map();

  /**
   * @param {number} shape
   * @param {number} outlineId
   */
  add(shape, outlineId) {
    this.#outlineOf.set(shape, outlineId);
    const shapes = this.#shapesOf.get(outlineId) ?? new Set();
    this.#shapesOf.set(outlineId, shapes.add(shape));
  }

  /** @param {number} shape lacks none any more, or not that one */
  remove(shape) {
    const outlineId = this.#outlineOf.get(shape);
    if (outlineId === undefined) return;
    this.#outlineOf.delete(shape);
    const shapes = this.#shapesOf.get(outlineId);
    shapes?.delete(shape);
    if (!shapes?.size) this.#shapesOf.delete(outlineId);
  }

  /**
   * @param {number} outlineId
   * @returns {number[]} the shapes that lack it, ascending
   */
  of(outlineId) {
    return [...(this.#shapesOf.get(outlineId) ?? [])].sort((a, b) => a - b);
  }
}

/** Decodes the packets of a scene one after the other. */
export class PacketSceneReader {
  /** @type {Map<number, ShapeState>} */
  #states = new Map();
  #textured = 0;
  #spent = 0;
  #again = new ToldAgain();
  #lacking = new Lacking();

  /**
   * @param {PacketTable} table
   * @param {PacketScene} scene
   * @param {FindTexture} findTexture
   */
  constructor(table, scene, findTexture) {
    this.table = table;
    this.scene = scene;
    this.findTexture = findTexture;
    this.camera = scene.head.camera;
    /** @type {Fill} */
    this.backdrop = scene.head.background;
  }

  /** @returns {Generator<Span>} a span for each packet; where packets are missing, one starts after the end of the last */
  *spans() {
    for (const number of this.scene.numbers) yield this.span(number);
  }

  /**
   * @param {number} number of the next packet at hand
   * @returns {Span}
   */
  span(number) {
    const { plain, changes, outlines } = this.table.read(number, this.findTexture);
    this.table.keep(number, outlines);
    return { start: plain.start, end: plain.end, tokens: changes.flatMap((change) => [...this.#tokens(change)]) };
  }

  /**
   * @param {Change} change
   * @returns {Generator<Token>} what it comes to; an outline told again is given to all shapes that lack it
   */
  *#tokens(change) {
    const { at, again, outline, outlineId } = change;
    if (again && outline && !this.#again.get(outlineId)) {
      this.#again.keep(outlineId, outline);
      for (const shape of this.#lacking.of(outlineId)) {
        if (shape === change.shape) continue;
        this.#lacking.remove(shape);
        const state = this.#set(shape, { .../** @type {ShapeState} */ (this.#states.get(shape)), outline });
        yield { kind: "Edit", at, duration: 0, shape, state };
      }
    }
    const token = this.#token(change);
    if (token) yield token;
  }

  /**
   * @param {Change} change
   * @returns {Token | null}
   */
  #token(change) {
    const { at, duration, kind, shape } = change;
    if (kind === CAMERA || kind === BACKDROP) return this.#view(change);
    if (kind === ENTER) return this.#enter(change);
    const old = this.#states.get(shape);
    if (!old) return null;
    if (kind === LEAVE) {
      this.#states.delete(shape);
      this.#textured -= textureWeight(old.paint);
      this.#lacking.remove(shape);
      return { kind: "Leave", at, shape, duration };
    }
    return { kind: "Edit", at, duration, shape, state: this.#set(shape, this.#changed(old, change)) };
  }

  /**
   * @param {Change} change
   * @returns {Token | null} a new camera or background; what is told again is left out where it came before
   */
  #view({ at, duration, camera, backdrop, again }) {
    if (camera) {
      const before = this.camera;
      this.camera = camera;
      return again && samePlace(before, camera) ? null : { kind: "CameraMove", at, duration, camera };
    }
    if (!backdrop || isUnread(backdrop)) return null;
    const old = this.backdrop;
    this.backdrop = backdrop;
    return again && samePaint(old, backdrop) ? null : { kind: "Background", at, duration, paint: backdrop };
  }

  /**
   * @param {Change} change
   * @returns {Token | null}
   */
  #enter(change) {
    const { at, duration, shape, under } = change;
    const old = this.#states.get(shape);
    const changed = this.#changed(old ?? UNSEEN, change);
    if (this.#states.size >= MAX_LIVE && !old) throw new MtorError("too many shapes", this.#where);
    const state = this.#set(shape, changed);
    if (!old) return { kind: "Enter", at, shape, state, under, duration };
    return sameState(old, state) ? null : { kind: "Edit", at, duration, shape, state };
  }

  /**
   * @param {ShapeState} old
   * @param {Change} change
   * @returns {ShapeState} a texture that is not at hand changes nothing
   */
  #changed(old, change) {
    const { paint } = change;
    return {
      outline: change.outlineId === NOBODY ? old.outline : this.#outline(change),
      paint: !paint || isUnread(paint) ? old.paint : paint,
      transform: change.place ?? old.transform,
      opacity: change.opacity ?? old.opacity,
    };
  }

  /**
   * @param {number} shape
   * @param {ShapeState} told what it has come to
   * @returns {ShapeState} the same, but that a mask never shows a texture
   */
  #set(shape, told) {
    const grey = told.outline.kind === "Mask" && told.paint.kind === "TexturePaint";
    const state = grey ? { ...told, paint: NO_PAINT } : told;
    const old = this.#states.get(shape) ?? UNSEEN;
    this.#textured += textureWeight(state.paint) - textureWeight(old.paint);
    if (this.#textured > MAX_LIVE_TEXTURES) throw new MtorError("too many shapes show textures", this.#where);
    this.#states.set(shape, state);
    return state;
  }

  /**
   * @param {Change} change
   * @returns {Outline} `NOTHING` if it is missing
   */
  #outline({ shape, outline, outlineId }) {
    this.#lacking.remove(shape);
    const found = outline ?? this.#lookUp(outlineId) ?? this.#again.get(outlineId);
    if (found) return found;
    this.#lacking.add(shape, outlineId);
    return NOTHING;
  }

  /**
   * @param {number} id
   * @returns {Outline | null} refuses to decode packets over and over
   */
  #lookUp(id) {
    const before = this.table.decoded;
    const found = this.table.outline(id);
    this.#spent += this.table.decoded - before;
    this.table.checkSpent(this.#spent);
    return found;
  }

  /** @returns {string} */
  get #where() {
    return `scene ${this.scene.head.number}`;
  }
}
