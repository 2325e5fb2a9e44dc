// SPDX-License-Identifier: Apache-2.0
/** What has come of a film, and the scenes that are decoded of it. */

import { Kind } from "../codec/container.js";
import { MtorError } from "../codec/errors.js";
import { PacketTable } from "../codec/packet_table.js";
import { readSound } from "../codec/sound.js";
import { readSubtitles } from "../codec/subtitles.js";
import { PacketFeeding, SectionFeeding } from "./feeds.js";
import { Parts } from "./parts.js";
import { rangesOf, Shelf } from "./shelf.js";

/** @import { AudioPacket, FilmHeader, Outline, Subtitle } from "../codec/types.js" */
/** @import { SceneFeed } from "../sources/source.js" */
/** @import { Feeding, Row, World } from "./feeds.js" */
/** @import { Part } from "./parts.js" */
/** @import { Held } from "./shelf.js" */

/** @type {number[]} */
const PACKETS = [Kind.PACKET, Kind.FRAGMENT, Kind.REPAIR];

/** Sections of a scene that are asked for at a time although nothing was heard of them, and how often each. */
const MOST_UNHEARD = 64;
const MOST_ASKED = 4;

/** Scenes before and after the present one that stay decoded. */
const KEPT_SCENES = 3;

export class Arrivals {
  #tables;
  #sound;
  #subtitles;
  #parts = new Parts();
  /** @type {World | null} */
  #world = null;
  /** @type {Row[]} */
  #rows = [];
  /** Sections at which scenes were entered, by place. @type {Map<number, number>} */
  #entries = new Map();
  /** @type {Map<number, Feeding>} */
  #feedings = new Map();
  /** How often numbers were asked for of which nothing was heard. @type {Map<number, number>} */
  #asked = new Map();
  #inPackets = false;
  #ended = false;

  /**
   * @param {string} name
   * @param {any} tables
   * @param {{packets: AudioPacket[], complete: boolean}} sound to be filled
   * @param {Subtitle[]} subtitles to be filled
   */
  constructor(name, tables, sound, subtitles) {
    this.shelf = new Shelf(name);
    this.#tables = tables;
    this.#sound = sound;
    this.#subtitles = subtitles;
  }

  /**
   * @param {FilmHeader} header
   * @param {Outline[]} series outlines of the dictionary that it names
   */
  begin(header, series) {
    const packets = new PacketTable(this.#tables, series, this.shelf.name);
    this.#world = { shelf: this.shelf, header, tables: this.#tables, series, packets };
  }

  /** @param {Row[]} rows all scenes that are known of */
  rows(rows) {
    this.#rows = rows;
  }

  /** @param {number} scene its place @param {number} section at which it is entered */
  enter(scene, section) {
    const before = this.#entries.get(scene);
    if (before !== undefined && before <= section && this.#feedings.has(scene)) return;
    this.#entries.set(scene, section);
    this.#remake(scene);
  }

  /** No more will come by itself. */
  end() {
    this.#ended = true;
    for (const place of this.#feedings.keys()) this.#advance(place);
  }

  /** @param {Part} part */
  take(part) {
    const bytes = this.#parts.add(part);
    const held = bytes && this.shelf.add(part.number, part.back, bytes);
    if (!held || !this.#world) return;
    try {
      this.#sorted(held, this.#world);
    } catch (error) {
      if (!(error instanceof MtorError)) throw error;
    }
  }

  /**
   * @param {Held} held
   * @param {World} world
   */
  #sorted(held, world) {
    if (held.kind === Kind.AUDIO) this.#hear([...readSound(this.shelf.payload(held), this.#tables)]);
    else if (held.kind === Kind.SUBTITLES) {
      this.#subtitles.push(...readSubtitles(this.shelf.payload(held), world.header.subtitles.length));
      this.#subtitles.sort((a, b) => a.start - b.start);
    }
    if (PACKETS.includes(held.kind)) {
      this.#inPackets = true;
      const payload = this.shelf.payload(held);
      if (held.kind === Kind.PACKET) world.packets.addPacket(payload);
      else if (held.kind === Kind.FRAGMENT) world.packets.addFragment(payload);
      else world.packets.addRepair(payload);
    }
    for (const [place, feeding] of this.#feedings) {
      if (held.number < feeding.entry && !PACKETS.includes(held.kind)) this.#remake(place);
      else this.#advance(place);
    }
  }

  /** @param {AudioPacket[]} packets of a section; sections may come in any order */
  #hear(packets) {
    const all = this.#sound.packets;
    const place = all.findIndex(({ pts }) => pts > packets[0].pts);
    if (place < 0) all.push(...packets);
    else all.splice(place, 0, ...packets);
  }

  /**
   * @param {number} place of a scene
   * @returns {SceneFeed | null} null if its head has not come
   */
  feed(place) {
    if (!this.#feedings.has(place) && this.#rows[place] && this.#world) this.#remake(place);
    return this.#feedings.get(place)?.feed ?? null;
  }

  /**
   * @param {number} tick
   * @returns {boolean} whether the scene at that time is here, or on its way, from that time on
   */
  covers(tick) {
    const place = this.#rows.findLastIndex(({ start }) => start <= tick);
    const feed = this.feed(place);
    if (!feed || tick < (feed.spans[0]?.start ?? feed.head.start)) return false;
    return feed.complete || tick < feed.end;
  }

  /** @param {number} place of the scene that is shown; those far from it are let go of */
  forget(place) {
    for (const other of this.#feedings.keys()) if (Math.abs(other - place) > KEPT_SCENES) this.#feedings.delete(other);
  }

  /**
   * @param {number} place of the scene that is shown
   * @param {boolean} quiet whether nothing has come for a while, so that what is expected next counts as lost
   * @returns {{sections: [number, number][], parts: [number, number, number][]}} what is to be asked for again
   */
  lacks(place, quiet) {
    const first = this.#entries.get(place) ?? this.#rows[place]?.first ?? 0;
    const end = this.#rows[place + 2]?.first ?? Infinity;
    /** @type {Set<number>} */
    const found = new Set();
    for (const missing of this.shelf.missing(first, end)) {
      for (let number = missing; number >= first && !this.shelf.get(number); number--) found.add(number);
    }
    if (quiet) for (const number of this.#unheard(first, this.#rows[place + 1]?.first)) found.add(number);
    return { sections: rangesOf([...found]), parts: this.#parts.gaps() };
  }

  /**
   * What may have been lost without a trace: numbers of which nothing was heard, the first few times that they are
   * asked for (they may be sections that a viewer has no use for).
   *
   * @param {number} first section of a scene
   * @param {number} [next] first section of the next one
   * @returns {number[]}
   */
  #unheard(first, next) {
    const end = Math.min(next ?? this.shelf.most + 4, first + MOST_UNHEARD);
    const found = [];
    for (let number = first; number < end; number++) {
      const asked = this.#asked.get(number) ?? 0;
      if (this.shelf.get(number) || asked >= MOST_ASKED) continue;
      this.#asked.set(number, asked + 1);
      found.push(number);
    }
    return found;
  }

  /** @param {number} place begins a scene's feed, anew if there was one */
  #remake(place) {
    const row = this.#rows[place];
    if (!row || !this.#world) return;
    const before = this.#feedings.get(place);
    const entry = this.#entries.get(place) ?? row.first;
    const end = this.#rows[place + 1]?.first ?? Infinity;
    const made = this.#inPackets
      ? new PacketFeeding(this.#world, row, entry)
      : new SectionFeeding(this.#world, row, entry, end);
    this.#feedings.set(place, made);
    this.#advance(place);
    if (!before?.feed) return;
    if (made.feed) before.feed.replaced = made.feed;
    else this.#feedings.set(place, before);
  }

  /** @param {number} place decodes what has come of a scene */
  #advance(place) {
    const feeding = /** @type {Feeding} */ (this.#feedings.get(place));
    try {
      feeding.advance();
    } catch (error) {
      // An outline or a texture is missing: it is asked for, and the scene begun anew once it is here.
      if (!(error instanceof MtorError)) throw error;
    }
    const { feed } = feeding;
    if (!feed) return;
    const next = this.#rows[place + 1];
    feed.end = next?.start ?? feed.end;
    feed.complete = this.#isComplete(this.#rows[place].first, next?.first);
  }

  /**
   * @param {number} first section of a scene
   * @param {number | undefined} next first section of the next one
   * @returns {boolean} whether all of the scene is here
   */
  #isComplete(first, next) {
    if (this.shelf.missing(first, next ?? Infinity).length) return false;
    if (next === undefined) return this.#ended;
    return this.shelf.from(next, Infinity) !== undefined;
  }
}
