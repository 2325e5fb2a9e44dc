// SPDX-License-Identifier: Apache-2.0
/**
 * Affine maps of the plane. A matrix `[a, b, c, d, e, f]` maps (x, y) to (a x + c y + e, b x + d y + f), as in
 * SVG and Canvas2D. x runs to the right and y down, so a positive angle turns clockwise on the screen.
 *
 * @typedef {[number, number, number, number, number, number]} Matrix
 * @typedef {[number, number, number, number]} Box x0, y0, x1, y1
 * @typedef {import("../codec/types.js").Place} Place
 */

const SCALE_ONE = 4096;
const UNITS_PER_PX = 16;
export const TURN = 4096;

/** @type {Matrix} */
export const IDENTITY = [1, 0, 0, 1, 0, 0];

/** The map that does `inner` first, then `outer`. @param {Matrix} outer @param {Matrix} inner @returns {Matrix} */
export function compose(outer, inner) {
  const [a, b, c, d, e, f] = outer;
  const [g, h, i, j, k, m] = inner;
  return [a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * m + e, b * k + d * m + f];
}

/** Local px of an outline to px of the world: scale, rotation, translation. @param {Place} place @returns {Matrix} */
export function placed(place) {
  const scale = place.scale / SCALE_ONE;
  const dx = place.dx / UNITS_PER_PX;
  const dy = place.dy / UNITS_PER_PX;
  if (!place.angle) return [scale, 0, 0, scale, dx, dy];
  const turn = (place.angle * 2 * Math.PI) / TURN;
  const cos = scale * Math.cos(turn);
  const sin = scale * Math.sin(turn);
  return [cos, sin, -sin, cos, dx, dy];
}

/**
 * Px of the world to px of a frame of `width` x `height`, about its centre C: screen = C + s R (world - C) + (dx, dy).
 * @param {Place} camera @param {number} width @param {number} height @returns {Matrix}
 */
export function throughCamera(camera, width, height) {
  const [a, b, c, d, e, f] = placed(camera);
  const x = width / 2;
  const y = height / 2;
  return [a, b, c, d, e + x - a * x - c * y, f + y - b * x - d * y];
}

/** The bounding box of a box's image. @param {Matrix} matrix @param {Box} box @returns {Box} */
export function boxThrough(matrix, box) {
  const [a, b, c, d, e, f] = matrix;
  const [x0, y0, x1, y1] = box;
  const left = Math.min(a * x0, a * x1) + Math.min(c * y0, c * y1) + e;
  const right = Math.max(a * x0, a * x1) + Math.max(c * y0, c * y1) + e;
  const top = Math.min(b * x0, b * x1) + Math.min(d * y0, d * y1) + f;
  const low = Math.max(b * x0, b * x1) + Math.max(d * y0, d * y1) + f;
  return [left, top, right, low];
}

/** @param {Place} a @param {Place} b */
export function samePlace(a, b) {
  return a === b || (a.dx === b.dx && a.dy === b.dy && a.scale === b.scale && a.angle === b.angle);
}
