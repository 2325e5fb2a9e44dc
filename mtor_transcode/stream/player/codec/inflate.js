// SPDX-License-Identifier: Apache-2.0
/** Deflated data (RFC 1951), at once: the browser's own decompression is asynchronous, and not in older ones. */

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LONGEST = 15;
const END = 256;

/** What is wrong with deflated data; not seen outside of this file. */
class Damaged extends Error {}

/**
 * A Huffman code: how many codes there are of each length, and the symbols in the order of their codes.
 *
 * @typedef {{counts: Uint16Array, symbols: Uint16Array}} Code
 */

/**
 * @param {number[]} lengths of each symbol's code
 * @param {boolean} mayLack whether a single code of one bit, or none at all, will do (RFC 1951, 3.2.7)
 * @returns {Code}
 */
function makeCode(lengths, mayLack) {
  const counts = new Uint16Array(LONGEST + 1);
  for (const length of lengths) counts[length] += 1;
  counts[0] = 0;
  let left = 1;
  const offsets = new Uint16Array(LONGEST + 2);
  for (let length = 1; length <= LONGEST; length++) {
    left = 2 * left - counts[length];
    if (left < 0) throw new Damaged();
    offsets[length + 1] = offsets[length] + counts[length];
  }
  const used = offsets[LONGEST + 1];
  if (left && !(mayLack && used === counts[1])) throw new Damaged();
  const symbols = new Uint16Array(used);
  lengths.forEach((length, symbol) => {
    if (length) symbols[offsets[length]++] = symbol;
  });
  return { counts, symbols };
}

const FIXED_LENGTHS = Array.from({ length: 288 }, (_, symbol) => {
  if (symbol < 144) return 8;
  if (symbol < 256) return 9;
  return symbol < 280 ? 7 : 8;
});
const FIXED = { literals: makeCode(FIXED_LENGTHS, false), distances: makeCode(new Array(32).fill(5), false) };

class Inflater {
  #place = 0;
  #bits = 0;
  #held = 0;
  #out = new Uint8Array(1024);
  #length = 0;

  /**
   * @param {Uint8Array} data
   * @param {number} most bytes that may come of it
   */
  constructor(data, most) {
    this.data = data;
    this.most = most;
  }

  /** @returns {Uint8Array} */
  all() {
    for (let last = 0; !last; ) {
      last = this.#take(1);
      const form = this.#take(2);
      if (form === 0) this.#stored();
      else if (form === 1) this.#block(FIXED.literals, FIXED.distances);
      else if (form === 2) this.#dynamic();
      else throw new Damaged();
    }
    return this.#out.subarray(0, this.#length);
  }

  /**
   * @param {number} count at most 16
   * @returns {number} bits, the lowest first
   */
  #take(count) {
    while (this.#held < count) {
      if (this.#place >= this.data.length) throw new Damaged();
      this.#bits |= this.data[this.#place++] << this.#held;
      this.#held += 8;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#held -= count;
    return value;
  }

  /**
   * @param {Code} code
   * @returns {number} a symbol
   */
  #symbol({ counts, symbols }) {
    let value = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= LONGEST; length++) {
      value |= this.#take(1);
      const count = counts[length];
      if (value - count < first) return symbols[index + value - first];
      index += count;
      first = (first + count) << 1;
      value <<= 1;
    }
    throw new Damaged();
  }

  /** @param {number} byte */
  #put(byte) {
    if (this.#length >= this.most) throw new Damaged();
    if (this.#length === this.#out.length) {
      const larger = new Uint8Array(2 * this.#out.length);
      larger.set(this.#out);
      this.#out = larger;
    }
    this.#out[this.#length++] = byte;
  }

  #stored() {
    this.#bits = 0;
    this.#held = 0;
    const length = this.#take(16);
    if (this.#take(16) !== (length ^ 0xffff)) throw new Damaged();
    for (let left = length; left > 0; left--) this.#put(this.#take(8));
  }

  #dynamic() {
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const given = this.#take(4) + 4;
    if (literals > 286 || distances > 30) throw new Damaged();
    const lengths = new Array(19).fill(0);
    for (let place = 0; place < given; place++) lengths[ORDER[place]] = this.#take(3);
    const told = this.#lengths(makeCode(lengths, false), literals + distances);
    if (!told[END]) throw new Damaged();
    this.#block(makeCode(told.slice(0, literals), true), makeCode(told.slice(literals), true));
  }

  /**
   * @param {Code} code
   * @param {number} count
   * @returns {number[]} lengths of codes
   */
  #lengths(code, count) {
    /** @type {number[]} */
    const lengths = [];
    while (lengths.length < count) {
      const symbol = this.#symbol(code);
      if (symbol < 16) {
        lengths.push(symbol);
        continue;
      }
      if (symbol === 16 && !lengths.length) throw new Damaged();
      const value = symbol === 16 ? lengths[lengths.length - 1] : 0;
      const times = symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
      if (lengths.length + times > count) throw new Damaged();
      for (let left = times; left > 0; left--) lengths.push(value);
    }
    return lengths;
  }

  /**
   * @param {Code} literals
   * @param {Code} distances
   */
  #block(literals, distances) {
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol === END) return;
      if (symbol < END) this.#put(symbol);
      else this.#copy(symbol - END - 1, distances);
    }
  }

  /**
   * @param {number} place in the table of lengths
   * @param {Code} distances
   */
  #copy(place, distances) {
    if (place >= LENGTH_BASE.length) throw new Damaged();
    const length = LENGTH_BASE[place] + this.#take(LENGTH_BITS[place]);
    const far = this.#symbol(distances);
    if (far >= 30) throw new Damaged();
    const bits = far < 2 ? 0 : (far >> 1) - 1;
    const distance = 1 + (far < 2 ? far : (2 + (far & 1)) << bits) + this.#take(bits);
    if (distance > this.#length) throw new Damaged();
    for (let left = length; left > 0; left--) this.#put(this.#out[this.#length - distance]);
  }
}

/**
 * @param {Uint8Array} data
 * @param {number} most bytes that may come of it
 * @returns {Uint8Array | null} null if they are damaged or too much
 */
export function inflated(data, most) {
  try {
    return new Inflater(data, most).all();
  } catch (error) {
    if (error instanceof Damaged) return null;
    throw error;
  }
}
