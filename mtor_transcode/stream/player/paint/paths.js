// SPDX-License-Identifier: Apache-2.0
/**
 * Paths of outlines, made once for each outline object and forgotten with it.
 *
 * @typedef {import("../codec/types.js").Vector} Vector
 * @typedef {import("../codec/types.js").Outline} Outline
 * @typedef {import("../stage/matrix.js").Box} Box
 */
import { pxBounds, trace } from "../stage/curves.js";

/** @type {WeakMap<object, Path2D>} */
const paths = new WeakMap();
/** @type {WeakMap<object, Box>} */
const boxes = new WeakMap();
/** Paths made since the page was opened. */
let made = 0;

/** @param {Vector} outline */
export function pathOf(outline) {
  let path = paths.get(outline);
  if (!path) {
    path = new Path2D();
    trace(outline.contours, path);
    paths.set(outline, path);
    made++;
  }
  return path;
}

/** The box of all points (handles of smooth nodes may reach beyond), in px. @param {Outline} outline @returns {Box} */
export function boxOf(outline) {
  let box = boxes.get(outline);
  if (!box) boxes.set(outline, (box = pxBounds(outline)));
  return box;
}

/** Paths made so far: the panel shows how well they are kept. */
export function pathsMade() {
  return made;
}
