// SPDX-License-Identifier: Apache-2.0
/** AV1 as far as a container must know it: units, shown pictures, their size (AV1 specification, 5.3, 5.5, 5.9). */

import { MtorError } from "./errors.js";
import { MAX_PICTURES } from "./limits.js";

const SEQUENCE = 1;
const FRAME_HEADER = 3;
const TILE_GROUP = 4;
const FRAME = 6;
const LEB128 = 8;

/**
 * An OBU: its type, where it starts and ends in the data, where its payload begins.
 *
 * @typedef {{kind: number, start: number, payload: number, end: number}} Unit
 */

/**
 * @typedef {object} Stream
 * @property {number} width largest picture, px
 * @property {number} height
 * @property {{start: number, end: number}[]} pictures the units of each shown picture
 * @property {number} frames coded, shown or not
 */

/** The bits of some bytes, the highest first. */
class Bits {
  #place = 0;

  /** @param {Uint8Array} data */
  constructor(data) {
    this.data = data;
  }

  /**
   * @param {number} count at most 32
   * @returns {number}
   */
  take(count) {
    let value = 0;
    for (let left = count; left > 0; left--) {
      const byte = this.data[this.#place >> 3];
      if (byte === undefined) throw new MtorError("a sequence header of AV1 ends too early");
      value = value * 2 + ((byte >> (7 - (this.#place & 7))) & 1);
      this.#place += 1;
    }
    return value;
  }

  /** Skips a number in Exp-Golomb form. */
  skipUvlc() {
    let zeros = 0;
    while (!this.take(1)) zeros += 1;
    if (zeros < 32) this.take(zeros);
  }
}

/**
 * @param {Uint8Array} data
 * @returns {Generator<Unit>} all units, which must have a size
 */
function* unitsOf(data) {
  let place = 0;
  while (place < data.length) {
    const head = data[place];
    if (head & 0x80 || !(head & 0x02)) throw new MtorError("an OBU of AV1 has no size");
    let payload = head & 0x04 ? place + 2 : place + 1;
    let size = 0;
    for (let count = 0; count < LEB128; count++) {
      if (payload >= data.length) throw new MtorError("an OBU of AV1 ends too early");
      const byte = data[payload++];
      size += (byte & 0x7f) * 128 ** count;
      if (byte < 0x80) break;
    }
    if (payload + size > data.length) throw new MtorError("an OBU of AV1 ends too early");
    yield { kind: (head >> 3) & 15, start: place, payload, end: payload + size };
    place = payload + size;
  }
}

/**
 * @param {Bits} bits behind them: timing and operating points
 */
function skipOperatingPoints(bits) {
  let model = 0;
  let delays = 0;
  if (bits.take(1)) {
    bits.take(32);
    bits.take(32);
    if (bits.take(1)) bits.skipUvlc();
    model = bits.take(1);
    if (model) {
      delays = bits.take(5) + 1;
      bits.take(32);
      bits.take(10);
    }
  }
  const display = bits.take(1);
  for (let left = bits.take(5) + 1; left > 0; left--) {
    bits.take(12);
    if (bits.take(5) > 7) bits.take(1);
    if (model && bits.take(1)) {
      bits.take(delays);
      bits.take(delays);
      bits.take(1);
    }
    if (display && bits.take(1)) bits.take(4);
  }
}

/** @param {Bits} bits behind them: which coding tools a sequence uses */
function skipTools(bits) {
  bits.take(4);
  const ordered = bits.take(1);
  if (ordered) bits.take(2);
  const forced = bits.take(1) || bits.take(1);
  if (forced && !bits.take(1)) bits.take(1);
  if (ordered) bits.take(3);
}

/**
 * @param {Uint8Array} data of a sequence header
 * @returns {{width: number, height: number, plain: boolean, reduced: boolean}} plain: 8 bits, 4:2:0
 */
function readSequence(data) {
  const bits = new Bits(data);
  const profile = bits.take(3);
  bits.take(1);
  const reduced = bits.take(1) === 1;
  if (reduced) bits.take(5);
  else skipOperatingPoints(bits);
  const across = bits.take(4) + 1;
  const down = bits.take(4) + 1;
  const width = bits.take(across) + 1;
  const height = bits.take(down) + 1;
  if (!reduced && bits.take(1)) bits.take(7);
  bits.take(3);
  if (!reduced) skipTools(bits);
  bits.take(3);
  const deep = bits.take(1);
  const mono = bits.take(1);
  return { width, height, plain: profile === 0 && !deep && !mono, reduced };
}

/**
 * @param {Uint8Array} data
 * @param {Unit} unit a frame or frame header
 * @param {boolean} reduced whether the sequence is of still pictures
 * @returns {boolean}
 */
function isShown(data, unit, reduced) {
  if (reduced) return true;
  if (unit.payload >= unit.end) throw new MtorError("a frame of AV1 is empty");
  return (data[unit.payload] & 0x90) !== 0;
}

/**
 * @param {Uint8Array} data
 * @param {Unit} first
 * @returns {{width: number, height: number, reduced: boolean}}
 */
function readPlainSequence(data, first) {
  const sequence = first.kind === SEQUENCE ? readSequence(data.subarray(first.payload, first.end)) : null;
  if (!sequence?.plain) throw new MtorError("a texture does not begin with a sequence of 8 bits, 4:2:0");
  return sequence;
}

/**
 * @param {Uint8Array} data
 * @returns {Stream} what a texture's AV1 says of itself
 */
export function readStream(data) {
  /** @type {{width: number, height: number, reduced: boolean} | null} */
  let sequence = null;
  const pictures = [];
  let frames = 0;
  let start = 0;
  let shown = false;
  // One unit at a time: there may be a million of two bytes each.
  for (const unit of unitsOf(data)) {
    if (!sequence) {
      sequence = readPlainSequence(data, unit);
      continue;
    }
    if (![FRAME_HEADER, TILE_GROUP, FRAME].includes(unit.kind)) {
      throw new MtorError("a texture is not one sequence of AV1");
    }
    if (unit.kind === TILE_GROUP) continue;
    frames += 1;
    if (shown) {
      if (pictures.length > MAX_PICTURES) throw new MtorError(`a texture's AV1 shows more than ${MAX_PICTURES} pictures`);
      pictures.push({ start, end: unit.start });
      start = unit.start;
    }
    shown = isShown(data, unit, sequence.reduced);
  }
  if (!sequence) throw new MtorError("a texture has no AV1");
  if (!shown) throw new MtorError("a texture ends with a picture that is not shown");
  pictures.push({ start, end: data.length });
  return { width: sequence.width, height: sequence.height, pictures, frames };
}

/**
 * @param {Uint8Array} data a texture whose end is missing
 * @returns {Uint8Array} its whole pictures, none if there are none
 */
export function beginningOf(data) {
  let whole = 0;
  let shown = false;
  let reduced = false;
  try {
    for (const unit of unitsOf(data)) {
      if (unit.kind === SEQUENCE) reduced = readSequence(data.subarray(unit.payload, unit.end)).reduced;
      if (unit.kind === FRAME_HEADER || unit.kind === FRAME) {
        if (shown) whole = unit.start;
        shown = isShown(data, unit, reduced);
      }
    }
  } catch (error) {
    if (!(error instanceof MtorError)) throw error;
  }
  return data.subarray(0, whole);
}
