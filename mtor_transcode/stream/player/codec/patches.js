// SPDX-License-Identifier: Apache-2.0
/** Palette patches: masks whose cells have colours (`docs/format.md`, Palette patches). */

import { readDifference, sameColour } from "./colours.js";
import { base } from "./contexts.js";

/** @import { Colour, Mask } from "./types.js" */
/** @import { RangeDecoder } from "./range_decoder.js" */

const SIZE = base("patch.size");
const COUNT = base("patch.count");
const HIT = base("patch.hit");
const RANK = base("patch.rank");
const COLOUR = base("patch.colour");
const SAME = base("patch.same");
const OTHER = base("patch.other");

const SIDE_BITS = 6;
const COUNT_BITS = 3;
const REMEMBERED = 24;
/** @type {Colour} */
const GREY = [128, 128, 128];
const PATTERNS = 96;
/** Empty cells around a patch where its neighbours are asked for. */
const EDGE = 2;

/**
 * Moves a colour to the front of a palette, once only; the last of too many is dropped.
 *
 * @param {Colour[]} palette is changed
 * @param {Colour} colour
 */
export function remember(palette, colour) {
  const place = palette.findIndex((other) => sameColour(other, colour));
  if (place >= 0) palette.splice(place, 1);
  palette.unshift(colour);
  palette.length = Math.min(palette.length, REMEMBERED);
}

/**
 * @param {RangeDecoder} decoder
 * @param {Colour[]} palette colours of the section's patches so far; it is not changed
 * @returns {Mask}
 */
export function readPatch(decoder, palette) {
  const width = decoder.tree(SIZE, SIDE_BITS) + 1;
  const height = decoder.tree(SIZE + 63, SIDE_BITS) + 1;
  const levels = decoder.tree(COUNT, COUNT_BITS) + 1;
  const known = palette.slice();
  /** @type {Colour[]} */
  const colours = [];
  for (let number = 0; number < levels; number++) {
    const colour = readColour(decoder, known);
    colours.push(colour);
    remember(known, colour);
  }
  return { kind: "Mask", width, height, levels, values: readValues(decoder, width, height, levels), colours };
}

/**
 * @param {RangeDecoder} decoder
 * @param {Colour[]} known
 * @returns {Colour}
 */
function readColour(decoder, known) {
  if (known.length && decoder.bit(HIT)) {
    const rank = decoder.number(RANK);
    if (rank >= known.length) throw decoder.damaged("a colour is not in the palette");
    return known[rank];
  }
  return readDifference(decoder, COLOUR, known.length ? known[0] : GREY);
}

/**
 * @param {RangeDecoder} decoder
 * @param {number} width
 * @param {number} height
 * @param {number} most the largest value
 * @returns {Uint8Array}
 */
function readValues(decoder, width, height, most) {
  const values = new Uint8Array(width * height);
  const stride = width + 2 * EDGE;
  const cells = new Uint8Array(stride * (height + EDGE));
  for (let row = 0, place = 0; row < height; row++) {
    for (let column = 0; column < width; column++, place++) {
      const at = (row + EDGE) * stride + column + EDGE;
      cells[at] = values[place] = readCell(decoder, cells, at, stride, most);
    }
  }
  return values;
}

/**
 * @param {RangeDecoder} decoder
 * @param {Uint8Array} cells those so far, with empty ones around
 * @param {number} at
 * @param {number} stride
 * @param {number} most the largest value
 * @returns {number}
 */
function readCell(decoder, cells, at, stride, most) {
  const [left, up, right, before] = [cells[at - 1], cells[at - stride], cells[at - stride + 1], cells[at - stride - 1]];
  let pattern = up === left ? 0 : 3;
  if (before !== left) pattern += before === up ? 1 : 2;
  pattern *= 4;
  if (right !== left) pattern += right === up ? 1 : right === before ? 2 : 3;
  const far = (cells[at - 2] === left ? 2 : 0) + (cells[at - 2 * stride] === up ? 1 : 0);
  const context = SAME + 4 * pattern + far;
  let asked = 0;
  /** Bits of the values that it is not. */
  let not = 0;
  for (const value of [left, up, right, before]) {
    if (not & (1 << value)) continue;
    if (asked === most || decoder.bit(context + PATTERNS * asked)) return value;
    not |= 1 << value;
    asked += 1;
  }
  let last = -1;
  for (let value = 0, place = 0; value <= most; value++) {
    if (not & (1 << value)) continue;
    if (last >= 0 && decoder.bit(OTHER + place++)) return last;
    last = value;
  }
  return last;
}
