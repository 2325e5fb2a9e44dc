// SPDX-License-Identifier: Apache-2.0
/**
 * From Y, Cb, Cr codes to R, G, B as a player shows them (ITU-T H.273 matrices; unknown ones count as BT.709). The
 * way is affine, so whatever is blended in R, G, B comes out as if blended in Y, Cb, Cr, as docs/format.md asks.
 *
 * @typedef {import("../codec/types.js").Colour} Colour
 * @typedef {import("../codec/types.js").ColourSpec} ColourSpec
 *
 * @typedef {object} Affine R, G, B (0-255, unclipped) = gain * (Y, Cb, Cr) + offset
 * @property {number[]} gain nine, row by row
 * @property {number[]} offset
 */

/** @type {Record<number, [number, number]>} Kr and Kb */
const WEIGHTS = {
  1: [0.2126, 0.0722],
  4: [0.3, 0.11],
  5: [0.299, 0.114],
  6: [0.299, 0.114],
  7: [0.212, 0.087],
  9: [0.2627, 0.0593],
  10: [0.2627, 0.0593],
};
const RGB = 0;
const YCGCO = 8;

/** @param {ColourSpec} spec @returns {Affine} */
export function affine(spec) {
  const zero = unclipped([0, 0, 0], spec);
  const ends = [unclipped([1, 0, 0], spec), unclipped([0, 1, 0], spec), unclipped([0, 0, 1], spec)];
  return { gain: zero.flatMap((base, row) => ends.map((end) => end[row] - base)), offset: zero };
}

/** @param {[number, number, number]} codes @param {ColourSpec} spec */
function unclipped([y, cb, cr], spec) {
  const [low, lumaSpan, chromaSpan] = spec.full_range ? [0, 255, 255] : [16, 219, 224];
  const luma = (y - low) / lumaSpan;
  let rgb;
  if (spec.matrix === RGB) {
    rgb = [(cr - low) / lumaSpan, luma, (cb - low) / lumaSpan];
  } else {
    const [u, v] = [(cb - 128) / chromaSpan, (cr - 128) / chromaSpan];
    rgb = spec.matrix === YCGCO ? [luma - u + v, luma + u, luma - u - v] : fromMatrix(luma, u, v, spec.matrix);
  }
  return rgb.map((part) => 255 * part);
}

/** @param {number} luma @param {number} cb @param {number} cr @param {number} matrix */
function fromMatrix(luma, cb, cr, matrix) {
  const [kr, kb] = WEIGHTS[matrix] ?? WEIGHTS[1];
  const red = luma + 2 * (1 - kr) * cr;
  const blue = luma + 2 * (1 - kb) * cb;
  return [red, (luma - kr * red - kb * blue) / (1 - kr - kb), blue];
}

/** Colours of one film, each worked out once. */
export class Colours {
  /** @param {ColourSpec} spec */
  constructor(spec) {
    this._affine = affine(spec);
    /** @type {Map<number, string>} */
    this._names = new Map();
  }

  /** R, G, B, where 0-255 can be shown. @param {Colour} colour */
  exact([y, cb, cr]) {
    const { gain, offset } = this._affine;
    return offset.map((zero, row) => gain[3 * row] * y + gain[3 * row + 1] * cb + gain[3 * row + 2] * cr + zero);
  }

  /** R, G, B, 0-255, whole. @param {Colour} colour */
  rgb(colour) {
    return this.exact(colour).map(shown);
  }

  /** What a canvas takes as a style. @param {Colour} colour */
  css(colour) {
    const key = (colour[0] << 16) | (colour[1] << 8) | colour[2];
    let name = this._names.get(key);
    if (name === undefined) {
      const [r, g, b] = this.rgb(colour);
      name = `rgb(${r},${g},${b})`;
      this._names.set(key, name);
    }
    return name;
  }
}

/** What can be shown of a part of a colour. @param {number} value */
export function shown(value) {
  return Math.round(Math.min(255, Math.max(0, value)));
}
