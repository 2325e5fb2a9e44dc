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
  const half = planes.slice(1).map((plane) => sharpened(stretched(plane, (width + 1) >> 1, (height + 1) >> 1)));
  const image = new ImageData(width + 2 * edge, height + 2 * edge);
  const [cb, cr] = [new Uint8Array(width + 1), new Uint8Array(width + 1)];
  const fixed = [...colours.gain, ...colours.offset].map((value) => Math.round(value * (1 << BITS)));
  for (let y = 0; y < height; y++) {
    grownRow(half[0], y, cb);
    grownRow(half[1], y, cr);
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
  const count = out.length;
  let here = 3 * data[a] + data[b];
  for (let i = 0, x = 0; x < count; i++) {
    const next = i + 1 < width ? 3 * data[a + i + 1] + data[b + i + 1] : here;
    out[x++] = (2 * here + 4) >> 3;
    if (x < count) out[x++] = (here + next + 4) >> 3;
    here = next;
  }
}

/** @param {Uint8Array} luma @param {Uint8Array} cb @param {Uint8Array} cr @param {number[]} fixed @param {Uint8ClampedArray} out @param {number} at */
function rgbRow(luma, cb, cr, fixed, out, at) {
  const [ry, ru, rv, gy, gu, gv, by, bu, bv, r0, g0, b0] = fixed;
  const half = 1 << (BITS - 1);
  for (let x = 0; x < luma.length; x++, at += 4) {
    const [y, u, v] = [luma[x], cb[x], cr[x]];
    out[at] = (ry * y + ru * u + rv * v + r0 + half) >> BITS;
    out[at + 1] = (gy * y + gu * u + gv * v + g0 + half) >> BITS;
    out[at + 2] = (by * y + bu * u + bv * v + b0 + half) >> BITS;
    out[at + 3] = 255;
  }
}

/** Sharpened across and down by what the way back to 4:2:0 takes away. @param {Plane} plane @returns {Plane} */
function sharpened({ width, height, data }) {
  const across = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) {
      const sides = data[row + (x ? x - 1 : 0)] + data[row + (x + 1 < width ? x + 1 : x)];
      across[row + x] = (10 * data[row + x] - sides) / 8;
    }
  }
  const out = new Uint8ClampedArray(width * height);
  for (let y = 0; y < height; y++) {
    const [row, above, below] = [y, Math.max(0, y - 1), Math.min(height - 1, y + 1)].map((at) => at * width);
    for (let x = 0; x < width; x++) out[row + x] = (10 * across[row + x] - across[above + x] - across[below + x]) / 8;
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
