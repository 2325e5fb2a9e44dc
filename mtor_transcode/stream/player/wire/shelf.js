// SPDX-License-Identifier: Apache-2.0
/**
 * The sections of a film that have come, by their numbers. To decoders it is a container, whose sections carry their
 * own bytes and may lie in any order.
 */

import { Kind } from "../codec/container.js";
import { crc16 } from "../codec/crc.js";
import { Payload } from "../codec/payload.js";
import { sectionLength } from "./parts.js";

/** @import { Section } from "../codec/container.js" */

/**
 * @typedef {Section & {number: number, back: number, bytes: Uint8Array}} Held a section at hand
 */

/** Kinds of sections that pictures are decoded from. @type {number[]} */
export const PICTURES = [Kind.SCENE, Kind.DICT, Kind.SPAN, Kind.SNAPSHOT, Kind.TEXTURE, Kind.PACKET, Kind.FRAGMENT];

const CRC_BYTES = 2;

export class Shelf {
  /** @type {Map<number, Held>} */
  #held = new Map();
  /** The section that follows another among those of pictures. @type {Map<number, number>} */
  #after = new Map();
  /** Sections of pictures that are known of by what follows them, and missing. @type {Set<number>} */
  #missing = new Set();
  #most = -1;
  /** Bytes of all sections. */
  bytes = 0;

  /** @param {string} name stands for the film in errors */
  constructor(name) {
    this.name = name;
  }

  /**
   * @param {number} number
   * @param {number} back how many sections before it the last of pictures lies, 0 if it is none
   * @param {Uint8Array} bytes
   * @returns {Held | null} null if it was here, or if its checksum is wrong
   */
  add(number, back, bytes) {
    if (this.#held.has(number)) return null;
    const start = bytes.length - CRC_BYTES;
    if (sectionLength(bytes) !== bytes.length || crc16(bytes.subarray(0, start)) !== ((bytes[start] << 8) | bytes[start + 1])) {
      return null;
    }
    let head = 2;
    while (bytes[head - 1] >= 0x80) head++;
    const length = start - head;
    const held = { kind: bytes[0], offset: 0, start: head, length, end: bytes.length, number, back, bytes };
    this.#held.set(number, held);
    this.#most = Math.max(this.#most, number);
    this.#missing.delete(number);
    this.bytes += bytes.length;
    if (back) {
      this.#after.set(number - back, number);
      if (!this.#held.has(number - back)) this.#missing.add(number - back);
    }
    return held;
  }

  /** @param {number} number @returns {Held | undefined} */
  get(number) {
    return this.#held.get(number);
  }

  /** @param {number} number @returns {number | undefined} the next section of pictures, as far as is known */
  after(number) {
    return this.#after.get(number);
  }

  /**
   * @param {number} entry
   * @param {number} end
   * @returns {Held | undefined} the first section of pictures in [entry, end), if it has come
   */
  from(entry, end) {
    for (let number = entry; number < end && number <= this.#most; number++) {
      const held = this.#held.get(number);
      if (held && PICTURES.includes(held.kind)) return held.number - held.back < entry || !held.back ? held : undefined;
    }
    return undefined;
  }

  /** @returns {number} the highest number of a section that is here */
  get most() {
    return this.#most;
  }

  /** @returns {Held[]} all by number */
  all() {
    return [...this.#held.values()].sort((a, b) => a.number - b.number);
  }

  /** @param {number} first @param {number} end @returns {number[]} sections of pictures in [first, end) that are missing for sure */
  missing(first, end) {
    return [...this.#missing].filter((number) => number >= first && number < end).sort((a, b) => a - b);
  }

  /** @returns {[number, number][]} ranges (first, last) of what is here */
  ranges() {
    return rangesOf([...this.#held.keys()]);
  }

  /** @param {Section} section @returns {string} */
  where(section) {
    return `${this.name}: section ${/** @type {Held} */ (section).number}`;
  }

  /** @param {Section} section @returns {Payload} */
  payload(section) {
    const { bytes, start } = /** @type {Held} */ (section);
    return new Payload(bytes.subarray(start, bytes.length - CRC_BYTES), this.where(section));
  }

  /** @param {Section} section @returns {Payload} */
  sound(section) {
    return this.payload(section);
  }

  /** @param {Section} section @param {number} count @returns {Payload} */
  peek(section, count) {
    const { bytes, start, length } = /** @type {Held} */ (section);
    return new Payload(bytes.subarray(start, start + Math.min(count, length)), this.where(section));
  }
}

/**
 * @param {number[]} numbers
 * @returns {[number, number][]} as ranges (first, last)
 */
export function rangesOf(numbers) {
  /** @type {[number, number][]} */
  const found = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last && number <= last[1] + 1) last[1] = number;
    else found.push([number, number]);
  }
  return found;
}
