// SPDX-License-Identifier: Apache-2.0
/** The packets at hand: those that came, those that repairs bring back, the scenes and outlines in them. */

import { KeptOutlines } from "./dictionary.js";
import { MtorError } from "./errors.js";
import { Fragments, readFragmentPlain } from "./fragments.js";
import { DECODES, FREE_DECODES, MAX_PACKET_BYTES, MAX_TICK } from "./limits.js";
import { readPacket, readPacketHead, readPacketPlain } from "./packets.js";
import { Payload } from "./payload.js";
import { contradictions, readRepair, Repairs } from "./repairs.js";
import { countUpTo } from "./scene_memory.js";
import { UNREAD } from "./textures.js";

/** @import { Outline, SceneStart, Solid } from "./types.js" */
/** @import { Tables } from "./contexts.js" */
/** @import { Packet, PacketPlain } from "./packets.js" */
/** @import { FindTexture } from "./paints.js" */
/** @import { Repaired } from "./repairs.js" */

/** Background of a scene of which no packet came that tells it. @type {Solid} */
const UNTOLD = { kind: "Solid", colour: [16, 128, 128], border: null };

/**
 * A scene in packets: its head, the numbers of its packets at hand, the tick at which it is over.
 *
 * @typedef {{head: SceneStart, numbers: number[], end: number}} PacketScene
 */

export class PacketTable {
  /** Payloads that came, by their numbers. @type {Map<number, Payload>} */
  #came = new Map();
  /** Packets that came. @type {Map<number, PacketPlain>} */
  #heard = new Map();
  #repairs = new Repairs();
  /** @type {Map<number, Repaired>} */
  #back = new Map();
  /** Packets at hand. @type {Map<number, PacketPlain>} */
  #plain = new Map();
  /** Heads that packets tell which came themselves. @type {Map<number, SceneStart | null>} */
  #heads = new Map();
  /** Ids of the first outline of each packet at hand, and the packets' numbers, ascending. @type {number[]} */
  #firsts = [];
  /** @type {number[]} */
  #owners = [];
  #kept = new KeptOutlines();
  #bytes = 0;
  /** Bytes of packets decoded for their outlines so far. */
  decoded = 0;
  /** Packets and fragments that the film was made of, as far as numbers tell. */
  sent = 0;
  /** Sections whose checksum is wrong. */
  damaged = 0;

  /**
   * @param {Tables} tables
   * @param {Outline[]} series outlines of the series dictionary, ids 0 and up
   * @param {string} name stands for the film in errors
   */
  constructor(tables, series, name) {
    this.tables = tables;
    this.series = series;
    this.name = name;
    this.fragments = new Fragments();
  }

  /** @returns {boolean} whether nothing is at hand of any packet */
  get isEmpty() {
    return !this.#plain.size && !this.fragments.size;
  }

  /** @returns {number} packets and fragments that are wholly at hand */
  get count() {
    const cut = [...this.#back.values()].filter(({ whole }) => !whole).length;
    return this.#plain.size + this.fragments.size - cut;
  }

  /** @param {Payload} payload of a PACKET; a second one of a number is ignored */
  addPacket(payload) {
    const plain = readPacketPlain(this.#checked(payload));
    if (!this.#takes(plain.number, payload)) return;
    this.#heard.set(plain.number, plain);
    this.#plain.set(plain.number, plain);
  }

  /** @param {Payload} payload of a FRAGMENT */
  addFragment(payload) {
    const plain = readFragmentPlain(this.#checked(payload));
    if (this.#takes(plain.number, payload)) this.fragments.add(plain, payload.data, true);
  }

  /** @param {Payload} payload of a REPAIR */
  addRepair(payload) {
    const repair = readRepair(payload);
    this.#tells(repair.first + repair.count - 1);
    this.#repairs.add(repair);
  }

  /**
   * @param {Payload} payload
   * @returns {Payload}
   */
  #checked(payload) {
    const size = payload.data.length;
    if (size > MAX_PACKET_BYTES) throw payload.damaged(`a packet has ${size} bytes, at most ${MAX_PACKET_BYTES}`);
    return new Payload(payload.data, payload.where);
  }

  /**
   * @param {number} number
   * @param {Payload} payload
   * @returns {boolean} false if the number came before
   */
  #takes(number, payload) {
    this.#tells(number);
    if (this.#came.has(number)) return false;
    this.#came.set(number, payload);
    return true;
  }

  /** @param {number} number */
  #tells(number) {
    this.sent = Math.max(this.sent, number + 1);
  }

  /**
   * Brings back what can be brought back. More may be added afterwards, and the table settled again.
   *
   * @param {number} latest tick at which the film ends
   * @returns {PacketScene[]} the scenes that are known of, in order
   */
  settle(latest = MAX_TICK) {
    this.#bringBack(latest);
    this.#firsts = [];
    this.#owners = [];
    /** @type {Map<number, number[]>} */
    const byScene = new Map();
    for (const number of [...this.#plain.keys()].sort((a, b) => a - b)) {
      const { scene, nextNew } = this.#plainOf(number);
      if (nextNew < (this.#firsts.at(-1) ?? 0)) {
        throw new MtorError("its number or the ids of its outlines are taken", this.#named(number));
      }
      this.#firsts.push(nextNew);
      this.#owners.push(number);
      const numbers = byScene.get(scene);
      if (numbers) numbers.push(number);
      else byScene.set(scene, [number]);
    }
    /** @type {PacketScene[]} */
    const scenes = [];
    for (const numbers of byScene.values()) scenes.push(this.#scene(numbers, scenes.at(-1)?.end ?? 0));
    scenes.slice(0, -1).forEach((scene, place) => {
      const { head, numbers } = scenes[place + 1];
      const last = scene.numbers[scene.numbers.length - 1];
      if (!this.#areFragments(last + 1, numbers[0])) scene.end = Math.max(scene.end, head.start);
    });
    return scenes;
  }

  /** @param {number} latest */
  #bringBack(latest) {
    const before = this.#back;
    this.#plain = new Map(this.#heard);
    this.#back = new Map();
    this.fragments.forgetRepaired();
    const sent = (/** @type {number} */ number) => {
      const payload = this.#came.get(number);
      return payload ? { data: payload.data, fragment: this.fragments.has(number) } : null;
    };
    for (const [number, back] of this.#repairs.broughtBack(sent)) this.#takeBack(number, back);
    for (const number of contradictions(this.#plain, (one) => this.#came.has(one), latest)) {
      this.#plain.delete(number);
      this.#back.delete(number);
    }
    // What has come since, or was brought back anew, may define more outlines than what was there before.
    for (const [number, { data }] of before) {
      if (this.#back.get(number)?.data !== data) this.#kept.forget(number);
    }
    this.#bytes = 0;
    for (const number of this.#plain.keys()) this.#bytes += this.#data(number).length;
  }

  /**
   * @param {number} number
   * @param {Repaired} back as good as missing if its plain fields make no sense
   */
  #takeBack(number, back) {
    const payload = new Payload(back.data, this.#named(number));
    try {
      const plain = back.fragment ? readFragmentPlain(payload) : readPacketPlain(payload);
      if (plain.number !== number) return;
      this.#back.set(number, back);
      if ("scene" in plain) this.#plain.set(number, plain);
      else this.fragments.add(plain, back.data, back.whole, true);
    } catch (error) {
      if (!(error instanceof MtorError)) throw error;
    }
  }

  /**
   * @param {number[]} numbers
   * @param {number} earliest tick at which the scene before ends
   * @returns {PacketScene}
   */
  #scene(numbers, earliest) {
    const first = this.#plainOf(numbers[0]);
    let head = null;
    for (const number of numbers) {
      head = this.#head(number, earliest);
      if (head) break;
    }
    if (!head || head.start > first.start) {
      const camera = { dx: 0, dy: 0, scale: 4096, angle: 0 };
      const told = { background: UNTOLD, camera, transition: 0, transition_duration: 0, softness: 0 };
      head = { number: first.scene, start: first.start, ...told };
    }
    let before = head.start;
    for (const number of numbers) {
      const plain = this.#plainOf(number);
      if (plain.start < before) throw new MtorError("is out of order", this.#named(number));
      before = plain.end;
    }
    return { head, numbers, end: before };
  }

  /**
   * @param {number} number
   * @param {number} earliest
   * @returns {SceneStart | null} the scene's head in a packet, if it is there and makes sense
   */
  #head(number, earliest) {
    if (this.#came.has(number)) {
      const known = this.#heads.get(number);
      if (known !== undefined) return known;
      const head = readPacketHead(this.#payload(number), this.tables, true);
      this.#heads.set(number, head);
      return head;
    }
    try {
      const head = readPacketHead(this.#payload(number), this.tables, this.#isWhole(number));
      return head && head.start >= earliest ? head : null;
    } catch (error) {
      if (!(error instanceof MtorError)) throw error;
      return null;
    }
  }

  /**
   * @param {number} number of a packet at hand
   * @param {FindTexture} findTexture
   * @returns {Packet} as much of it as was brought back and makes sense
   */
  read(number, findTexture = () => UNREAD) {
    const payload = this.#payload(number);
    const came = this.#came.has(number);
    if (came || !this.#isWhole(number)) return readPacket(payload, this.tables, findTexture, came);
    try {
      return readPacket(payload, this.tables, findTexture, true);
    } catch (error) {
      if (!(error instanceof MtorError)) throw error;
      return { plain: this.#plainOf(number), head: null, changes: [], outlines: [] };
    }
  }

  /**
   * @param {number} id
   * @returns {Outline | null} null if the packet is missing that has it
   */
  outline(id) {
    if (id < this.series.length) return this.series[id];
    const place = countUpTo(this.#firsts, id) - 1;
    return place < 0 ? null : (this.#outlines(this.#owners[place])[id - this.#firsts[place]] ?? null);
  }

  /** @returns {Outline[]} all outlines that the packets at hand define, by their ids */
  allOutlines() {
    return this.#owners.flatMap((number, place) => {
      const first = this.#firsts[place];
      const next = this.#owners[place + 1];
      const follows = next !== undefined && this.#isWhole(number) && this.#areFragments(number + 1, next);
      const count = follows ? this.#firsts[place + 1] - first : this.#outlines(number).length;
      return Array.from({ length: count }, (_, at) => {
        const outline = this.outline(first + at);
        if (!outline) throw new MtorError(`outline ${first + at} is missing`, this.name);
        return outline;
      });
    });
  }

  /** @param {number} spent bytes decoded for a scene; an error if that is more work than it may make */
  checkSpent(spent) {
    if (spent > DECODES * this.#bytes + FREE_DECODES) {
      throw new MtorError("a scene refers to the dictionary too wildly", this.name);
    }
  }

  /**
   * @param {number} number
   * @param {Outline[]} outlines of a packet that was read
   */
  keep(number, outlines) {
    this.#kept.keep(number, outlines);
  }

  /**
   * @param {number} number
   * @returns {Outline[]}
   */
  #outlines(number) {
    const known = this.#kept.get(number);
    if (known) return known;
    const { outlines } = this.read(number);
    this.decoded += this.#data(number).length;
    this.keep(number, outlines);
    return outlines;
  }

  /**
   * @param {number} start
   * @param {number} end
   * @returns {boolean} whether all numbers from start up to end are those of fragments at hand
   */
  #areFragments(start, end) {
    for (let number = start; number < end; number++) if (!this.fragments.has(number)) return false;
    return true;
  }

  /**
   * @param {number} number
   * @returns {boolean}
   */
  #isWhole(number) {
    return this.#back.get(number)?.whole ?? true;
  }

  /**
   * @param {number} number of a packet at hand
   * @returns {PacketPlain}
   */
  #plainOf(number) {
    return /** @type {PacketPlain} */ (this.#plain.get(number));
  }

  /**
   * @param {number} number at hand
   * @returns {Uint8Array}
   */
  #data(number) {
    const came = this.#came.get(number);
    return came ? came.data : /** @type {Repaired} */ (this.#back.get(number)).data;
  }

  /**
   * @param {number} number at hand
   * @returns {Payload} not touched yet
   */
  #payload(number) {
    return new Payload(this.#data(number), this.#came.get(number)?.where ?? this.#named(number));
  }

  /**
   * @param {number} number
   * @returns {string}
   */
  #named(number) {
    return `${this.name}: packet ${number}`;
  }
}
