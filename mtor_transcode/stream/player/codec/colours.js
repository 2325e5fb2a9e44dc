// SPDX-License-Identifier: Apache-2.0
/** Colours: their differences, and the palette of those used last (`docs/format.md`, Binarisations, Paints). */

import { base, NUMBER } from "./contexts.js";
import { FIRST_GRID, gridOf } from "./field.js";
import { FIRST_RINGS } from "./radial.js";
import { bitLength } from "./range_decoder.js";

/** @import { Grid } from "./field.js" */
/** @import { Rings } from "./radial.js" */
/** @import { Border, Colour, Fill } from "./types.js" */
/** @import { RangeDecoder } from "./range_decoder.js" */

const HIT = base("paint.hit");
const RANK = base("paint.rank");
const COLOUR = base("paint.colour");

const REMEMBERED = 24;
/** @type {Colour} */
const GREY = [128, 128, 128];

/**
 * @param {Colour} a
 * @param {Colour} b
 * @returns {boolean}
 */
export function sameColour(a, b) {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
}

/**
 * @param {Border | null} a
 * @param {Border | null} b
 * @returns {boolean}
 */
export function sameBorder(a, b) {
  if (a === b) return true;
  return !!a && !!b && a.width === b.width && a.sharp === b.sharp && sameColour(a.colour, b.colour);
}

/**
 * @param {RangeDecoder} decoder
 * @param {number} group first of its 335 contexts
 * @param {Colour} other
 * @returns {Colour} what differs from `other` as told
 */
export function readDifference(decoder, group, other) {
  /** @type {Colour} */
  const colour = [0, 0, 0];
  let before = 0;
  for (let channel = 0; channel < 3; channel++) {
    const size = bitLength(Math.abs(before));
    let known = 0;
    if (channel === 1) known = 1 + Math.min(size >> 1, 2);
    else if (channel === 2) known = 4 + Math.min(size, 3);
    const sign = channel ? 3 * channel - 1 + Math.sign(before) : 0;
    before = decoder.split(group + known, group + 8 + sign, group + 15 + NUMBER * known);
    const code = other[channel] + before;
    if (code < 0 || code > 255) throw decoder.damaged("a colour is out of range");
    colour[channel] = code;
  }
  return colour;
}

/** What is known of the paints so far. */
export class PaintMemory {
  constructor() {
    /** @type {Colour[]} */
    this.palette = [];
    this.gradient = 0;
    this.angle = 0;
    this.bordered = 0;
    /** @type {Border | null} */
    this.border = null;
    /** Whether the last gradient was a radial one. */
    this.radial = 0;
    /** Where the last radial gradient lay: x, y, rx, ry, inner. @type {Rings} */
    this.rings = FIRST_RINGS;
    /** Whether the last gradient was a shading field. */
    this.field = 0;
    /** The levels of the last shading field. @type {Grid} */
    this.grid = FIRST_GRID;
  }

  /** @param {Fill} paint goes on after it; a texture changes nothing */
  add(paint) {
    if (paint.kind === "TexturePaint") return;
    this.bordered = paint.border ? 1 : 0;
    if (paint.border && !sameBorder(paint.border, this.border)) {
      this.border = paint.border;
      this.#remember(paint.border.colour);
    }
    this.#remember(paint.kind === "Solid" ? paint.colour : paint.first);
    this.gradient = paint.kind === "Solid" ? 0 : 1;
    if (paint.kind === "Solid") return;
    this.radial = paint.kind === "RadialGradient" ? 1 : 0;
    this.field = paint.kind === "ShadingField" ? 1 : 0;
    if (paint.kind === "ShadingField") this.grid = gridOf(paint);
    else if (paint.kind === "RadialGradient") this.rings = [paint.x, paint.y, paint.rx, paint.ry, paint.inner];
    else this.angle = paint.angle;
  }

  /** @param {Colour} colour */
  #remember(colour) {
    const { palette } = this;
    let place = 0;
    while (place < palette.length && !sameColour(palette[place], colour)) place += 1;
    if (place === REMEMBERED) place -= 1;
    // What was before it moves back by one; the last of too many falls out.
    for (; place > 0; place--) palette[place] = palette[place - 1];
    palette[0] = colour;
  }

  /**
   * @param {RangeDecoder} decoder
   * @param {0 | 1} gradient whether it is a gradient's
   * @returns {Colour}
   */
  readColour(decoder, gradient) {
    const { palette } = this;
    if (palette.length && decoder.bit(HIT + gradient)) {
      const rank = decoder.number(RANK);
      if (rank >= palette.length) throw decoder.damaged("a colour is not in the palette");
      return palette[rank];
    }
    return readDifference(decoder, COLOUR, palette.length ? palette[0] : GREY);
  }
}
