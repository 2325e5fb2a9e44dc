// SPDX-License-Identifier: Apache-2.0
/** Places: where a shape enters, how it moves, where the camera goes (`docs/format.md`, Tokens, Scenes). */

import { base, SIGNED } from "./contexts.js";
import { MAX_COORDINATE } from "./limits.js";

/** @import { Place, Point } from "./types.js" */
/** @import { RangeDecoder } from "./range_decoder.js" */
/** @import { SceneMemory } from "./scene_memory.js" */

const UPRIGHT = base("enter.upright");
const ENTER_SCALE = base("enter.scale");
const ENTER_ANGLE = base("enter.angle");
const FINE = base("enter.fine");
const STEP = base("enter.again");
const ENTER_DX = base("enter.dx");
const ENTER_DY = base("enter.dy");
const TURNED = base("edit.turned");
const EXACT = base("edit.exact");
const DX = base("edit.dx");
const DY = base("edit.dy");
const SCALE = base("edit.scale");
const ANGLE = base("edit.angle");
const AGAIN = base("camera.again");
const VALUE = base("camera.value");

const ONE = 4096;

/** The camera of a scene that says nothing of it. @type {Place} */
export const STILL = Object.freeze({ dx: 0, dy: 0, scale: ONE, angle: 0 });

/**
 * @param {Place} a
 * @param {Place} b
 * @returns {boolean}
 */
export function samePlace(a, b) {
  return a.dx === b.dx && a.dy === b.dy && a.scale === b.scale && a.angle === b.angle;
}

/**
 * @param {Place} a
 * @param {Place} b
 * @returns {Place} what takes a to b, field by field
 */
export function changeOf(a, b) {
  return { dx: b.dx - a.dx, dy: b.dy - a.dy, scale: b.scale - a.scale, angle: b.angle - a.angle };
}

/**
 * @param {RangeDecoder} decoder
 * @param {number} dx
 * @param {number} dy
 * @param {number} scale
 * @param {number} angle
 * @returns {Place}
 */
function checked(decoder, dx, dy, scale, angle) {
  if (Math.max(Math.abs(dx), Math.abs(dy), Math.abs(scale), Math.abs(angle)) > MAX_COORDINATE) {
    throw decoder.damaged("a place is out of range");
  }
  return { dx, dy, scale, angle };
}

/**
 * @param {number} grid
 * @param {Place} place
 * @returns {0 | 1} whether it lies off the grid
 */
export function isFine(grid, { dx, dy }) {
  return (dx | dy) & ((1 << grid) - 1) ? 1 : 0;
}

/**
 * @param {RangeDecoder} decoder
 * @param {SceneMemory} memory
 * @param {number} outlineId
 * @param {number} grid of the outline
 * @returns {Place} where a shape enters: at the expected step from the shape before it, or anywhere
 */
export function readNextPlace(decoder, memory, outlineId, grid) {
  const { step, source } = memory.steps.expected(outlineId, outlineId === memory.nextNew);
  if (!decoder.bit(STEP + 2 * source + memory.steps.hit)) return readPlace(decoder, memory, grid);
  return checked(decoder, memory.place.dx + step[0], memory.place.dy + step[1], ONE, 0);
}

/**
 * @param {RangeDecoder} decoder
 * @param {SceneMemory} memory
 * @param {number} grid of the outline
 * @returns {Place}
 */
export function readPlace(decoder, memory, grid) {
  const fine = grid ? decoder.bit(FINE + memory.fine) : 1;
  const shift = fine ? 0 : grid;
  const y = decoder.signed(ENTER_DY + SIGNED * fine);
  const x = decoder.signed(ENTER_DX + SIGNED * (2 * fine + (y === 0 ? 1 : 0)));
  const { place } = memory;
  const dx = ((place.dx >> shift) + x) * (1 << shift);
  const dy = ((place.dy >> shift) + y) * (1 << shift);
  if (decoder.bit(UPRIGHT)) return checked(decoder, dx, dy, ONE, 0);
  const scale = place.scale + decoder.signed(ENTER_SCALE);
  return checked(decoder, dx, dy, scale, place.angle + decoder.signed(ENTER_ANGLE));
}

/**
 * @param {RangeDecoder} decoder
 * @param {SceneMemory} memory
 * @param {Place} old the shape's target so far
 * @param {Point} own its last motion
 * @returns {Place}
 */
export function readMove(decoder, memory, old, own) {
  let source = 2;
  let [x, y] = own;
  if (memory.groupMotion) {
    source = 0;
    [x, y] = memory.groupMotion;
  } else if (x || y) source = 1;
  if (source === 2 || !decoder.bit(EXACT + source)) {
    x += decoder.signed(DX + SIGNED * source);
    y += decoder.signed(DY + SIGNED * source);
  }
  let { scale, angle } = old;
  if (decoder.bit(TURNED)) {
    scale += decoder.signed(SCALE);
    angle += decoder.signed(ANGLE);
  }
  return checked(decoder, old.dx + x, old.dy + y, scale, angle);
}

/**
 * @param {RangeDecoder} decoder
 * @param {Place} old
 * @param {Place | null} motion the camera's last change, null for none
 * @returns {Place}
 */
export function readCamera(decoder, old, motion) {
  let { dx, dy, scale, angle } = motion ?? { dx: 0, dy: 0, scale: 0, angle: 0 };
  if (!decoder.bit(AGAIN)) {
    [dx, dy, scale, angle] = [0, 1, 2, 3].map((field) => decoder.signed(VALUE + SIGNED * field));
  }
  return checked(decoder, old.dx + dx, old.dy + dy, old.scale + scale, old.angle + angle);
}
