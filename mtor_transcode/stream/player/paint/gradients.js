// SPDX-License-Identifier: Apache-2.0
/**
 * Linear gradients: from a paint and a box to the axis along which they run.
 *
 * @typedef {import("../codec/types.js").LinearGradient} LinearGradient
 * @typedef {import("../stage/matrix.js").Box} Box
 * @typedef {import("./colours.js").Colours} Colours
 */
import { shown } from "./colours.js";

const GRADIENT_ANGLES = 64;
const GRADIENT_STEPS = 16;

/** Length in px of the axis of a gradient that begins where it ends. */
const HARD_STEP = 1 / 256;

/** Where the gradient has its first and its last colour: x0, y0, x1, y1 in the units of the box. @param {LinearGradient} paint @param {Box} box @returns {Box} */
export function gradientAxis(paint, box) {
  const turn = (paint.angle * 2 * Math.PI) / GRADIENT_ANGLES;
  const ux = Math.cos(turn);
  const uy = Math.sin(turn);
  const centreX = (box[0] + box[2]) / 2;
  const centreY = (box[1] + box[3]) / 2;
  const reach = (Math.abs(ux) * (box[2] - box[0])) / 2 + (Math.abs(uy) * (box[3] - box[1])) / 2;
  const first = reach * ((2 * paint.start) / GRADIENT_STEPS - 1);
  let last = reach * ((2 * paint.end) / GRADIENT_STEPS - 1);
  if (Math.abs(last - first) < HARD_STEP) last = first + HARD_STEP;
  return [centreX + ux * first, centreY + uy * first, centreX + ux * last, centreY + uy * last];
}

/** What a canvas paints a gradient with. @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context @param {LinearGradient} paint @param {Box} box @param {Colours} colours */
export function canvasGradient(context, paint, box, colours) {
  const gradient = context.createLinearGradient(...gradientAxis(paint, box));
  const [first, last] = [colours.exact(paint.first), colours.exact(paint.last)];
  for (const share of stops(first, last)) gradient.addColorStop(share, `rgb(${between(first, last, share)})`);
  return gradient;
}

/** The colour a share of the way from one to the other, as it can be shown. @param {number[]} first @param {number[]} last @param {number} share */
export function between(first, last, share) {
  return first.map((part, i) => shown(part + (last[i] - part) * share));
}

/**
 * Where a gradient needs stops: at its ends, and where a part of its colour begins or ceases to be shown. Colours of
 * video may lie beyond what R, G, B can show; cut off at the ends alone, all between would come out wrong.
 * @param {number[]} first @param {number[]} last
 */
function stops(first, last) {
  const found = [0, 1];
  first.forEach((part, i) => {
    for (const limit of [0, 255]) {
      if (part < limit !== last[i] < limit) found.push((limit - part) / (last[i] - part));
    }
  });
  return found.sort((a, b) => a - b);
}
