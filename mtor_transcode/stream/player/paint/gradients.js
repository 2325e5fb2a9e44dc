// SPDX-License-Identifier: Apache-2.0
/**
 * Linear gradients: from a paint and a box to the axis along which they run.
 *
 * @typedef {import("../codec/types.js").LinearGradient} LinearGradient
 * @typedef {import("../stage/matrix.js").Box} Box
 */

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

/** @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context @param {LinearGradient} paint @param {Box} box @param {import("./colours.js").Colours} colours */
export function canvasGradient(context, paint, box, colours) {
  const gradient = context.createLinearGradient(...gradientAxis(paint, box));
  gradient.addColorStop(0, colours.css(paint.first));
  gradient.addColorStop(1, colours.css(paint.last));
  return gradient;
}
