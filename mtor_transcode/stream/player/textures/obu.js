// SPDX-License-Identifier: Apache-2.0
/**
 * AV1 in the low-overhead format as far as a player must know it: the data of each shown picture. After the AV1
 * specification, 5.3 (OBU header), 4.10.5 (leb128), 5.5 (sequence header) and 5.9 (the first bits of a frame header).
 */

const SEQUENCE = 1;
const FRAME_HEADER = 3;
const FRAME = 6;

/** A temporal delimiter: containers of textures leave them out, decoders like them. */
const DELIMITER = [0x12, 0x00];

/** Each shown picture's units, in order, with a temporal delimiter in front. @param {Uint8Array} data @returns {Uint8Array[]} */
export function pictures(data) {
  const found = [];
  let begin = 0;
  let shown = false;
  let reduced = false;
  for (const unit of units(data)) {
    if (unit.kind === SEQUENCE) reduced = isReduced(data, unit.payload);
    if (unit.kind === FRAME_HEADER || unit.kind === FRAME) {
      if (shown) {
        found.push(delimited(data.subarray(begin, unit.start)));
        begin = unit.start;
      }
      // show_existing_frame, or show_frame after a frame type of two bits
      shown = reduced || (data[unit.payload] & 0x90) !== 0;
    }
  }
  if (shown) found.push(delimited(data.subarray(begin)));
  return found;
}

/**
 * The codec string of RFC 6381 that WebCodecs wants, from the sequence header.
 * @param {Uint8Array} data
 */
export function codecString(data) {
  for (const unit of units(data)) {
    if (unit.kind !== SEQUENCE) continue;
    const profile = data[unit.payload] >> 5;
    return `av01.${profile}.13M.08`; // level 5.1: software decoders do not ask, and hardware has it
  }
  return "av01.0.13M.08";
}

/** @param {Uint8Array} data */
function* units(data) {
  let place = 0;
  while (place < data.length) {
    const head = data[place];
    let at = place + (head & 0x04 ? 2 : 1);
    let size = 0;
    for (let count = 0; count < 8; count++) {
      const byte = data[at++];
      size += (byte & 0x7f) * 2 ** (7 * count);
      if (!(byte & 0x80)) break;
    }
    if (!(head & 0x02) || at + size > data.length) return;
    yield { kind: (head >> 3) & 15, start: place, payload: at };
    place = at + size;
  }
}

/** Whether a sequence header is that of stills without frame headers' first bits. @param {Uint8Array} data @param {number} payload */
function isReduced(data, payload) {
  return (data[payload] & 0x08) !== 0;
}

/** @param {Uint8Array} part */
function delimited(part) {
  const whole = new Uint8Array(part.length + DELIMITER.length);
  whole.set(DELIMITER);
  whole.set(part, DELIMITER.length);
  return whole;
}
