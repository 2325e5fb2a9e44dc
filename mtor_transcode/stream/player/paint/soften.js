// SPDX-License-Identifier: Apache-2.0
/**
 * The Gaussian blur of a soft scene's picture: `docs/format.md`, "Softness". Outside the picture its edge goes on, so
 * the edge is drawn around it before the blur.
 *
 * @typedef {OffscreenCanvas | HTMLCanvasElement} Canvas
 * @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Context
 */

/** Steps of a scene's softness in a px of the film. */
const SOFTNESS_PER_PX = 4;

/** The standard deviation in px of a picture of `size` of a film of size `film`. @param {number} softness @param {[number, number]} film @param {[number, number]} size */
export function deviation(softness, film, size) {
  return (softness / SOFTNESS_PER_PX) * Math.sqrt(((size[0] / film[0]) * size[1]) / film[1]);
}

/** Draw `picture` onto `context`, blurred; `scratch` gives a canvas to work on. @param {Context} context @param {Canvas} picture @param {number} sigma @param {(width: number, height: number) => Context} scratch */
export function drawSoft(context, picture, sigma, scratch) {
  const { width, height } = picture;
  const reach = Math.ceil(3 * sigma) + 1;
  const wide = scratch(width + 2 * reach, height + 2 * reach);
  wide.imageSmoothingEnabled = false;
  for (const [fromX, takeX, x, spanX] of pieces(width, reach)) {
    for (const [fromY, takeY, y, spanY] of pieces(height, reach)) {
      wide.drawImage(picture, fromX, fromY, takeX, takeY, x, y, spanX, spanY);
    }
  }
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.filter = `blur(${sigma}px)`;
  context.drawImage(wide.canvas, -reach, -reach);
  context.restore();
}

/** The first px, all px and the last px of a side, and where they are drawn: from, how many, to, how many. @param {number} side @param {number} reach */
function pieces(side, reach) {
  return [[0, 1, 0, reach], [0, side, reach, side], [side - 1, 1, reach + side, reach]];
}
