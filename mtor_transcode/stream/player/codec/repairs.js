// SPDX-License-Identifier: Apache-2.0
/** REPAIR sections: what brings back lost packets of a group (`docs/format.md`, Packets, Repairs). */

import { recovered } from "./erasure.js";
import { MAX_GROUP, MAX_PACKET_BYTES, MAX_PACKETS, MAX_REPAIR_BYTES, MAX_REPAIRS } from "./limits.js";

/** @import { Payload } from "./payload.js" */
/** @import { PacketPlain } from "./packets.js" */

/** Bytes in front of a payload, in its block, that tell its length. */
const LENGTH = 3;
/** Added to the length of a fragment. */
const FRAGMENT = 1 << 23;

/** @typedef {{first: number, count: number, index: number, data: Uint8Array}} Repair */
/** @typedef {{data: Uint8Array, fragment: boolean}} Sent the payload of a packet or fragment */
/** @typedef {{data: Uint8Array, fragment: boolean, whole: boolean}} Repaired if it is not whole, its beginning */

/**
 * @param {Payload} payload
 * @returns {Repair}
 */
export function readRepair(payload) {
  const first = payload.varint(MAX_PACKETS, "number of a packet");
  const [count, index] = payload.take(2, "repair");
  const data = payload.rest();
  if (!count || count > MAX_GROUP || index >= MAX_REPAIRS || data.length > MAX_REPAIR_BYTES) {
    throw payload.damaged(`repair ${index} of ${count} packets has ${data.length} bytes`);
  }
  return { first, count, index, data };
}

/**
 * The repairs of a group, and what they brought back of the packets that were missing then (by their places).
 *
 * @typedef {{repairs: Repair[], missing: string, back: Map<number, Repaired>}} Group
 */

/** The repairs of a film by their groups. */
export class Repairs {
  /** @type {Map<string, Group>} */
  #groups = new Map();

  /** @param {Repair} repair */
  add(repair) {
    const key = `${repair.first} ${repair.count}`;
    const group = this.#groups.get(key);
    if (group) group.repairs.push(repair);
    this.#groups.set(key, { repairs: group?.repairs ?? [repair], missing: "", back: new Map() });
  }

  /**
   * @param {(number: number) => Sent | null} sent what came under a number
   * @returns {Map<number, Repaired>} what groups with enough repairs bring back; of groups that overlap, the first counts
   */
  broughtBack(sent) {
    /** @type {Map<number, Repaired>} */
    const back = new Map();
    /** @type {Set<number>} */
    const done = new Set();
    for (const group of this.#groups.values()) {
      const { first, count } = group.repairs[0];
      const numbers = Array.from({ length: count }, (_, place) => first + place);
      const found = numbers.map(sent);
      const missing = numbers.filter((_, place) => !found[place]);
      if (!missing.length || missing.length > group.repairs.length || numbers.some((number) => done.has(number))) continue;
      for (const number of numbers) done.add(number);
      if (group.missing !== missing.join()) {
        group.missing = missing.join();
        group.back = repaired(found, group.repairs);
      }
      for (const [place, one] of group.back) back.set(first + place, one);
    }
    return back;
  }
}

/**
 * @param {(Sent | null)[]} found the group's payloads, null where one is missing
 * @param {Repair[]} group its repairs; those of different lengths do as far as the shortest one that is needed
 * @returns {Map<number, Repaired>} by place
 */
function repaired(found, group) {
  const missing = found.filter((one) => !one).length;
  const byIndex = new Map(group.map(({ index, data }) => [index, data]));
  const longest = [...byIndex].sort(([, a], [, b]) => b.length - a.length).slice(0, missing);
  const length = Math.min(...longest.map(([, data]) => data.length));
  if (length < LENGTH) return new Map();
  const repairs = new Map(longest.map(([index, data]) => [index, data.subarray(0, length)]));
  const made = recovered(found.map((one) => one && blockOf(one, length)), repairs);
  const back = [...(made ?? [])].map(([place, block]) => /** @type {[number, Repaired]} */ ([place, fromBlock(block)]));
  return new Map(back);
}

/**
 * @param {Sent} sent
 * @param {number} length bytes of the block that are needed
 * @returns {Uint8Array}
 */
function blockOf({ data, fragment }, length) {
  const told = data.length | (fragment ? FRAGMENT : 0);
  const block = new Uint8Array(length);
  block.set([told >> 16, (told >> 8) & 0xff, told & 0xff]);
  block.set(data.subarray(0, length - LENGTH), LENGTH);
  return block;
}

/**
 * @param {Uint8Array} block
 * @returns {Repaired}
 */
function fromBlock(block) {
  const told = (block[0] << 16) | (block[1] << 8) | block[2];
  const size = told & MAX_PACKET_BYTES;
  const data = block.subarray(LENGTH, LENGTH + size);
  return { data, fragment: (told & FRAGMENT) !== 0, whole: data.length === size };
}

/**
 * @param {Map<number, PacketPlain>} packets by their numbers
 * @param {(number: number) => boolean} came whether it was not brought back
 * @param {number} latest tick at which the film ends
 * @returns {number[]} those brought back that contradict the ones that came: a repair of theirs was wrong
 */
export function contradictions(packets, came, latest) {
  const plains = [...packets.values()].sort((a, b) => a.number - b.number);
  /** For each packet the next one after it that came. @type {(PacketPlain | null)[]} */
  const after = [];
  for (let place = plains.length - 1, next = null; place >= 0; place--) {
    after[place] = next;
    if (came(plains[place].number)) next = plains[place];
  }
  /** @type {number[]} */
  const wrong = [];
  /** @type {PacketPlain | null} */
  let before = null;
  plains.forEach((plain, place) => {
    const next = after[place];
    const fits = (!before || follows(before, plain)) && (!next || follows(plain, next)) && plain.end <= latest;
    if (fits || came(plain.number)) before = plain;
    else wrong.push(plain.number);
  });
  return wrong;
}

/**
 * @param {PacketPlain} one
 * @param {PacketPlain} other of a higher number
 * @returns {boolean}
 */
function follows(one, other) {
  return one.scene <= other.scene && one.end <= other.start && one.nextNew <= other.nextNew;
}
