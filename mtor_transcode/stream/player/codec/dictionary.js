// SPDX-License-Identifier: Apache-2.0
/** The dictionary of outlines: DICT sections decoded when they are needed (`docs/format.md`, Outlines). */

import { MtorError } from "./errors.js";
import { DECODES, FREE_DECODES, KEPT_NODES, MAX_OUTLINES, MAX_SECTION_OUTLINES } from "./limits.js";
import { nodesOf, readOutlines } from "./outlines.js";
import { Contexts, RangeDecoder } from "./range_decoder.js";
import { countUpTo } from "./scene_memory.js";

/** @import { Outline } from "./types.js" */
/** @import { Container, Section } from "./container.js" */
/** @import { Tables } from "./contexts.js" */
/** @import { Payload } from "./payload.js" */
/** @import { FindOutline } from "./tokens.js" */

const PEEK = 16;

/** Lists of outlines by a key, those used last, up to a number of nodes. */
export class KeptOutlines {
  #nodes = 0;
  /** @type {Map<number, Outline[]>} */
  #lists = new Map();

  /**
   * @param {number} key
   * @returns {Outline[] | undefined}
   */
  get(key) {
    const list = this.#lists.get(key);
    if (list) {
      this.#lists.delete(key);
      this.#lists.set(key, list);
    }
    return list;
  }

  /**
   * @param {number} key
   * @param {Outline[]} list
   */
  keep(key, list) {
    if (this.#lists.has(key)) return;
    this.#lists.set(key, list);
    this.#nodes += nodesOf(list);
    for (const oldest of this.#lists.keys()) {
      if (this.#nodes <= KEPT_NODES || this.#lists.size === 1) break;
      this.forget(oldest);
    }
  }

  /** @param {number} key */
  forget(key) {
    const list = this.#lists.get(key);
    if (!list) return;
    this.#lists.delete(key);
    this.#nodes -= nodesOf(list);
  }
}

/**
 * @param {Payload} payload
 * @returns {{first: number, count: number}} the plain fields of a DICT section
 */
export function readDictionaryPlain(payload) {
  const first = payload.varint(MAX_OUTLINES, "id of an outline");
  return { first, count: payload.varint(MAX_SECTION_OUTLINES, "number of outlines") };
}

/**
 * @param {Payload} payload of a DICT section
 * @param {Tables} tables
 * @returns {Outline[]}
 */
export function readDictionary(payload, tables) {
  const { count } = readDictionaryPlain(payload);
  const data = payload.rest();
  return readOutlines(new RangeDecoder(data, new Contexts(tables), payload.where), count, data.length);
}

export class Dictionary {
  /** @type {{first: number, count: number, section: Section}[]} */
  #entries = [];
  /** @type {number[]} */
  #firsts = [];
  #kept = new KeptOutlines();
  #bytes = 0;
  #decoded = 0;

  /**
   * @param {Container} container
   * @param {Tables} tables
   * @param {Outline[]} series outlines of the series dictionary, ids 0 and up
   */
  constructor(container, tables, series) {
    this.container = container;
    this.tables = tables;
    this.series = series;
  }

  /** @param {Section} section takes note of it, without decoding it */
  add(section) {
    const { first, count } = readDictionaryPlain(this.container.peek(section, PEEK));
    const last = this.#entries.at(-1);
    if (first < (last ? last.first + last.count : this.series.length)) {
      throw new MtorError("its outlines have ids that are taken", this.container.where(section));
    }
    this.#entries.push({ first, count, section });
    this.#firsts.push(first);
    this.#bytes += section.length;
  }

  /**
   * @param {number} id
   * @returns {Outline}
   */
  outline(id) {
    if (id < this.series.length) return this.series[id];
    const place = countUpTo(this.#firsts, id) - 1;
    const entry = this.#entries[place];
    if (entry && id < entry.first + entry.count) return this.#section(place)[id - entry.first];
    throw new MtorError(`outline ${id} is missing`, this.container.name);
  }

  /** @returns {FindOutline} for one pass through a scene; it refuses to decode all over and over */
  forScene() {
    let spent = 0;
    return (id) => {
      const before = this.#decoded;
      const outline = this.outline(id);
      spent += this.#decoded - before;
      if (spent > DECODES * this.#bytes + FREE_DECODES) {
        throw new MtorError("a scene refers to the dictionary too wildly", this.container.name);
      }
      return outline;
    };
  }

  /** @returns {Outline[]} all outlines of the file itself */
  all() {
    return this.#entries.flatMap((_, place) => this.#section(place));
  }

  /**
   * @param {number} place
   * @returns {Outline[]}
   */
  #section(place) {
    const known = this.#kept.get(place);
    if (known) return known;
    const { section } = this.#entries[place];
    const outlines = readDictionary(this.container.payload(section), this.tables);
    this.#decoded += section.length;
    this.#kept.keep(place, outlines);
    return outlines;
  }
}
