// SPDX-License-Identifier: Apache-2.0
/** Plain fields of a section: variable-length integers, strings, ratios (`docs/format.md`, Plain fields). */

import { MtorError } from "./errors.js";
import { MAX_RATIO, MAX_TEXT } from "./limits.js";

const LONGEST = 8;

/** @import { Ratio } from "./types.js" */

/**
 * @param {number} a
 * @param {number} b
 * @returns {number} greatest common divisor
 */
function divisor(a, b) {
  while (b) [a, b] = [b, a % b];
  return a;
}

export class Payload {
  /**
   * @param {Uint8Array} data
   * @param {string} where names the section in errors
   */
  constructor(data, where) {
    this.data = data;
    this.where = where;
    this.place = 0;
  }

  /**
   * @param {string} what
   * @returns {MtorError} the error to throw for impossible data
   */
  damaged(what) {
    return new MtorError(what, this.where);
  }

  /**
   * @param {number} most a larger value is an error
   * @param {string} what
   * @returns {number}
   */
  varint(most, what = "number") {
    let value = 0;
    let unit = 1;
    for (let count = 0; count < LONGEST; count++) {
      if (this.place >= this.data.length) throw this.damaged(`ends inside a ${what}`);
      const byte = this.data[this.place++];
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) {
        if (value > most) throw this.damaged(`${what} ${value} is too large`);
        return value;
      }
      unit *= 128;
    }
    throw this.damaged(`${what} is too long`);
  }

  /**
   * @param {number} most of the magnitude
   * @param {string} what
   * @returns {number}
   */
  zigzag(most, what = "number") {
    const value = this.varint(2 * most, what);
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }

  /**
   * @param {number} count
   * @param {string} what
   * @returns {Uint8Array} the next bytes, a view
   */
  take(count, what = "field") {
    if (this.place + count > this.data.length) throw this.damaged(`ends inside a ${what}`);
    this.place += count;
    return this.data.subarray(this.place - count, this.place);
  }

  /**
   * @param {string} what
   * @returns {number}
   */
  byte(what = "field") {
    return this.take(1, what)[0];
  }

  /**
   * @param {string} what
   * @returns {string}
   */
  text(what = "text") {
    const data = this.take(this.varint(MAX_TEXT, `length of a ${what}`), what);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    } catch {
      throw this.damaged(`${what} is not UTF-8`);
    }
  }

  /**
   * @param {string} what
   * @returns {Ratio} positive, in lowest terms
   */
  ratio(what = "ratio") {
    const over = this.varint(MAX_RATIO, what);
    const under = this.varint(MAX_RATIO, what);
    if (!over || !under) throw this.damaged(`${what} is not positive`);
    const common = divisor(over, under);
    return [over / common, under / common];
  }

  /** @returns {Uint8Array} all that is left, a view */
  rest() {
    return this.take(this.data.length - this.place);
  }

  /** @returns {boolean} whether all bytes were read */
  get ended() {
    return this.place >= this.data.length;
  }
}
