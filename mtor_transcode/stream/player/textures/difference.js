// SPDX-License-Identifier: Apache-2.0
/**
 * How much two planes differ in a window, the one moved by a vector and the other moved back: for the search of motion,
 * which asks some ten thousand times for a pair of pictures.
 *
 * @typedef {import("./stretch.js").Plane} Plane
 */

/** Px of a window's sides. */
export const WINDOW = 16;

/** Px for which the edge goes on around a plane. Vectors that lead farther are rare, and slow. */
const MARGIN = 32;

/** Sums of two px are made at once, each in 16 bits; these keep differences of px, and of 64 times px, above 0. */
const LIFT = 1 << 8;
const LIFTS = (LIFT << 16) | LIFT;
const HIGH_LIFT = 1 << 14;
const HIGH_LIFTS = (HIGH_LIFT << 16) | HIGH_LIFT;

export class Difference {
  /** @param {Plane} first @param {Plane} second */
  constructor(first, second) {
    this._planes = [first.data, second.data];
    this._width = first.width;
    this._height = first.height;
    this._stride = first.width + 2 * MARGIN;
    this._first = paired(first);
    this._second = paired(second);
  }

  /**
   * The sum of a window's differences, in levels; anything from `most` on if it is no less.
   * @param {number} left @param {number} top @param {number} x @param {number} y eighths of a px @param {number} most
   */
  at(left, top, x, y, most) {
    const backX = -x >> 3;
    const backY = -y >> 3;
    const onX = x >> 3;
    const onY = y >> 3;
    const inside =
      left + Math.min(backX, onX) >= -MARGIN &&
      top + Math.min(backY, onY) >= -MARGIN &&
      left + WINDOW + Math.max(backX, onX) < this._width + MARGIN &&
      top + WINDOW + Math.max(backY, onY) < this._height + MARGIN;
    if (!inside) return this._beyond(left, top, x, y, most);
    const from = (top + MARGIN + backY) * this._stride + left + MARGIN + backX;
    const to = (top + MARGIN + onY) * this._stride + left + MARGIN + onX;
    if (((x | y) & 7) === 0) return this._whole(from, to, most);
    return this._between(from, to, x, y, most);
  }

  /** By whole px. @param {number} from @param {number} to @param {number} most */
  _whole(from, to, most) {
    const { _first: first, _second: second, _stride: stride } = this;
    let total = 0;
    for (let row = 0; row < WINDOW; row++, from += stride, to += stride) {
      for (let k = 0; k < WINDOW; k += 2) {
        const two = first[from + k] - second[to + k] + LIFTS;
        total += Math.abs((two >> 16) - LIFT) + Math.abs((two & 0xffff) - LIFT);
      }
      if (total >= most) break;
    }
    return total;
  }

  /** Between px, whose shares are 64ths. @param {number} from @param {number} to @param {number} x @param {number} y @param {number} most */
  _between(from, to, x, y, most) {
    const { _first: first, _second: second, _stride: stride } = this;
    const [a11, a01, a10, a00] = shares(-x & 7, -y & 7);
    const [b11, b01, b10, b00] = shares(x & 7, y & 7);
    let total = 0;
    for (let row = 0; row < WINDOW; row++, from += stride, to += stride) {
      for (let k = 0; k < WINDOW; k += 2) {
        const a = from + k;
        const b = to + k;
        const one = Math.imul(a00, first[a]) + Math.imul(a01, first[a + 1]) + Math.imul(a10, first[a + stride]) + Math.imul(a11, first[a + stride + 1]);
        const other = Math.imul(b00, second[b]) + Math.imul(b01, second[b + 1]) + Math.imul(b10, second[b + stride]) + Math.imul(b11, second[b + stride + 1]);
        const two = (one - other + HIGH_LIFTS) | 0;
        total += Math.abs((two >> 16) - HIGH_LIFT) + Math.abs((two & 0xffff) - HIGH_LIFT);
      }
      if (total >> 6 >= most) break;
    }
    return total >> 6;
  }

  /** Some of it lies beyond the margin. @param {number} left @param {number} top @param {number} x @param {number} y @param {number} most */
  _beyond(left, top, x, y, most) {
    const { _width: width, _height: height } = this;
    const [first, second] = this._planes;
    let total = 0;
    for (let row = top; row < top + WINDOW; row++) {
      for (let column = left; column < left + WINDOW; column++) {
        const one = sampled(first, width, height, 8 * column - x, 8 * row - y, 3);
        const other = sampled(second, width, height, 8 * column + x, 8 * row + y, 3);
        total += Math.abs(one - other);
      }
      if (total >> 6 >= most) break;
    }
    return total >> 6;
  }
}

/** 64ths that four px have in a place between them, the last of them first. @param {number} x @param {number} y eighths of a px */
function shares(x, y) {
  return [x * y, x * (8 - y), (8 - x) * y, (8 - x) * (8 - y)];
}

/** A plane with its edge going on around it, each px with the next one of its row in 16 bits above it. @param {Plane} plane */
function paired({ width, height, data }) {
  const stride = width + 2 * MARGIN;
  const out = new Int32Array(stride * (height + 2 * MARGIN));
  for (let y = 0; y < height; y++) {
    const row = (y + MARGIN) * stride;
    const from = y * width;
    const last = data[from + width - 1];
    out.fill(data[from] * 0x10001, row, row + MARGIN);
    for (let x = 0; x < width - 1; x++) out[row + MARGIN + x] = data[from + x] | (data[from + x + 1] << 16);
    out.fill(last * 0x10001, row + MARGIN + width - 1, row + stride);
  }
  for (let y = 0; y < MARGIN; y++) {
    out.copyWithin(y * stride, MARGIN * stride, (MARGIN + 1) * stride);
    out.copyWithin((MARGIN + height + y) * stride, (MARGIN + height - 1) * stride, (MARGIN + height) * stride);
  }
  return out;
}

/**
 * A plane's value at a place in parts of a px, `1 << bits` of them, times the square of that. The edge goes on beyond it.
 * @param {Uint8Array} data @param {number} width @param {number} height @param {number} x @param {number} y @param {number} bits
 */
export function sampled(data, width, height, x, y, bits) {
  const whole = 1 << bits;
  const partX = x & (whole - 1);
  const partY = y & (whole - 1);
  const column = x >> bits;
  const row = y >> bits;
  const left = Math.min(Math.max(column, 0), width - 1);
  const right = Math.min(Math.max(column + 1, 0), width - 1);
  const above = Math.min(Math.max(row, 0), height - 1) * width;
  const below = Math.min(Math.max(row + 1, 0), height - 1) * width;
  const upper = (whole - partX) * data[above + left] + partX * data[above + right];
  const lower = (whole - partX) * data[below + left] + partX * data[below + right];
  return (whole - partY) * upper + partY * lower;
}
