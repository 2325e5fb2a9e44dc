// SPDX-License-Identifier: Apache-2.0
/** Scenes decoded section by section as these come: what the player takes as feeds. */

import { Kind } from "../codec/container.js";
import { Dictionary } from "../codec/dictionary.js";
import { MtorError } from "../codec/errors.js";
import { FragmentShelf } from "../codec/fragments.js";
import { PacketSceneReader } from "../codec/packet_scenes.js";
import { SceneSections } from "../codec/scenes.js";
import { TextureShelf } from "../codec/textures.js";

/** @import { FilmHeader, Outline, Span } from "../codec/types.js" */
/** @import { PacketTable } from "../codec/packet_table.js" */
/** @import { SceneFeed } from "../sources/source.js" */
/** @import { Held, Shelf } from "./shelf.js" */

/**
 * @typedef {object} World what scenes are decoded with
 * @property {Shelf} shelf
 * @property {FilmHeader} header
 * @property {any} tables
 * @property {Outline[]} series
 * @property {PacketTable} packets
 *
 * @typedef {object} Row a scene as the wire tells it
 * @property {number} number
 * @property {number} start tick
 * @property {number} first section
 *
 * @typedef {object} Feeding
 * @property {SceneFeed | null} feed null until the scene's head has come
 * @property {number} entry the section at which the scene was entered
 * @property {() => void} advance takes what has come since
 */

/** A scene of SCENE, DICT, SPAN, SNAPSHOT and TEXTURE sections, from its first or a snapshot on. */
export class SectionFeeding {
  /** @type {SceneFeed | null} */
  feed = null;
  #world;
  #row;
  #end;
  #dictionary;
  #textures;
  /** @type {SceneSections | null} */
  #scene = null;
  /** @type {Generator<Span> | null} */
  #spans = null;
  /** The section that was taken last. @type {number | null} */
  #last = null;

  /**
   * @param {World} world
   * @param {Row} row
   * @param {number} entry
   * @param {number} end first section of the next scene
   */
  constructor(world, row, entry, end) {
    this.#world = world;
    this.#row = row;
    this.entry = entry;
    this.#end = end;
    const shelf = /** @type {any} */ (world.shelf);
    this.#dictionary = new Dictionary(shelf, world.tables, world.series);
    this.#textures = new TextureShelf(shelf, world.header, world.tables);
    for (const held of world.shelf.all()) if (held.number < entry) this.#shared(held);
  }

  /** Takes what has come. Throws what decoders throw; the feeding is of no more use then. */
  advance() {
    for (let held = this.#next(); held && held.number < this.#end; held = this.#next()) {
      if (!this.#takes(held)) return;
      this.#last = held.number;
    }
  }

  /** @returns {Held | undefined} the section to take next, if it has come */
  #next() {
    const { shelf } = this.#world;
    if (this.#last !== null) return shelf.get(shelf.after(this.#last) ?? -1);
    return shelf.from(this.entry, this.#end);
  }

  /**
   * @param {Held} held
   * @returns {boolean} false if it has to wait
   */
  #takes(held) {
    if (held.kind === Kind.SCENE) this.#begin(held);
    else if (held.kind === Kind.SPAN || held.kind === Kind.SNAPSHOT) return this.#part(held);
    else this.#shared(held);
    return true;
  }

  /** @param {Held} held an outline or texture of the film */
  #shared(held) {
    if (held.kind === Kind.DICT) this.#dictionary.add(held);
    else if (held.kind === Kind.TEXTURE) this.#textures.add(held);
  }

  /** @param {Held} held the scene's own section */
  #begin(held) {
    const scene = new SceneSections(/** @type {any} */ (this.#world.shelf), held, this.#world.tables);
    this.#scene = scene;
    const at = held.number < this.entry ? Infinity : null;
    this.#spans = scene.spans(this.#dictionary.forScene(), (id) => this.#textures.find(id), at);
    this.feed = { head: scene.head, spans: [], complete: false, end: scene.head.start };
  }

  /**
   * @param {Held} held
   * @returns {boolean}
   */
  #part(held) {
    if (!this.#scene) {
      const own = this.#world.shelf.from(this.#row.first, this.entry);
      if (own?.kind !== Kind.SCENE) return false;
      this.#begin(own);
    }
    const scene = /** @type {SceneSections} */ (this.#scene);
    const enters = held.kind === Kind.SNAPSHOT && !scene.parts.length;
    if (enters) {
      const payload = this.#world.shelf.peek(held, 16);
      const at = scene.head.start + payload.varint(2 ** 48, "time of a snapshot");
      scene.parts.push({ section: held, start: at, end: at });
    } else scene.add(held);
    const { value } = held.kind === Kind.SPAN || enters ? /** @type {Generator<Span>} */ (this.#spans).next() : {};
    if (value && this.feed) {
      this.feed.spans.push(value);
      this.feed.end = value.end;
    }
    return true;
  }
}

/** A scene of packets. Those that are missing leave gaps; what comes late makes the feed anew (`replaced`). */
export class PacketFeeding {
  /** @type {SceneFeed | null} */
  feed = null;
  #world;
  #row;
  /** @type {PacketSceneReader | null} */
  #reader = null;
  /** @type {number[]} */
  #taken = [];

  /**
   * @param {World} world
   * @param {Row} row
   * @param {number} entry
   */
  constructor(world, row, entry) {
    this.#world = world;
    this.#row = row;
    this.entry = entry;
  }

  /** Takes what has come since. */
  advance() {
    const { packets, header, tables, shelf } = this.#world;
    const scene = packets.settle().find(({ head }) => head.number === this.#row.number);
    if (!scene) return;
    const follows = this.#taken.every((number, place) => scene.numbers[place] === number);
    if (!this.#reader || !follows) {
      const textures = new FragmentShelf(packets.fragments, header, tables, shelf.name);
      this.#reader = new PacketSceneReader(packets, scene, (id) => textures.find(id));
      this.#taken = [];
      const feed = { head: scene.head, spans: [], complete: false, end: scene.head.start };
      if (this.feed) this.feed.replaced = feed;
      this.feed = feed;
    }
    for (const number of scene.numbers.slice(this.#taken.length)) {
      const span = this.#reader.span(number);
      this.#taken.push(number);
      /** @type {SceneFeed} */ (this.feed).spans.push(span);
      /** @type {SceneFeed} */ (this.feed).end = span.end;
    }
  }
}

/**
 * @param {unknown} error
 * @returns {boolean} whether it says that something is missing or damaged, rather than a bug of ours
 */
export function isDamage(error) {
  return error instanceof MtorError;
}
