// SPDX-License-Identifier: Apache-2.0
/**
 * Planes brought to other sizes: bicubic (a = -0.75) upwards, area downwards, as `mtor_transcode/render/textures.py`.
 *
 * @typedef {{width: number, height: number, data: Uint8Array}} Plane samples row by row, without gaps
 * @typedef {{first: Int32Array, count: number, weights: Float32Array}} Taps for each sample, which ones it is made of
 */

const A = -0.75;

/** One plane at another size; itself if it has it. @param {Plane} plane @param {number} width @param {number} height @returns {Plane} */
export function stretched(plane, width, height) {
  if (plane.width === width && plane.height === height) return plane;
  const smaller = width < plane.width || height < plane.height;
  const across = taps(plane.width, width, smaller);
  const down = taps(plane.height, height, smaller);
  return { width, height, data: columns(rows(plane, across, width), plane.height, width, down, height) };
}

/** Each row at its new width. @param {Plane} plane @param {Taps} across @param {number} width */
function rows(plane, { first, count, weights }, width) {
  const { data, height } = plane;
  const margin = count;
  const row = new Float32Array(plane.width + 2 * margin);
  const out = new Float32Array(width * height);
  for (let y = 0, to = 0; y < height; y++) {
    const base = y * plane.width;
    row.fill(data[base], 0, margin);
    row.set(data.subarray(base, base + plane.width), margin);
    row.fill(data[base + plane.width - 1], margin + plane.width);
    for (let x = 0, at = 0; x < width; x++, to++) {
      const from = first[x] + margin;
      let sum = 0;
      for (let k = 0; k < count; k++, at++) sum += row[from + k] * weights[at];
      out[to] = sum;
    }
  }
  return out;
}

/** All columns at their new height. @param {Float32Array} wide @param {number} from @param {number} width @param {Taps} down @param {number} height */
function columns(wide, from, width, { first, count, weights }, height) {
  const out = new Uint8ClampedArray(width * height);
  const sums = new Float32Array(width);
  const rowOf = (/** @type {number} */ y) => Math.min(from - 1, Math.max(0, y)) * width;
  for (let y = 0; y < height; y++) {
    const to = y * width;
    if (count === 4) {
      const [a, b, c, d] = [0, 1, 2, 3].map((k) => rowOf(first[y] + k));
      const [p, q, r, s] = weights.subarray(4 * y, 4 * y + 4);
      for (let x = 0; x < width; x++) out[to + x] = wide[a + x] * p + wide[b + x] * q + wide[c + x] * r + wide[d + x] * s;
      continue;
    }
    sums.fill(0);
    for (let k = 0; k < count; k++) {
      const weight = weights[y * count + k];
      const base = rowOf(first[y] + k);
      for (let x = 0; x < width; x++) sums[x] += wide[base + x] * weight;
    }
    out.set(sums, to);
  }
  return new Uint8Array(out.buffer);
}

/** @param {number} from @param {number} to @param {boolean} smaller @returns {Taps} */
function taps(from, to, smaller) {
  if (!smaller) return cubic(from, to);
  return from > to ? area(from, to) : linear(from, to);
}

/** @param {number} from @param {number} to @returns {Taps} */
function cubic(from, to) {
  const first = new Int32Array(to);
  const weights = new Float32Array(4 * to);
  for (let i = 0; i < to; i++) {
    const centre = ((i + 0.5) * from) / to - 0.5;
    const floor = Math.floor(centre);
    const t = centre - floor;
    first[i] = floor - 1;
    const [w0, w1, w2] = [outer(t + 1), inner(t), inner(1 - t)];
    weights.set([w0, w1, w2, 1 - w0 - w1 - w2], 4 * i);
  }
  return { first, count: 4, weights };
}

/** @param {number} x */
function outer(x) {
  return ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
}

/** @param {number} x */
function inner(x) {
  return ((A + 2) * x - (A + 3)) * x * x + 1;
}

/** @param {number} from @param {number} to @returns {Taps} */
function linear(from, to) {
  const first = new Int32Array(to);
  const weights = new Float32Array(2 * to);
  for (let i = 0; i < to; i++) {
    const centre = ((i + 0.5) * from) / to - 0.5;
    first[i] = Math.floor(centre);
    weights.set([1 - centre + first[i], centre - first[i]], 2 * i);
  }
  return { first, count: 2, weights };
}

/** @param {number} from @param {number} to @returns {Taps} */
function area(from, to) {
  const scale = from / to;
  const count = Math.ceil(scale) + 1;
  const first = new Int32Array(to);
  const weights = new Float32Array(count * to);
  for (let i = 0; i < to; i++) {
    const [begin, end] = [i * scale, (i + 1) * scale];
    first[i] = Math.floor(begin + 1e-9);
    for (let k = 0; k < count; k++) {
      const at = first[i] + k;
      weights[i * count + k] = Math.max(0, Math.min(end, at + 1) - Math.max(begin, at)) / scale;
    }
  }
  return { first, count, weights };
}
