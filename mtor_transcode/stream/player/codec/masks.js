// SPDX-License-Identifier: Apache-2.0
/** Coverage masks, cell by cell, alone or by one that is alike (`docs/format.md`, Masks). */

import { base, SIGNED } from "./contexts.js";
import { MAX_LEVELS, MAX_MASK_SIDE } from "./limits.js";
import { bitLength } from "./range_decoder.js";

/** @import { Mask } from "./types.js" */
/** @import { RangeDecoder } from "./range_decoder.js" */

const LIKE = base("mask.like");
const LIKE_BACK = base("mask.like_back");
const SIZE = base("mask.size");
const CHANGE = base("mask.change");
const SAME_LEVELS = base("mask.same_levels");
const LEVELS = base("mask.levels");
const SOME = base("mask.some");
const FULL = base("mask.full");
const MIDDLE = base("mask.middle");
const LIKE_SOME = base("mask.like_some");
const LIKE_FULL = base("mask.like_full");
const LIKE_MIDDLE = base("mask.like_middle");

const SIDE_BITS = 6;
const LEVEL_BITS = 4;
/** Empty cells around a mask where its neighbours are asked for. */
const EDGE = 2;

/**
 * Another mask to code by, and the cell of the new one where its lower left cell lies, from that one's own.
 *
 * @typedef {{old: Mask, right: number, up: number}} Like
 */

/**
 * @param {RangeDecoder} decoder
 * @param {Mask[]} masks those of the section so far
 * @returns {Mask}
 */
export function readMask(decoder, masks) {
  /** @type {Like | null} */
  let like = null;
  let width;
  let height;
  if (masks.length && decoder.bit(LIKE)) {
    const back = decoder.number(LIKE_BACK) + 1;
    if (back > masks.length) throw decoder.damaged("a mask is like one that does not exist");
    const old = masks[masks.length - back];
    width = old.width + decoder.signed(CHANGE);
    height = old.height + decoder.signed(CHANGE + SIGNED);
    const right = decoder.signed(CHANGE + 2 * SIGNED);
    const up = decoder.signed(CHANGE + 3 * SIGNED);
    if (width < 1 || width > MAX_MASK_SIDE || height < 1 || height > MAX_MASK_SIDE) {
      throw decoder.damaged("the size of a mask is out of range");
    }
    if (Math.max(Math.abs(right), Math.abs(up)) > MAX_MASK_SIDE) {
      throw decoder.damaged("a mask is like one that is too far away");
    }
    like = { old, right, up };
  } else {
    width = decoder.tree(SIZE, SIDE_BITS) + 1;
    height = decoder.tree(SIZE + 63, SIDE_BITS) + 1;
  }
  const same = masks.length && decoder.bit(SAME_LEVELS);
  const levels = same ? masks[masks.length - 1].levels : decoder.tree(LEVELS, LEVEL_BITS);
  if (levels < 1 || levels > MAX_LEVELS) throw decoder.damaged("a mask has no levels");
  return { kind: "Mask", width, height, levels, values: readValues(decoder, width, height, levels, like), colours: [] };
}

/**
 * @param {RangeDecoder} decoder
 * @param {number} width
 * @param {number} height
 * @param {number} levels
 * @param {Like | null} like
 * @returns {Uint8Array}
 */
function readValues(decoder, width, height, levels, like) {
  const values = new Uint8Array(width * height);
  const stride = width + 2 * EDGE;
  // Two empty rows above the first one.
  const classes = new Uint8Array(stride * (height + EDGE));
  const laid = like ? laidBelow(like, width, height) : null;
  const cell = new Cell(decoder, classes, stride, levels);
  for (let row = 0, place = 0; row < height; row++) {
    for (let column = 0; column < width; column++, place++) {
      const at = (row + EDGE) * stride + column + EDGE;
      const value = laid ? cell.readLike(at, laid) : cell.read(at);
      classes[at] = classOf(value, levels);
      values[place] = value;
    }
  }
  return values;
}

/** Reads cells, in contexts that the classes of the cells around them choose. */
class Cell {
  /**
   * @param {RangeDecoder} decoder
   * @param {Uint8Array} classes of the cells so far
   * @param {number} stride of their rows
   * @param {number} levels
   */
  constructor(decoder, classes, stride, levels) {
    this.decoder = decoder;
    this.classes = classes;
    this.stride = stride;
    this.levels = levels;
    this.bits = bitLength(Math.max(0, levels - 2));
  }

  /**
   * @param {number} at
   * @returns {number} its value
   */
  read(at) {
    const { classes, stride } = this;
    const left = classes[at - 1];
    const up = classes[at - stride];
    const near = 27 * left + 9 * up + 3 * classes[at - stride + 1] + classes[at - stride - 1];
    const far = 2 * Math.min(classes[at - 2], 1) + Math.min(classes[at - 2 * stride], 1);
    return this.#value(SOME + 4 * near + far, FULL + near, MIDDLE + 15 * ((left + up + 1) >> 1));
  }

  /**
   * @param {number} at
   * @param {Uint8Array} laid the old mask's classes, as `laidBelow` gives them
   * @returns {number} its value
   */
  readLike(at, laid) {
    const { classes, stride } = this;
    // The old mask has one row above the first, not two.
    const old = at - stride;
    const around = 9 * laid[old] + 3 * laid[old - 1] + laid[old + 1];
    const near = 81 * classes[at - 1] + 27 * classes[at - stride] + around;
    const far = Math.min(laid[old - stride], 1) + Math.min(laid[old + stride], 1);
    return this.#value(LIKE_SOME + 3 * near + far, LIKE_FULL + near, LIKE_MIDDLE + 15 * laid[old]);
  }

  /**
   * @param {number} some context of "more than empty"
   * @param {number} full context of "full"
   * @param {number} middle first context of the tree of the others
   * @returns {number}
   */
  #value(some, full, middle) {
    const { decoder, levels } = this;
    if (!decoder.bit(some)) return 0;
    if (levels === 1 || decoder.bit(full)) return levels;
    const value = levels > 2 ? 1 + decoder.tree(middle, this.bits) : 1;
    if (value >= levels) throw decoder.damaged("a cell of a mask is out of range");
    return value;
  }
}

/**
 * @param {number} value
 * @param {number} levels
 * @returns {number} 0 empty, 1 between, 2 full
 */
function classOf(value, levels) {
  if (value === 0) return 0;
  return value === levels ? 2 : 1;
}

/**
 * @param {Like} like
 * @param {number} width
 * @param {number} height
 * @returns {Uint8Array} the classes of an old mask in the grid of a new one, with a row more at the top and the bottom
 */
function laidBelow({ old, right, up }, width, height) {
  const stride = width + 2 * EDGE;
  const laid = new Uint8Array(stride * (height + 2));
  for (let y = 0; y < old.height; y++) {
    const row = y - old.height + height - up + 1;
    if (row < 0 || row >= height + 2) continue;
    for (let x = 0; x < old.width; x++) {
      const column = x + right + EDGE;
      if (column >= 0 && column < stride) {
        laid[row * stride + column] = classOf(old.values[y * old.width + x], old.levels);
      }
    }
  }
  return laid;
}
