// SPDX-License-Identifier: Apache-2.0
/**
 * Radial gradients on ellipses: a canvas knows circles only, so what is painted is drawn in the space of the circle.
 *
 * @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Context
 * @typedef {import("../codec/types.js").RadialGradient} RadialGradient
 * @typedef {import("../stage/matrix.js").Matrix} Matrix
 * @typedef {import("../stage/matrix.js").Box} Box
 * @typedef {import("./colours.js").Colours} Colours
 */
import { compose } from "../stage/matrix.js";
import { gradientEllipse, unitGradient } from "./gradients.js";

/** Px that a picture of a gradient has at most on a side. */
const MOST = 1024;

/** Fill a path, even-odd. @param {Context} context @param {Path2D} path @param {RadialGradient} paint @param {Box} box @param {Matrix} matrix @param {Colours} colours */
export function fillRings(context, path, paint, box, matrix, colours) {
  const ellipse = gradientEllipse(paint, box);
  const round = new Path2D();
  round.addPath(path, new DOMMatrix(inverse(ellipse)));
  context.setTransform(...compose(matrix, ellipse));
  context.fillStyle = unitGradient(context, paint, colours);
  context.fill(round, "evenodd");
}

/** Fill a box. @param {Context} context @param {Box} box @param {RadialGradient} paint @param {Matrix} matrix @param {Colours} colours */
export function fillBox(context, box, paint, matrix, colours) {
  const path = new Path2D();
  path.rect(box[0], box[1], box[2] - box[0], box[3] - box[1]);
  fillRings(context, path, paint, box, matrix, colours);
}

/** What lines are drawn with that reach so far beyond a box: a picture, as their width must not become an ellipse's. @param {Context} context @param {RadialGradient} paint @param {Box} box @param {number} reach @param {Colours} colours */
export function ringPattern(context, paint, box, reach, colours) {
  const [x0, y0, x1, y1] = [box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach];
  const [width, height] = [x1 - x0, y1 - y0].map((side) => Math.min(MOST, Math.max(1, Math.ceil(side))));
  const canvas = new OffscreenCanvas(width, height);
  const drawing = canvas.getContext("2d");
  if (!drawing) throw new Error("this browser has no canvas to draw on");
  const [across, down] = [(x1 - x0) / width, (y1 - y0) / height];
  /** @type {Matrix} */
  const toPicture = [1 / across, 0, 0, 1 / down, -x0 / across, -y0 / down];
  const ellipse = gradientEllipse(paint, box);
  drawing.setTransform(...compose(toPicture, ellipse));
  drawing.fillStyle = unitGradient(drawing, paint, colours);
  const [left, top] = [(x0 - ellipse[4]) / ellipse[0], (y0 - ellipse[5]) / ellipse[3]];
  drawing.fillRect(left, top, (x1 - x0) / ellipse[0], (y1 - y0) / ellipse[3]);
  const pattern = context.createPattern(canvas, "no-repeat");
  pattern?.setTransform(new DOMMatrix([across, 0, 0, down, x0, y0]));
  return pattern;
}

/** @param {Matrix} ellipse scale and place alone @returns {Matrix} */
function inverse([rx, , , ry, cx, cy]) {
  return [1 / rx, 0, 0, 1 / ry, -cx / rx, -cy / ry];
}
