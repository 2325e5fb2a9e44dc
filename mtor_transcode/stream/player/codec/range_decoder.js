// SPDX-License-Identifier: Apache-2.0
/** The adaptive binary range decoder and the numbers made of its bins (`docs/format.md`, Entropy coder, Binarisations). */

import { MtorError } from "./errors.js";
import { IMPLIED_ZEROS } from "./limits.js";

/** @import { Tables } from "./contexts.js" */

const TOP = 2 ** 24;
const ALL = 0xffffffff;
const MOST_USES = 63;
const PREFIX = 16;
const LENGTHS = 8;
const LONGEST = 32;

const FAST_RATE = Uint8Array.from({ length: MOST_USES + 1 }, (_, uses) => Math.min(4, 32 - Math.clz32(uses + 1)));
const SLOW_RATE = Uint8Array.from({ length: MOST_USES + 1 }, (_, uses) => Math.min(7, 32 - Math.clz32(uses + 1)));

/** The states of all contexts, from the trained tables. */
export class Contexts {
  /** @param {Tables} tables */
  constructor(tables) {
    this.fast = tables.probabilities.slice();
    this.slow = tables.probabilities.slice();
    this.uses = tables.uses.slice();
  }
}

export class RangeDecoder {
  #range = ALL;
  #code = 0;
  #place = 4;

  /**
   * @param {Uint8Array} data
   * @param {Contexts} contexts go on with it
   * @param {string} where names the data in errors
   */
  constructor(data, contexts, where) {
    this.where = where;
    this.#data = data;
    this.#fast = contexts.fast;
    this.#slow = contexts.slow;
    this.#uses = contexts.uses;
    for (let place = 0; place < 4; place++) this.#code = this.#code * 256 + (data[place] ?? 0);
    if (this.#code === ALL) throw this.damaged("the entropy-coded data is damaged");
  }

  #data;
  #fast;
  #slow;
  #uses;

  /**
   * @param {string} what
   * @returns {MtorError} the error to throw for impossible data
   */
  damaged(what) {
    return new MtorError(what, this.where);
  }

  /** @returns {boolean} whether what was read may depend on bytes after the end of the data */
  get pastEnd() {
    return this.#place > this.#data.length;
  }

  /**
   * @param {number} context
   * @returns {0 | 1} a bin
   */
  bit(context) {
    const fast = this.#fast[context];
    const slow = this.#slow[context];
    const uses = this.#uses[context];
    const bound = (this.#range >>> 12) * ((fast + slow) >>> 5);
    /** @type {0 | 1} */
    let value;
    if (this.#code < bound) {
      value = 1;
      this.#fast[context] = fast + ((65536 - fast) >>> FAST_RATE[uses]);
      this.#slow[context] = slow + ((65536 - slow) >>> SLOW_RATE[uses]);
      this.#range = bound;
    } else {
      value = 0;
      this.#fast[context] = fast - (fast >>> FAST_RATE[uses]);
      this.#slow[context] = slow - (slow >>> SLOW_RATE[uses]);
      this.#code -= bound;
      this.#range -= bound;
    }
    if (uses < MOST_USES) this.#uses[context] = uses + 1;
    if (this.#range < TOP) this.#normalise();
    return value;
  }

  /**
   * @param {number} count at most 16
   * @returns {number} equally likely bits
   */
  raw(count) {
    this.#range >>>= count;
    const value = Math.floor(this.#code / this.#range);
    if (value >= 2 ** count) throw this.damaged("the entropy-coded data is damaged");
    this.#code -= value * this.#range;
    this.#normalise();
    return value;
  }

  #normalise() {
    while (this.#range < TOP) {
      if (this.#place >= this.#data.length + IMPLIED_ZEROS) {
        throw this.damaged("the entropy-coded data ends too early");
      }
      this.#code = this.#code * 256 + (this.#place < this.#data.length ? this.#data[this.#place] : 0);
      this.#range *= 256;
      this.#place += 1;
    }
  }

  /**
   * @param {number} group first of its 40 contexts
   * @returns {number} 0 .. 2^32 - 1
   */
  number(group) {
    let length = 0;
    while (length < LONGEST && this.bit(group + (length < PREFIX ? length : PREFIX - 1))) length += 1;
    if (!length) return 0;
    const top = group + PREFIX + 3 * ((length < LENGTHS ? length : LENGTHS) - 1);
    const high = this.bit(top);
    let value = 2 + high;
    if (length > 1) {
      value = 2 * value + this.bit(top + 1 + high);
      for (let left = length - 2; left > 0; left -= 16) {
        const part = Math.min(left, 16);
        value = value * 2 ** part + this.raw(part);
      }
    }
    return value - 1;
  }

  /**
   * @param {number} zero context of "is it 0"
   * @param {number} sign context of "is it negative"
   * @param {number} magnitude first of the 40 contexts of the magnitude less 1
   * @returns {number}
   */
  split(zero, sign, magnitude) {
    if (!this.bit(zero)) return 0;
    const negative = this.bit(sign);
    const value = this.number(magnitude) + 1;
    return negative ? -value : value;
  }

  /**
   * @param {number} group first of its 42 contexts
   * @returns {number}
   */
  signed(group) {
    return this.split(group, group + 1, group + 2);
  }

  /**
   * @param {number} group first of its 2^count - 1 contexts
   * @param {number} count bits
   * @returns {number}
   */
  tree(group, count) {
    let node = 1;
    for (let left = count; left > 0; left--) node = 2 * node + this.bit(group + node - 1);
    return node - (1 << count);
  }
}

/**
 * @param {number} size not negative
 * @returns {number} how many bits it has, at most 32
 */
export function bitLength(size) {
  return size > ALL ? 32 : 32 - Math.clz32(size);
}
