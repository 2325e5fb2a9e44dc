// SPDX-License-Identifier: Apache-2.0
/**
 * Motion over a gap: what moved when packets began to be missing goes on, as in `mtor_transcode/render/extrapolate.py`.
 *
 * @typedef {import("../codec/types.js").Place} Place
 * @typedef {import("../codec/types.js").Span} Span
 * @typedef {import("../codec/types.js").Edit} Edit
 * @typedef {import("../codec/types.js").CameraMove} CameraMove
 * @typedef {Edit | CameraMove} Mover
 * @typedef {{token: Mover, start: Place, follows: boolean}} Move `follows`: it took over from another motion
 */
import { samePlace } from "./matrix.js";

/** The name of the camera among shapes. */
const CAMERA = -1;

export class Momentum {
  /** @param {Place} camera that of the scene's head @param {number} longest ticks for which a motion goes on */
  constructor(camera, longest) {
    this._longest = longest;
    this._camera = camera;
    /** @type {Map<number, Place>} */
    this._places = new Map();
    /** @type {Map<number, Move>} */
    this._moves = new Map();
    /** @type {number | null} */
    this._end = null;
  }

  /**
   * What is likely to have happened between the span before and this one, if there is a gap. What still moved at its
   * beginning goes on: straight to where this span next has it go, or else at its speed for a while, and back.
   * @param {Span} span @returns {Mover[]}
   */
  overGap(span) {
    const end = this._end;
    if (end === null || span.start <= end) return [];
    const coming = firstMoves(span);
    const found = [];
    for (const [name, { token, start, follows }] of this._moves) {
      const stops = token.at + token.duration;
      if (token.duration === 0 || stops < end || stops >= span.start) continue;
      const next = coming.get(name);
      if (next && !samePlace(target(next), target(token))) {
        const whole = next.at + next.duration - stops;
        const share = whole ? (next.at - stops) / whole : 0;
        found.push(moved(token, target(token), target(next), share, stops, next.at - stops));
      } else if (follows) {
        const longer = Math.min(this._longest, span.start - stops);
        found.push(moved(token, start, target(token), 1 + longer / token.duration, stops, longer));
        found.push(moved(token, start, target(token), 1, span.start, longer));
      }
    }
    return found;
  }

  /** Goes on after a span. @param {Span} span */
  take(span) {
    this._end = span.end;
    for (const token of span.tokens) {
      if (token.kind === "Enter") this._places.set(token.shape, token.state.transform);
      else if (token.kind === "Leave") {
        this._places.delete(token.shape);
        this._moves.delete(token.shape);
      } else if (token.kind === "Edit") {
        this._note(token.shape, token, this._places.get(token.shape) ?? token.state.transform);
        this._places.set(token.shape, token.state.transform);
      } else if (token.kind === "CameraMove") {
        this._note(CAMERA, token, this._camera);
        this._camera = token.camera;
      }
    }
    for (const [name, { token }] of this._moves) if (token.at + token.duration < span.end) this._moves.delete(name);
  }

  /** @param {number} name @param {Mover} token @param {Place} start */
  _note(name, token, start) {
    const before = this._moves.get(name)?.token;
    this._moves.delete(name);
    if (samePlace(start, target(token))) return;
    this._moves.set(name, { token, start, follows: !!before && before.at + before.duration === token.at });
  }
}

/** @param {Mover} token @returns {Place} */
function target(token) {
  return token.kind === "Edit" ? token.state.transform : token.camera;
}

/** The first token of a span for each shape, and for the camera. @param {Span} span */
function firstMoves(span) {
  /** @type {Map<number, Mover>} */
  const found = new Map();
  for (const token of span.tokens) {
    if (token.kind !== "Edit" && token.kind !== "CameraMove") continue;
    const name = token.kind === "Edit" ? token.shape : CAMERA;
    if (!found.has(name)) found.set(name, token);
  }
  return found;
}

/**
 * A token like `token` that goes to the place a `share` of the way from `start` to `end`.
 * @param {Mover} token @param {Place} start @param {Place} end @param {number} share @param {number} at
 * @param {number} duration @returns {Mover}
 */
function moved(token, start, end, share, at, duration) {
  const between = (/** @type {number} */ a, /** @type {number} */ b) => a + Math.round((b - a) * share);
  const place = {
    dx: between(start.dx, end.dx),
    dy: between(start.dy, end.dy),
    scale: Math.max(0, between(start.scale, end.scale)),
    angle: between(start.angle, end.angle),
  };
  if (token.kind === "CameraMove") return { kind: "CameraMove", at, duration, camera: place };
  return { kind: "Edit", at, duration, shape: token.shape, state: { ...token.state, transform: place } };
}
