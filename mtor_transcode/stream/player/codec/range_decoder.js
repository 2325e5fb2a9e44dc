// SPDX-License-Identifier: Apache-2.0
/** The adaptive binary range decoder and the numbers made of its bins (`docs/format.md`, Entropy coder, Binarisations). */

import { MtorError } from "./errors.js";
import { IMPLIED_ZEROS } from "./limits.js";

/** @import { Tables } from "./contexts.js" */

const TOP = 2 ** 24;
/** Places in the decoder's state. */
const RANGE = 0;
const CODE = 1;
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
  /** Range and code: 32 bits without sign, which a field of a number would hold in a box. */
  #state = new Uint32Array(2);
  #place = 4;
  #data;
  #fast;
  #slow;
  #uses;

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
    let code = 0;
    for (let place = 0; place < 4; place++) code = code * 256 + (data[place] ?? 0);
    if (code === ALL) throw this.damaged("the entropy-coded data is damaged");
    this.#state[RANGE] = ALL;
    this.#state[CODE] = code;
  }

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
    const state = this.#state;
    const fast = this.#fast[context];
    const slow = this.#slow[context];
    const uses = this.#uses[context];
    const range = state[RANGE];
    const code = state[CODE];
    const bound = Math.imul(range >>> 12, (fast + slow) >>> 5) >>> 0;
    /** @type {0 | 1} */
    let value;
    let left;
    if (code < bound) {
      value = 1;
      this.#fast[context] = fast + ((65536 - fast) >>> FAST_RATE[uses]);
      this.#slow[context] = slow + ((65536 - slow) >>> SLOW_RATE[uses]);
      left = bound;
    } else {
      value = 0;
      this.#fast[context] = fast - (fast >>> FAST_RATE[uses]);
      this.#slow[context] = slow - (slow >>> SLOW_RATE[uses]);
      state[CODE] = code - bound;
      left = (range - bound) >>> 0;
    }
    state[RANGE] = left;
    if (uses < MOST_USES) this.#uses[context] = uses + 1;
    if (left < TOP) this.#normalise();
    return value;
  }

  /**
   * @param {number} count at most 16
   * @returns {number} equally likely bits
   */
  raw(count) {
    const state = this.#state;
    const part = state[RANGE] >>> count;
    const value = Math.floor(state[CODE] / part);
    if (value >= 2 ** count) throw this.damaged("the entropy-coded data is damaged");
    state[CODE] -= value * part;
    state[RANGE] = part;
    this.#normalise();
    return value;
  }

  #normalise() {
    const state = this.#state;
    const data = this.#data;
    while (state[RANGE] < TOP) {
      if (this.#place >= data.length + IMPLIED_ZEROS) throw this.damaged("the entropy-coded data ends too early");
      state[CODE] = (state[CODE] << 8) | (this.#place < data.length ? data[this.#place] : 0);
      state[RANGE] <<= 8;
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
