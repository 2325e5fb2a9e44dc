// SPDX-License-Identifier: Apache-2.0
/** Binary messages of the wire (`docs/wire.md`), and sections put together of their parts. */

/** Bytes of a section's checksum. */
const CRC_BYTES = 2;

/** Most bytes of a section's kind and length. */
const HEAD = 5;

/**
 * @typedef {object} Part
 * @property {number} number of the section
 * @property {number} count of the message, modulo 256
 * @property {number} back
 * @property {number} place in the section
 * @property {Uint8Array} bytes
 */

/**
 * @param {Uint8Array} data
 * @param {number} place
 * @returns {[number, number]} a varint, and the place after it
 */
function varint(data, place) {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    if (place >= data.length || factor > 2 ** 49) throw new Error("a message of the server cannot be read");
    const byte = data[place++];
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return [value, place];
  }
}

/**
 * @param {Uint8Array} message
 * @returns {Part}
 */
export function readPart(message) {
  const [number, counted] = varint(message, 0);
  const count = message[counted];
  const [back, placed] = varint(message, counted + 1);
  const [place, start] = varint(message, placed);
  return { number, count, back, place, bytes: message.subarray(start) };
}

/**
 * @param {Uint8Array} bytes the beginning of a section
 * @returns {number} bytes of the whole section, 0 if its head is not whole
 */
export function sectionLength(bytes) {
  let length = 0;
  for (let place = 1; place < Math.min(bytes.length, HEAD); place++) {
    length += (bytes[place] & 0x7f) * 128 ** (place - 1);
    if (bytes[place] < 0x80) return place + 1 + length + CRC_BYTES;
  }
  return 0;
}

/** Sections of which some parts have come. */
export class Parts {
  /** @type {Map<number, Map<number, Uint8Array>>} */
  #coming = new Map();

  /**
   * @param {Part} part
   * @returns {Uint8Array | null} the section if it is whole now
   */
  add({ number, place, bytes }) {
    if (place === 0 && sectionLength(bytes) === bytes.length) {
      this.#coming.delete(number);
      return bytes;
    }
    const parts = this.#coming.get(number) ?? new Map();
    this.#coming.set(number, parts.set(place, bytes));
    const whole = this.#joined(parts);
    if (whole) this.#coming.delete(number);
    return whole;
  }

  /**
   * @returns {[number, number, number][]} what is missing of sections that have begun: number, from, to
   */
  gaps() {
    /** @type {[number, number, number][]} */
    const found = [];
    for (const [number, parts] of this.#coming) {
      let end = 0;
      for (const place of [...parts.keys()].sort((a, b) => a - b)) {
        if (place > end) found.push([number, end, place]);
        end = Math.max(end, place + (parts.get(place)?.length ?? 0));
      }
      const length = sectionLength(parts.get(0) ?? new Uint8Array());
      if (length > end) found.push([number, end, length]);
    }
    return found;
  }

  clear() {
    this.#coming.clear();
  }

  /**
   * @param {Map<number, Uint8Array>} parts
   * @returns {Uint8Array | null}
   */
  #joined(parts) {
    const length = sectionLength(parts.get(0) ?? new Uint8Array());
    if (!length) return null;
    const whole = new Uint8Array(length);
    let end = 0;
    for (const place of [...parts.keys()].sort((a, b) => a - b)) {
      const bytes = /** @type {Uint8Array} */ (parts.get(place));
      if (place > end || place + bytes.length > length) return null;
      whole.set(bytes, place);
      end = Math.max(end, place + bytes.length);
    }
    return end === length ? whole : null;
  }
}
