// SPDX-License-Identifier: Apache-2.0
/**
 * 4:2:0 planes as pixels of a canvas. Chroma is sited as docs/format.md says (across on even luma columns, down half
 * way between two rows), grown linearly; before that it is sharpened by (-1, 10, -1) / 8, as `render/textures.py` does.
 *
 * @typedef {import("./stretch.js").Plane} Plane
 * @typedef {import("../paint/colours.js").Affine} Affine
 */
import { stretched } from "./stretch.js";

/** Fractional bits of the conversion. */
const BITS = 15;

/**
 * Y, Cb and Cr as R, G, B, A of `width` x `height`, with `edge` px of the border repeated around.
 * @param {Plane[]} planes @param {number} width @param {number} height @param {number} edge @param {Affine} colours
 * @returns {ImageData}
 */
export function pixelsOf(planes, width, height, edge, colours) {
  const luma = stretched(planes[0], width, height);
  const chroma = planes.slice(1).map((plane) => sharpened(stretched(plane, (width + 1) >> 1, (height + 1) >> 1)));
  const image = new ImageData(width + 2 * edge, height + 2 * edge);
  const [cb, cr] = [new Uint8Array(width + 1), new Uint8Array(width + 1)]; // an odd width's chroma has a sample more
  const half = colours.offset.map((value) => value + 0.5);
  const fixed = Int32Array.from([...colours.gain, ...half], (value) => Math.round(value * (1 << BITS)));
  for (let y = 0; y < height; y++) {
    grownRow(chroma[0], y, cb);
    grownRow(chroma[1], y, cr);
    rgbRow(luma.data.subarray(y * width, (y + 1) * width), cb, cr, fixed, image.data, 4 * ((y + edge) * image.width + edge));
  }
  if (edge) repeatEdge(image, edge);
  return image;
}

/** Row `y` of a chroma plane at full size; `out` may have a sample more than the picture. @param {Plane} plane @param {number} y @param {Uint8Array} out */
function grownRow({ width, height, data }, y, out) {
  const near = y >> 1;
  const far = Math.min(height - 1, Math.max(0, y & 1 ? near + 1 : near - 1));
  const [a, b] = [near * width, far * width];
  let here = 3 * data[a] + data[b];
  let x = 0;
  for (let i = 1; i < width; i++, x += 2) {
    const next = 3 * data[a + i] + data[b + i];
    out[x] = (here + 2) >> 2;
    out[x + 1] = (here + next + 4) >> 3;
    here = next;
  }
  out.fill((here + 2) >> 2, x);
}

/** @param {Uint8Array} luma @param {Uint8Array} cb @param {Uint8Array} cr @param {Int32Array} fixed @param {Uint8ClampedArray} out @param {number} at */
function rgbRow(luma, cb, cr, fixed, out, at) {
  const [ry, ru, rv, gy, gu, gv, by, bu, bv, r0, g0, b0] = fixed;
  const count = luma.length;
  for (let x = 0; x < count; x++, at += 4) {
    const y = luma[x];
    const u = cb[x];
    const v = cr[x];
    out[at] = (Math.imul(ry, y) + Math.imul(ru, u) + Math.imul(rv, v) + r0) >> BITS;
    out[at + 1] = (Math.imul(gy, y) + Math.imul(gu, u) + Math.imul(gv, v) + g0) >> BITS;
    out[at + 2] = (Math.imul(by, y) + Math.imul(bu, u) + Math.imul(bv, v) + b0) >> BITS;
    out[at + 3] = 255;
  }
}

/** Sharpened across and down by what the way back to 4:2:0 takes away. @param {Plane} plane @returns {Plane} */
function sharpened({ width, height, data }) {
  const across = new Int16Array(width * height); // eighths
  for (let y = 0, at = 0; y < height; y++) {
    let before = data[at];
    let here = before;
    for (let x = 1; x < width; x++, at++) {
      const after = data[at + 1];
      across[at] = 10 * here - before - after;
      before = here;
      here = after;
    }
    across[at++] = 9 * here - before;
  }
  const out = new Uint8ClampedArray(width * height);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const above = y ? row - width : row;
    const below = y + 1 < height ? row + width : row;
    for (let x = 0; x < width; x++) out[row + x] = (10 * across[row + x] - across[above + x] - across[below + x] + 32) >> 6;
  }
  return { width, height, data: new Uint8Array(out.buffer) };
}

/** Fill the border of an image with the px beside it. @param {ImageData} image @param {number} edge */
function repeatEdge({ width, height, data }, edge) {
  const pixels = new Uint32Array(data.buffer);
  for (let y = edge; y < height - edge; y++) {
    const row = y * width;
    pixels.fill(pixels[row + edge], row, row + edge);
    pixels.fill(pixels[row + width - edge - 1], row + width - edge, row + width);
  }
  for (let y = 0; y < edge; y++) {
    pixels.copyWithin(y * width, edge * width, (edge + 1) * width);
    pixels.copyWithin((height - 1 - y) * width, (height - 1 - edge) * width, (height - edge) * width);
  }
}
