// SPDX-License-Identifier: Apache-2.0
/**
 * Shading fields as a canvas paints them: small pictures, stretched.
 *
 * @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Context
 * @typedef {import("../codec/types.js").ShadingField} ShadingField
 * @typedef {import("../stage/matrix.js").Box} Box
 * @typedef {import("./colours.js").Colours} Colours
 */
import { between } from "./gradients.js";
import { fieldShares, fieldSides } from "./splines.js";

/** Px of a picture between neighbouring nodes. */
const FINE = 8;

/** Px around a picture that repeat its edge: a pattern has none, and lines and smooth nodes reach out of the box. */
const EDGE = 1;

/** Px of a picture on a side, about, at most: what reaches far beyond a small box makes its px larger. */
const MOST = 512;

/**
 * Where the px of a picture are along one side: so many, of that size, of which the one at `zero` has its centre where
 * the side begins.
 * @typedef {{count: number, px: number, zero: number}} Grid
 */

/** Pictures of fields that rest. @type {WeakMap<ShadingField, {across: Grid, down: Grid, picture: OffscreenCanvas}>} */
const kept = new WeakMap();

/** What a canvas paints a field over a box with, which reaches so many px beyond it. @param {Context} context @param {ShadingField} field @param {Box} box @param {number} reach @param {Colours} colours */
export function fieldPattern(context, field, box, reach, colours) {
  const [width, height] = fieldSides(box);
  const across = gridOf(width, field.columns, reach);
  const down = gridOf(height, field.levels.length / field.columns, reach);
  let known = kept.get(field);
  if (!known || !same(known.across, across, width) || !same(known.down, down, height)) {
    known = { across, down, picture: fieldPicture(field, [width, height], across, down, colours) };
    kept.set(field, known);
  }
  const pattern = context.createPattern(known.picture, "no-repeat");
  const [x, y] = [box[0] - (across.zero + 0.5) * across.px, box[1] - (down.zero + 0.5) * down.px];
  pattern?.setTransform(new DOMMatrix([across.px, 0, 0, down.px, x, y]));
  return pattern;
}

/** @param {number} side px @param {number} nodes along it @param {number} reach @returns {Grid} */
function gridOf(side, nodes, reach) {
  const px = Math.max(side / (FINE * (nodes - 1)), (side + 2 * reach) / MOST);
  const zero = EDGE + Math.ceil(reach / px);
  return { count: 2 * zero + Math.ceil(side / px - 1e-6) + 1, px, zero };
}

/** @param {Grid} a @param {Grid} b @param {number} side */
function same(a, b, side) {
  return a.count === b.count && a.zero === b.zero && Math.abs(a.px - b.px) < 1e-6 * side;
}

/** Where the px lie along a side, 0 to 1. @param {Grid} grid @param {number} side */
function places({ count, px, zero }, side) {
  return Array.from({ length: count }, (_, at) => ((at - zero) * px) / side);
}

/** @param {ShadingField} field @param {[number, number]} sides @param {Grid} across @param {Grid} down @param {Colours} colours */
function fieldPicture(field, [width, height], across, down, colours) {
  const share = fieldShares(field, places(across, width), places(down, height));
  const [first, last] = [colours.exact(field.first), colours.exact(field.last)];
  const pixels = new ImageData(across.count, down.count);
  for (let y = 0; y < down.count; y++) {
    for (let x = 0; x < across.count; x++) {
      const at = across.count * y + x;
      pixels.data.set([...between(first, last, share[at]), 255], 4 * at);
    }
  }
  const canvas = new OffscreenCanvas(across.count, down.count);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser has no canvas to draw on");
  context.putImageData(pixels, 0, 0);
  return canvas;
}
