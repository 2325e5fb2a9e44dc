// SPDX-License-Identifier: Apache-2.0
/** SHA-256 (FIPS 180-4), at once and wherever the player runs: WebCrypto is asynchronous and needs a secure context. */

/**
 * @param {number} value
 * @returns {number} the first 32 bits of its fractional part
 */
function fraction(value) {
  return ((value % 1) * 2 ** 32) | 0;
}

/** @type {number[]} */
const PRIMES = [];
for (let number = 2; PRIMES.length < 64; number++) {
  if (PRIMES.every((prime) => number % prime)) PRIMES.push(number);
}
const ROUNDS = PRIMES.map((prime) => fraction(Math.cbrt(prime)));
const START = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));

/**
 * @param {number} word
 * @param {number} count
 * @returns {number}
 */
function turned(word, count) {
  return (word >>> count) | (word << (32 - count));
}

/**
 * @param {Int32Array} state is changed
 * @param {DataView} view
 * @param {number} offset of a block of 64 bytes
 */
function addBlock(state, view, offset) {
  const words = new Int32Array(64);
  for (let place = 0; place < 16; place++) words[place] = view.getInt32(offset + 4 * place);
  for (let place = 16; place < 64; place++) {
    const near = words[place - 2];
    const far = words[place - 15];
    const low = turned(far, 7) ^ turned(far, 18) ^ (far >>> 3);
    const high = turned(near, 17) ^ turned(near, 19) ^ (near >>> 10);
    words[place] = words[place - 16] + low + words[place - 7] + high;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let place = 0; place < 64; place++) {
    const chosen = (e & f) ^ (~e & g);
    const first = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + chosen + ROUNDS[place] + words[place];
    const second = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((value, place) => {
    state[place] += value;
  });
}

/**
 * @param {Uint8Array} data
 * @returns {Uint8Array} 32 bytes
 */
export function sha256(data) {
  const blocks = Math.ceil((data.length + 9) / 64);
  const padded = new Uint8Array(64 * blocks);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(data.length / 2 ** 29));
  view.setUint32(padded.length - 4, (data.length * 8) >>> 0);
  const state = Int32Array.from(START);
  for (let block = 0; block < blocks; block++) addBlock(state, view, 64 * block);
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, place) => digest.setInt32(4 * place, word));
  return new Uint8Array(digest.buffer);
}
