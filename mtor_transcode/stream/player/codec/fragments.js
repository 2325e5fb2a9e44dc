// SPDX-License-Identifier: Apache-2.0
/** FRAGMENT sections: textures of films in packets, in pieces (`docs/format.md`, Packets, Fragments). */

import { MtorError } from "./errors.js";
import {
  MAX_PACKETS,
  MAX_SECTION,
  MAX_TEXTURE_BYTES,
  MAX_TEXTURE_HEAD,
  MAX_TEXTURES,
} from "./limits.js";
import { Payload } from "./payload.js";
import { readTexture, UNREAD } from "./textures.js";

/** @import { FilmHeader, Texture } from "./types.js" */
/** @import { Tables } from "./contexts.js" */

/**
 * Plain fields: number among the packets, id of the texture, place of the piece, number of pieces.
 *
 * @typedef {{number: number, texture: number, place: number, count: number}} FragmentPlain
 */

/**
 * A fragment at hand; `start` is where the piece begins in the data. One that is not whole, or was repaired, did not come itself.
 *
 * @typedef {{plain: FragmentPlain, data: Uint8Array, start: number, whole: boolean, repaired: boolean}} Fragment
 */

/**
 * @param {Payload} payload
 * @returns {FragmentPlain}
 */
export function readFragmentPlain(payload) {
  const number = payload.varint(MAX_PACKETS, "number of a packet");
  const texture = payload.varint(MAX_TEXTURES, "id of a texture");
  const place = payload.varint(MAX_SECTION, "place of a fragment");
  const count = payload.varint(MAX_SECTION, "number of fragments");
  if (place >= count) throw payload.damaged(`it is fragment ${place} of ${count}`);
  return { number, texture, place, count };
}

/** The fragments at hand, by their numbers. */
export class Fragments {
  /** @type {Map<number, Fragment>} */
  #all = new Map();

  /** @returns {number} */
  get size() {
    return this.#all.size;
  }

  /**
   * @param {number} number
   * @returns {boolean}
   */
  has(number) {
    return this.#all.has(number);
  }

  /**
   * @param {FragmentPlain} plain
   * @param {Uint8Array} data the payload
   * @param {boolean} whole
   * @param {boolean} repaired
   */
  add(plain, data, whole, repaired = false) {
    const payload = new Payload(data, "");
    readFragmentPlain(payload);
    this.#all.set(plain.number, { plain, data, start: payload.place, whole, repaired });
  }

  /** Forgets what repairs brought back. */
  forgetRepaired() {
    for (const [number, { repaired }] of this.#all) if (repaired) this.#all.delete(number);
  }

  /** @returns {Map<number, Fragment[]>} by the id of their texture, in order, up to a missing or cut one */
  byTexture() {
    /** @type {Map<number, Map<number, Fragment>>} */
    const pieces = new Map();
    for (const fragment of this.#all.values()) {
      const { texture, place } = fragment.plain;
      const byPlace = pieces.get(texture) ?? new Map();
      pieces.set(texture, byPlace);
      if (!byPlace.has(place)) byPlace.set(place, fragment);
    }
    /** @type {Map<number, Fragment[]>} */
    const found = new Map();
    for (const [texture, byPlace] of pieces) {
      /** @type {Fragment[]} */
      const list = [];
      for (let next = byPlace.get(0); next; next = next.whole ? byPlace.get(list.length) : undefined) list.push(next);
      found.set(texture, list);
    }
    return found;
  }
}

/** The textures of a film in packets; what is missing there is no error. */
export class FragmentShelf {
  /** @type {Map<number, Texture>} */
  #read = new Map();

  /**
   * @param {Fragments} fragments
   * @param {FilmHeader} header
   * @param {Tables} tables
   * @param {string} name stands for the film in errors
   */
  constructor(fragments, header, tables, name) {
    this.pieces = fragments.byTexture();
    this.header = header;
    this.tables = tables;
    this.name = name;
  }

  /** @returns {number[]} all ids, ascending */
  get ids() {
    return [...this.pieces.keys()].sort((a, b) => a - b);
  }

  /**
   * @param {number} id
   * @returns {Texture} as many of its pictures as are at hand; `UNREAD` if there are none
   */
  find(id) {
    const known = this.#read.get(id);
    if (known) return known;
    const texture = this.#pieced(id);
    this.#read.set(id, texture);
    return texture;
  }

  /**
   * @param {number} id
   * @returns {Texture}
   */
  #pieced(id) {
    const pieces = this.pieces.get(id) ?? [];
    const size = pieces.reduce((sum, { data, start }) => sum + data.length - start, 0);
    if (size > MAX_TEXTURE_BYTES + MAX_TEXTURE_HEAD) {
      throw new MtorError(`texture ${id} has too many bytes`, this.name);
    }
    const made = new Uint8Array(size);
    let at = 0;
    for (const { data, start } of pieces) {
      made.set(data.subarray(start), at);
      at += data.length - start;
    }
    const last = pieces.at(-1);
    const whole = last !== undefined && last.whole && last.plain.place === last.plain.count - 1;
    try {
      return { ...readTexture(new Payload(made, this.name), this.header, this.tables, whole), id };
    } catch (error) {
      const sure = whole && pieces.every(({ repaired }) => !repaired);
      if (sure || !(error instanceof MtorError)) throw error;
      return UNREAD;
    }
  }
}
