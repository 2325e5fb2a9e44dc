// SPDX-License-Identifier: Apache-2.0
/** The erasure code of repairs: a Cauchy matrix over GF(256), polynomial 0x11D (`docs/format.md`, Packets, Repairs). */

const POLYNOMIAL = 0x11d;
const POWER = new Uint8Array(510);
const LOG = new Uint8Array(256);
for (let exponent = 0, value = 1; exponent < 255; exponent++) {
  POWER[exponent] = value;
  POWER[exponent + 255] = value;
  LOG[value] = exponent;
  value <<= 1;
  if (value > 255) value ^= POLYNOMIAL;
}

/**
 * @param {number} a
 * @param {number} b
 * @returns {number}
 */
function product(a, b) {
  return a && b ? POWER[LOG[a] + LOG[b]] : 0;
}

/**
 * @param {number} value not 0
 * @returns {number}
 */
function inverse(value) {
  return POWER[255 - LOG[value]];
}

/**
 * @param {number} repair
 * @param {number} block
 * @returns {number} what the block counts in the repair
 */
function weight(repair, block) {
  return inverse((255 - repair) ^ block);
}

/**
 * @param {Uint8Array} sum gets the product added to it
 * @param {number} factor
 * @param {Uint8Array} block may be shorter: zeros follow
 */
function add(sum, factor, block) {
  if (!factor) return;
  const log = LOG[factor];
  const length = Math.min(sum.length, block.length);
  for (let place = 0; place < length; place++) {
    if (block[place]) sum[place] ^= POWER[log + LOG[block[place]]];
  }
}

/**
 * @param {(Uint8Array | null)[]} blocks null where one is missing; longer ones are cut, shorter ones followed by zeros
 * @param {Map<number, Uint8Array>} repairs by their index, all of one length
 * @returns {Map<number, Uint8Array> | null} the missing blocks by their place; null if the repairs are too few
 */
export function recovered(blocks, repairs) {
  const missing = blocks.flatMap((block, place) => (block ? [] : [place]));
  if (repairs.size < missing.length) return null;
  const chosen = [...repairs.keys()].sort((a, b) => a - b).slice(0, missing.length);
  const right = chosen.map((index) => {
    const sum = /** @type {Uint8Array} */ (repairs.get(index)).slice();
    blocks.forEach((block, place) => block && add(sum, weight(index, place), block));
    return sum;
  });
  solve(
    chosen.map((index) => missing.map((place) => weight(index, place))),
    right,
  );
  return new Map(missing.map((place, row) => [place, right[row]]));
}

/**
 * @param {number[][]} matrix square; becomes that of ones (Gauss-Jordan)
 * @param {Uint8Array[]} right what its rows come to; becomes what the unknowns are
 */
function solve(matrix, right) {
  for (let column = 0; column < matrix.length; column++) {
    const pivot = matrix.findIndex((row, place) => place >= column && row[column]);
    [matrix[column], matrix[pivot]] = [matrix[pivot], matrix[column]];
    [right[column], right[pivot]] = [right[pivot], right[column]];
    const factor = inverse(matrix[column][column]);
    matrix[column] = matrix[column].map((value) => product(factor, value));
    right[column] = right[column].map((value) => product(factor, value));
    matrix.forEach((row, place) => {
      const share = row[column];
      if (place === column || !share) return;
      matrix[place] = row.map((value, at) => value ^ product(share, matrix[column][at]));
      add(right[place], share, right[column]);
    });
  }
}
