// SPDX-License-Identifier: Apache-2.0
/** AUDIO sections: packets of sound (`docs/format.md`, Sound). */

import { base } from "./contexts.js";
import { MAX_SECTION, MAX_SECTION_PACKETS, MAX_SOUND_PACKET, MAX_TICK } from "./limits.js";
import { Contexts, RangeDecoder } from "./range_decoder.js";

/** @import { AudioPacket } from "./types.js" */
/** @import { Tables } from "./contexts.js" */
/** @import { Payload } from "./payload.js" */

const CONTINUOUS = base("sound.continuous");
const SAME_DURATION = base("sound.same_duration");
const DURATION = base("sound.duration");
const GAP = base("sound.gap");
const SIZE = base("sound.size");

/**
 * @param {Payload} payload
 * @param {Tables} tables
 * @returns {Generator<AudioPacket>}
 */
export function* readSound(payload, tables) {
  const told = payload.varint(2 * MAX_SECTION_PACKETS + 1, "number of packets");
  const first = told % 2 ? payload.take(1, "packet") : new Uint8Array(0);
  let pts = payload.zigzag(MAX_TICK, "time of a packet");
  const facts = payload.take(payload.varint(MAX_SECTION, "length"));
  const decoder = new RangeDecoder(facts, new Contexts(tables), payload.where);
  let duration = 0;
  let mean = 0;
  for (let left = told >> 1; left > 0; left--) {
    if (!decoder.bit(CONTINUOUS)) pts += decoder.signed(GAP);
    if (!decoder.bit(SAME_DURATION)) duration = decoder.number(DURATION);
    const size = mean + decoder.signed(SIZE);
    if (size < 0 || size > MAX_SOUND_PACKET || Math.abs(pts) > MAX_TICK) {
      throw payload.damaged("a packet of sound is out of range");
    }
    mean = mean ? (3 * mean + size + 2) >> 2 : size;
    const data = new Uint8Array(first.length + size);
    data.set(first);
    data.set(payload.take(size, "packet of sound"), first.length);
    yield { pts, duration, data };
    pts += duration;
  }
}
