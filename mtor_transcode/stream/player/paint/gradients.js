// SPDX-License-Identifier: Apache-2.0
/**
 * Gradients: from a paint and a box to the axis along which they run, or to the ellipse that they fill.
 *
 * @typedef {import("../codec/types.js").LinearGradient} LinearGradient
 * @typedef {import("../codec/types.js").RadialGradient} RadialGradient
 * @typedef {import("../codec/types.js").Gradient} Gradient
 * @typedef {import("../stage/matrix.js").Box} Box
 * @typedef {import("../stage/matrix.js").Matrix} Matrix
 * @typedef {import("./colours.js").Colours} Colours
 */
import { shown } from "./colours.js";
import { fieldShare } from "./splines.js";

const GRADIENT_ANGLES = 64;
const GRADIENT_STEPS = 16;
const RADIAL_STEPS = 64;
const INNER_STEPS = 16;

/** Length in px of the axis of a gradient that begins where it ends, and the least radius. */
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

/** From the unit circle to where a radial gradient has its last colour, in the units of the box. @param {RadialGradient} paint @param {Box} box @returns {Matrix} */
export function gradientEllipse(paint, [x0, y0, x1, y1]) {
  const across = (x1 - x0) / RADIAL_STEPS;
  const down = (y1 - y0) / RADIAL_STEPS;
  const [rx, ry] = [Math.max(paint.rx * across, HARD_STEP), Math.max(paint.ry * down, HARD_STEP)];
  return [rx, 0, 0, ry, x0 + paint.x * across, y0 + paint.y * down];
}

/** What a canvas paints a linear gradient with. @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context @param {LinearGradient} paint @param {Box} box @param {Colours} colours */
export function canvasGradient(context, paint, box, colours) {
  return coloured(context.createLinearGradient(...gradientAxis(paint, box)), paint, 0, colours);
}

/** What a canvas paints the unit circle of a radial gradient with. @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context @param {RadialGradient} paint @param {Colours} colours */
export function unitGradient(context, paint, colours) {
  return coloured(context.createRadialGradient(0, 0, 0, 0, 0, 1), paint, paint.inner / INNER_STEPS, colours);
}

/** @param {CanvasGradient} gradient @param {Gradient} paint @param {number} inner where its first colour ends @param {Colours} colours */
function coloured(gradient, paint, inner, colours) {
  const [first, last] = [colours.exact(paint.first), colours.exact(paint.last)];
  for (const share of stops(first, last)) {
    gradient.addColorStop(inner + (1 - inner) * share, `rgb(${between(first, last, share)})`);
  }
  return gradient;
}

/** How far a gradient is from its first colour to its last at a place. @param {Gradient} paint @param {Box} box @returns {(x: number, y: number) => number} */
export function sharesOf(paint, box) {
  if (paint.kind === "ShadingField") return fieldShare(paint, box);
  if (paint.kind === "RadialGradient") {
    const [rx, , , ry, cx, cy] = gradientEllipse(paint, box);
    const inner = paint.inner / INNER_STEPS;
    return (x, y) => within((Math.hypot((x - cx) / rx, (y - cy) / ry) - inner) / (1 - inner));
  }
  const [ax, ay, bx, by] = gradientAxis(paint, box);
  const whole = (bx - ax) ** 2 + (by - ay) ** 2;
  return (x, y) => within(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / whole);
}

/** @param {number} share */
function within(share) {
  return Math.min(1, Math.max(0, share));
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
