// SPDX-License-Identifier: Apache-2.0
/** Bytes put together, compared, written and read; SHA-256. Numbers have the high byte first. */

import { subtle } from "./webcrypto.js";

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/**
 * @param {string} text
 * @returns {Bytes} its UTF-8
 */
export function utf8(text) {
  return new TextEncoder().encode(text);
}

/**
 * @param {...Uint8Array} parts
 * @returns {Bytes}
 */
export function joined(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    out.set(part, place);
    place += part.length;
  }
  return out;
}

/**
 * @param {number} value below 2^53
 * @param {number} count of bytes
 * @returns {Bytes}
 */
export function number(value, count) {
  const out = new Uint8Array(count);
  for (let at = count - 1; at >= 0; at--) {
    out[at] = value % 256;
    value = Math.floor(value / 256);
  }
  return out;
}

/**
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 * @returns {boolean}
 */
export function same(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/**
 * @param {Uint8Array} data
 * @returns {string}
 */
export function hex(data) {
  return [...data].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} text
 * @returns {Bytes | null} null if it is no hex
 */
export function unhex(text) {
  if (text.length % 2 || !/^[0-9a-f]*$/i.test(text)) return null;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/**
 * @param {...Uint8Array} parts
 * @returns {Promise<Bytes>} the SHA-256 of all of them
 */
export async function sha256(...parts) {
  return new Uint8Array(await subtle().digest("SHA-256", joined(...parts)));
}

/** Reads bytes from the front. */
export class Reader {
  /**
   * @param {Uint8Array} data
   * @param {() => Error} damaged makes the error of data that end too early
   */
  constructor(data, damaged) {
    this.data = data;
    this.place = 0;
    this.damaged = damaged;
  }

  /**
   * @param {number} count
   * @returns {Bytes}
   */
  take(count) {
    if (this.place + count > this.data.length) throw this.damaged();
    this.place += count;
    return this.data.slice(this.place - count, this.place);
  }

  /**
   * @param {number} count of bytes
   * @returns {number}
   */
  number(count) {
    return this.take(count).reduce((sum, byte) => sum * 256 + byte, 0);
  }
}
