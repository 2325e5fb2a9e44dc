// SPDX-License-Identifier: Apache-2.0
/** SUBTITLES sections: lines of text (`docs/format.md`, Subtitles). */

import { inflated } from "./inflate.js";
import { MAX_SECTION, MAX_SECTION_LINES, MAX_STEP, MAX_TICK, MAX_TRACKS } from "./limits.js";
import { Payload } from "./payload.js";

/** @import { Subtitle } from "./types.js" */

/**
 * @param {Payload} payload
 * @param {number} tracks how many tracks the header names
 * @returns {Generator<Subtitle>}
 */
export function* readSubtitles(payload, tracks) {
  const form = payload.byte("form");
  if (form > 1) throw payload.damaged("unknown form of subtitles");
  let data = payload.rest();
  if (form) {
    const plain = inflated(data, MAX_SECTION);
    if (!plain) throw payload.damaged("the subtitles do not inflate");
    data = plain;
  }
  const fields = new Payload(data, payload.where);
  let before = 0;
  for (let left = fields.varint(MAX_SECTION_LINES, "number of subtitles"); left > 0; left--) {
    const track = fields.varint(MAX_TRACKS, "subtitle track");
    if (track >= tracks) throw payload.damaged(`subtitle track ${track} does not exist`);
    const start = before + fields.zigzag(MAX_TICK, "time of a subtitle");
    if (start < 0) throw payload.damaged("a subtitle starts before the film");
    const end = start + fields.varint(MAX_STEP, "duration of a subtitle");
    yield { track, start, end, text: fields.text("subtitle") };
    before = start;
  }
}
