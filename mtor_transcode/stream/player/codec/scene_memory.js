// SPDX-License-Identifier: Apache-2.0
/** What a decoder knows of a scene at a place in its tokens (`docs/format.md`, Tokens, Memory). */

import { PaintMemory } from "./colours.js";
import { gridOf } from "./outlines.js";
import { samePaint } from "./paints.js";
import { changeOf, isFine, samePlace, STILL } from "./places.js";
import { textureWeight } from "./textures.js";

/** @import { Enter, Edit, Fill, Place, Point, ShapeState, Token } from "./types.js" */
/** @import { FindTexture } from "./paints.js" */

export const NOBODY = -1;
/** Kinds of tokens in the order of their codes. */
export const KINDS = /** @type {const} */ (["Edit", "Enter", "Leave", "CameraMove", "Background"]);
/** @type {number} */
const NO_KIND = KINDS.length;
const RECENT = 2048;
const STEPS = 4096;

/** @typedef {{state: ShapeState, outlineId: number, motion: Point}} LiveShape */

/**
 * @param {number[]} sorted
 * @param {number} value
 * @returns {number} how many are at most the value
 */
export function countUpTo(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The ways from an entering shape to the next one. */
class Steps {
  /** Whether the last step was the expected one. @type {0 | 1} */
  hit = 0;
  /** @type {Point} */
  #last = [0, 0];
  #before = NOBODY;
  /** By the ids of two outlines. @type {Map<number, Point>} */
  #known = new Map();

  /**
   * @param {number} outlineId
   * @returns {number}
   */
  #key(outlineId) {
    return (this.#before + 1) * 2 ** 26 + outlineId;
  }

  /**
   * @param {number} outlineId
   * @param {boolean} isNew
   * @returns {{step: Point, source: number}}
   */
  expected(outlineId, isNew) {
    const known = this.#known.get(this.#key(outlineId));
    return known ? { step: known, source: 1 } : { step: this.#last, source: isNew ? 2 : 0 };
  }

  /**
   * @param {number} outlineId of the shape that entered
   * @param {Place} old place of the one before
   * @param {Place} place
   */
  remember(outlineId, old, place) {
    /** @type {Point} */
    const step = [place.dx - old.dx, place.dy - old.dy];
    const key = this.#key(outlineId);
    const expected = this.#known.get(key) ?? this.#last;
    this.hit = expected[0] === step[0] && expected[1] === step[1] ? 1 : 0;
    if (this.#known.size === STEPS) this.#known.clear();
    this.#known.set(key, step);
    this.#last = step;
    this.#before = outlineId;
  }
}

export class SceneMemory {
  /**
   * @param {Fill | null} background with which the scene or snapshot begins; null remembers no paint
   * @param {Place} camera
   * @param {number} nextNew id of the next new outline
   * @param {number} start film tick
   * @param {FindTexture} findTexture
   */
  constructor(background, camera, nextNew, start, findTexture) {
    this.findTexture = findTexture;
    this.background = background;
    this.camera = camera;
    /** @type {Place | null} */
    this.cameraMotion = null;
    this.paints = new PaintMemory();
    if (background) this.paints.add(background);
    this.kind = NO_KIND;
    this.durations = [0, 0, 0, 0, 0];
    this.time = start;
    /** Whether the span has a group of tokens already. */
    this.open = false;
    this.timeStep = 0;
    /** The last motion of an edit in the group. @type {Point | null} */
    this.groupMotion = null;
    this.named = NOBODY;
    /** @type {Map<number, number>} */
    this.successor = new Map();
    /** @type {Map<number, LiveShape>} */
    this.shapes = new Map();
    /** Numbers of the live shapes, ascending. @type {number[]} */
    this.order = [];
    /** Weight of the live shapes that show textures. */
    this.textured = 0;
    this.nextShape = 0;
    this.explicitIds = false;
    this.lastEntered = NOBODY;
    this.place = STILL;
    /** @type {0 | 1} */
    this.fine = 0;
    this.steps = new Steps();
    /** @type {number[]} */
    this.recent = [];
    this.nextNew = nextNew;
    this.wasNew = 1;
    this.changes = 0;
  }

  /** @param {number} start film tick of a span */
  beginSpan(start) {
    this.open = false;
    this.#beginGroup(start);
  }

  /** @param {number} at the time of the next token */
  goTo(at) {
    if (this.open && at === this.time) return;
    if (this.open) this.timeStep = at - this.time;
    this.open = true;
    this.#beginGroup(at);
  }

  /** @param {number} at */
  #beginGroup(at) {
    this.time = at;
    this.groupMotion = null;
    this.named = NOBODY;
  }

  /**
   * Takes in a token.
   *
   * @param {Token} token
   * @param {number} shape its number, as coded
   * @param {number} outlineId
   */
  remember(token, shape, outlineId) {
    this.kind = KINDS.indexOf(token.kind);
    this.durations[this.kind] = token.duration;
    if (token.kind === "Enter") this.#enter(token, shape, outlineId);
    else if (token.kind === "Edit") this.#edit(token, shape, outlineId);
    else if (token.kind === "Leave") this.#leave(shape);
    else if (token.kind === "CameraMove") this.moveCamera(token.camera);
    else {
      this.background = token.paint;
      this.paints.add(token.paint);
    }
  }

  /** @param {Place} camera */
  moveCamera(camera) {
    this.cameraMotion = changeOf(this.camera, camera);
    this.camera = camera;
  }

  /** @param {number} shape is the last one that the group named */
  name(shape) {
    this.successor.set(this.named, shape);
    this.named = shape;
  }

  /**
   * @param {Enter} token
   * @param {number} shape
   * @param {number} outlineId
   */
  #enter({ state }, shape, outlineId) {
    this.shapes.set(shape, { state, outlineId, motion: [0, 0] });
    this.order.splice(countUpTo(this.order, shape), 0, shape);
    this.lastEntered = shape;
    this.nextShape = Math.max(this.nextShape, shape + 1);
    this.steps.remember(outlineId, this.place, state.transform);
    this.place = state.transform;
    const grid = gridOf(state.outline);
    if (grid) this.fine = isFine(grid, state.transform);
    this.paints.add(state.paint);
    this.textured += textureWeight(state.paint);
    this.use(outlineId);
  }

  /**
   * @param {Edit} token
   * @param {number} shape
   * @param {number} outlineId
   */
  #edit({ state }, shape, outlineId) {
    const live = /** @type {LiveShape} */ (this.shapes.get(shape));
    const old = live.state;
    const moved = !samePlace(state.transform, old.transform);
    const painted = !samePaint(state.paint, old.paint);
    const reshaped = outlineId !== live.outlineId;
    const faded = state.opacity !== old.opacity;
    let { motion } = live;
    this.name(shape);
    if (moved) {
      motion = [state.transform.dx - old.transform.dx, state.transform.dy - old.transform.dy];
      this.groupMotion = motion;
    }
    this.changes = (moved ? 1 : 0) | (painted ? 2 : 0) | (reshaped ? 4 : 0) | (faded ? 8 : 0);
    this.shapes.set(shape, { state, outlineId, motion });
    if (painted) {
      this.paints.add(state.paint);
      this.textured += textureWeight(state.paint) - textureWeight(old.paint);
    }
    if (reshaped) this.use(outlineId);
  }

  /** @param {number} shape */
  #leave(shape) {
    this.name(shape);
    const live = /** @type {LiveShape} */ (this.shapes.get(shape));
    this.textured -= textureWeight(live.state.paint);
    this.shapes.delete(shape);
    this.order.splice(countUpTo(this.order, shape) - 1, 1);
    this.successor.delete(shape);
  }

  /** @param {number} outlineId is the last one used */
  use(outlineId) {
    const { recent } = this;
    this.wasNew = outlineId === this.nextNew ? 1 : 0;
    if (this.wasNew) this.nextNew += 1;
    const place = this.wasNew ? -1 : recent.indexOf(outlineId);
    if (place >= 0) recent.splice(place, 1);
    else if (recent.length === RECENT) recent.pop();
    recent.unshift(outlineId);
  }
}
