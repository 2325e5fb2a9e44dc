// SPDX-License-Identifier: Apache-2.0
/** The container: magic, version, sections of kind, length, payload and checksum (`docs/format.md`, Container). */

import { crc16 } from "./crc.js";
import { FETCH_AGAIN, MtorError } from "./errors.js";
import { MAX_SECTION, MAX_SECTIONS } from "./limits.js";
import { Payload } from "./payload.js";

export const Kind = Object.freeze({
  HEADER: 1,
  DICT: 2,
  SCENE: 3,
  SPAN: 4,
  SNAPSHOT: 5,
  AUDIO: 6,
  SUBTITLES: 7,
  INDEX: 8,
  TEXTURE: 9,
  PACKET: 10,
  REPAIR: 11,
  FRAGMENT: 12,
});

/** @type {Map<number, string>} */
const NAMES = new Map(Object.entries(Kind).map(([name, kind]) => [kind, name]));
const SKIPPABLE = 0x40;
const HEAD = 5;
const CRC_BYTES = 2;
const TRAILER_BYTES = 3;
const VERSION = 2;
const MAGIC = "MTOR";

/**
 * Where a section lies: offsets of its kind, of its payload and of the byte after its checksum.
 *
 * @typedef {{kind: number, offset: number, start: number, length: number, end: number}} Section
 */

/**
 * @param {Uint8Array} data
 * @param {string} magic
 * @returns {boolean} whether the data begin with these letters
 */
export function beginsWith(data, magic) {
  return data.length >= magic.length && [...magic].every((letter, place) => data[place] === letter.charCodeAt(0));
}

export class Container {
  /**
   * @param {Uint8Array} data the whole file, or what there is of it
   * @param {string} name stands for it in errors
   */
  constructor(data, name = "") {
    this.data = data;
    this.name = name || "MTOR file";
    /** @type {Section[]} */
    this.sections = [];
    this.truncated = true;
    this.#checkMagic();
    this.#scan();
  }

  /**
   * @param {Section} section
   * @returns {string} names a section in errors
   */
  where(section) {
    return `${this.name}: ${NAMES.get(section.kind) ?? `kind ${section.kind}`} section at byte ${section.offset}`;
  }

  /**
   * @param {Section} section
   * @returns {Payload | null} null if its checksum is wrong
   */
  sound(section) {
    const { offset, start, end } = section;
    const stored = (this.data[end - 2] << 8) | this.data[end - 1];
    if (crc16(this.data.subarray(offset, end - CRC_BYTES)) !== stored) return null;
    return new Payload(this.data.subarray(start, end - CRC_BYTES), this.where(section));
  }

  /**
   * @param {Section} section
   * @returns {Payload} checked against its checksum
   */
  payload(section) {
    const payload = this.sound(section);
    if (!payload) throw new MtorError("the checksum is wrong", this.where(section));
    return payload;
  }

  /**
   * @param {Section} section
   * @param {number} count
   * @returns {Payload} its first bytes, unchecked
   */
  peek(section, count) {
    const { start, length } = section;
    return new Payload(this.data.subarray(start, start + Math.min(count, length)), this.where(section));
  }

  #checkMagic() {
    const { data, name } = this;
    if (!data.length) throw new MtorError("the file is empty", name, "give a .mtor file");
    if (!beginsWith(data, MAGIC)) throw new MtorError("not an MTOR file", name, "give a file made by mtor transcode");
    if (data.length <= MAGIC.length) throw this.#cut();
    const version = data[MAGIC.length];
    if (version > VERSION) {
      throw new MtorError(
        `made for version ${version} of the format, this program reads version ${VERSION}`,
        name,
        "use a newer player",
      );
    }
    if (version < VERSION) {
      throw new MtorError(
        `made for version ${version} of the format, which is read no more: this is ${VERSION}`,
        name,
        "have the film made again",
      );
    }
  }

  /** @returns {MtorError} */
  #cut() {
    return new MtorError("the file ends before its header is complete", this.name, "fetch the whole file");
  }

  #scan() {
    let place = MAGIC.length + 1;
    while (place < this.data.length) {
      const section = this.#sectionAt(place);
      if (!section || section.end > this.data.length) break;
      if (!this.sections.length && section.kind !== Kind.HEADER) {
        throw new MtorError("the header is missing", this.where(section));
      }
      if (this.sections.length >= MAX_SECTIONS) {
        throw new MtorError("the file has too many sections", this.where(section));
      }
      this.sections.push(section);
      place = section.end;
      if (section.kind === Kind.INDEX) {
        this.truncated = this.#endsEarly(section);
        return;
      }
    }
    if (!this.sections.length) throw this.#cut();
  }

  /**
   * @param {number} place
   * @returns {Section | null} null if the file ends inside its head
   */
  #sectionAt(place) {
    const head = this.data.subarray(place, place + HEAD);
    const kind = head[0];
    if (!(kind & SKIPPABLE) && !NAMES.has(kind)) {
      const remedy = "the file is damaged, or a newer player is needed";
      throw new MtorError(`unknown section kind ${kind} at byte ${place}`, this.name, remedy);
    }
    let length = 0;
    for (let count = 0; count + 1 < head.length; count++) {
      const byte = head[count + 1];
      length += (byte & 0x7f) << (7 * count);
      if (byte < 0x80) {
        if (length > MAX_SECTION || (count && !byte)) break;
        const start = place + 2 + count;
        return { kind, offset: place, start, length, end: start + length + CRC_BYTES };
      }
    }
    if (head.length < HEAD && length <= MAX_SECTION) return null;
    throw new MtorError(`the length of the section at byte ${place} is wrong`, this.name, FETCH_AGAIN);
  }

  /**
   * @param {Section} index
   * @returns {boolean} whether the trailer is cut
   */
  #endsEarly(index) {
    const trailer = this.data.subarray(index.end);
    if (trailer.length > TRAILER_BYTES) {
      throw new MtorError(`${trailer.length - TRAILER_BYTES} bytes follow the index`, this.name);
    }
    if (trailer.length < TRAILER_BYTES) return true;
    if (((trailer[0] << 16) | (trailer[1] << 8) | trailer[2]) !== index.end - index.offset) {
      throw new MtorError("the trailer does not fit the index", this.name);
    }
    return false;
  }
}
