// SPDX-License-Identifier: Apache-2.0
/** Outlines as DICT sections and packets have them (`docs/format.md`, Outlines). */

import { readContour } from "./contours.js";
import { base, SIGNED } from "./contexts.js";
import { CELLS_PER_NODE, MAX_CONTOURS, MAX_COORDINATE, MAX_NODES, MAX_SECTION_NODES, NODES_PER_BYTE } from "./limits.js";
import { readMask } from "./masks.js";
import { readPatch, remember } from "./patches.js";
import { bitLength } from "./range_decoder.js";

/** @import { Colour, Contour, Mask, Outline, Point, Vector } from "./types.js" */
/** @import { RangeDecoder } from "./range_decoder.js" */

const IS_MASK = base("mask.is");
const IS_PATCH = base("patch.is");
const LIKE = base("outline.like");
const LIKE_BACK = base("outline.like_back");
const STROKED = base("outline.stroked");
const WIDTH = base("outline.width");
const SAME_GRID = base("outline.same_grid");
const GRID = base("outline.grid");
const CONTOURS = base("outline.contours");
const FIRST = base("outline.first");
const CHANGE = base("outline.change");

const MASK_GRID = 4;
const MAX_GRID = 7;
const TOO_MANY = "outlines have too many nodes";

/** Stands for an outline that is missing. @type {Vector} */
export const NOTHING = Object.freeze({ kind: "Outline", contours: [], stroke_width: 0 });

/** An outline that knows its grid once it was asked for it. @implements {Vector} */
class Chains {
  /** @type {"Outline"} */
  kind = "Outline";
  #grid = -1;

  /**
   * @param {Contour[]} contours
   * @param {number} stroke_width
   */
  constructor(contours, stroke_width) {
    this.contours = contours;
    this.stroke_width = stroke_width;
  }

  /** @returns {number} */
  static gridOf(/** @type {Vector} */ outline) {
    if (!(#grid in outline)) return coarsest(outline.contours);
    if (outline.#grid < 0) outline.#grid = coarsest(outline.contours);
    return outline.#grid;
  }
}

/**
 * @param {Contour[]} contours
 * @returns {number}
 */
function coarsest(contours) {
  let every = 1 << MAX_GRID;
  for (const { points } of contours) {
    for (let place = 0; place < points.length; place++) every |= points[place][0] | points[place][1];
  }
  return bitLength(every & -every) - 1;
}

/**
 * @param {Outline} outline
 * @returns {number} the largest g of 0 .. 7 such that all coordinates are multiples of 2^g; 4 for a mask
 */
export function gridOf(outline) {
  return outline.kind === "Mask" ? MASK_GRID : Chains.gridOf(outline);
}

/**
 * @param {Outline} outline
 * @returns {number} what it counts where nodes are counted
 */
export function nodeCount(outline) {
  if (outline.kind === "Mask") return Math.ceil((outline.width * outline.height) / CELLS_PER_NODE);
  return outline.contours.reduce((sum, contour) => sum + contour.points.length, 0);
}

/**
 * @param {Outline[]} outlines
 * @returns {number} of all their nodes
 */
export function nodesOf(outlines) {
  return outlines.reduce((sum, outline) => sum + nodeCount(outline), 0);
}

/**
 * @param {Outline} outline
 * @returns {string} equal for equal outlines
 */
export function outlineKey(outline) {
  if (outline.kind === "Mask") return `${outline.width} ${outline.levels} ${outline.values} ${outline.colours}`;
  return JSON.stringify([outline.stroke_width, outline.contours]);
}

/**
 * @param {Outline} a
 * @param {Outline} b
 * @returns {boolean}
 */
export function sameOutline(a, b) {
  return a === b || outlineKey(a) === outlineKey(b);
}

/** What the outlines of one section know of each other. */
export class OutlineSection {
  constructor() {
    /** @type {Outline[]} */
    this.outlines = [];
    /** @type {Mask[]} */
    this.masks = [];
    /** Of the patches, the last used first. @type {Colour[]} */
    this.palette = [];
    this.grid = 0;
    this.strokeWidth = 0;
    this.wasMask = 0;
    this.wasPatch = 0;
  }

  /**
   * Goes on to the next outline.
   *
   * @param {Outline} outline
   * @param {number} grid that it was coded on
   */
  add(outline, grid) {
    this.outlines.push(outline);
    this.wasMask = outline.kind === "Mask" ? 1 : 0;
    if (outline.kind === "Mask") {
      this.wasPatch = outline.colours.length ? 1 : 0;
      for (const colour of outline.colours) remember(this.palette, colour);
      if (!outline.colours.length) this.masks.push(outline);
      return;
    }
    this.grid = grid;
    if (outline.stroke_width) this.strokeWidth = outline.stroke_width;
  }
}

/**
 * @param {RangeDecoder} decoder
 * @param {number} count
 * @param {number} size bytes of entropy-coded data
 * @returns {Outline[]} those of a DICT section
 */
export function readOutlines(decoder, count, size) {
  const section = new OutlineSection();
  let left = Math.min(MAX_SECTION_NODES, NODES_PER_BYTE * size);
  for (let number = 0; number < count; number++) {
    const { outline, grid } = readOutline(decoder, section, left);
    left -= nodeCount(outline);
    section.add(outline, grid);
  }
  return section.outlines;
}

/**
 * @param {RangeDecoder} decoder
 * @param {OutlineSection} section is not changed
 * @param {number} most nodes
 * @returns {{outline: Outline, grid: number}}
 */
export function readOutline(decoder, section, most) {
  if (decoder.bit(IS_MASK + section.wasMask)) {
    const coloured = decoder.bit(IS_PATCH + section.wasPatch);
    const mask = coloured ? readPatch(decoder, section.palette) : readMask(decoder, section.masks);
    if (nodeCount(mask) > most) throw decoder.damaged(TOO_MANY);
    return { outline: mask, grid: MASK_GRID };
  }
  const like = section.outlines.length > 0 && decoder.bit(LIKE);
  const grid = decoder.bit(SAME_GRID) ? section.grid : decoder.tree(GRID, 3);
  const outline = like ? readChange(decoder, section, grid, most) : readAfresh(decoder, section, grid, most);
  centre(decoder, outline, grid);
  return { outline, grid };
}

/**
 * @param {RangeDecoder} decoder
 * @param {OutlineSection} section
 * @param {number} grid
 * @param {number} most nodes
 * @returns {Vector}
 */
function readAfresh(decoder, section, grid, most) {
  let stroke_width = 0;
  const stroked = decoder.bit(STROKED);
  if (stroked) {
    stroke_width = decoder.bit(STROKED + 1) ? section.strokeWidth : decoder.number(WIDTH) + 1;
    if (stroke_width < 1 || stroke_width > MAX_COORDINATE) {
      throw decoder.damaged("the width of a stroke is out of range");
    }
  }
  const told = decoder.number(CONTOURS);
  const count = told < 2 ? 1 - told : told;
  if (count > MAX_CONTOURS) throw decoder.damaged("an outline has too many contours");
  /** @type {Contour[]} */
  const contours = [];
  let left = Math.min(most, MAX_NODES);
  const unit = 1 << grid;
  for (let number = 0; number < count; number++) {
    const x = number ? decoder.signed(FIRST) : 0;
    const y = number ? decoder.signed(FIRST + SIGNED) : 0;
    const contour = readContour(decoder, [x * unit, y * unit], stroked, unit, left);
    left -= contour.points.length;
    if (left < 0) throw decoder.damaged(TOO_MANY);
    contours.push(contour);
  }
  return new Chains(contours, stroke_width);
}

/**
 * @param {RangeDecoder} decoder
 * @param {OutlineSection} section
 * @param {number} grid
 * @param {number} most nodes
 * @returns {Vector} an older outline with other points
 */
function readChange(decoder, section, grid, most) {
  const back = decoder.number(LIKE_BACK) + 1;
  if (back > section.outlines.length) throw decoder.damaged("an outline is like one that does not exist");
  const old = section.outlines[section.outlines.length - back];
  if (old.kind === "Mask") throw decoder.damaged("an outline is like a mask");
  if (nodeCount(old) > most) throw decoder.damaged(TOO_MANY);
  const unit = 1 << Math.min(grid, gridOf(old));
  const first = old.contours.length ? old.contours[0].points[0] : [0, 0];
  let mx = -first[0];
  let my = -first[1];
  let classX = 0;
  let classY = 0;
  let begun = false;
  const contours = old.contours.map(({ points, kinds, closed }) => {
    const moved = points.map(([x, y]) => {
      if (begun) {
        const dx = decoder.signed(CHANGE + SIGNED * classX);
        const dy = decoder.signed(CHANGE + SIGNED * (3 + classY));
        classX = Math.min(bitLength(Math.abs(dx)), 2);
        classY = Math.min(bitLength(Math.abs(dy)), 2);
        mx += dx * unit;
        my += dy * unit;
      }
      begun = true;
      return /** @type {Point} */ ([x + mx, y + my]);
    });
    return { points: moved, kinds, closed };
  });
  return new Chains(contours, old.stroke_width);
}

/**
 * Moves the centre of its bounding box, on the grid, to the origin.
 *
 * @param {RangeDecoder} decoder
 * @param {Vector} outline not shared yet
 * @param {number} grid
 */
function centre(decoder, { contours }, grid) {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { points } of contours) {
    for (let place = 0; place < points.length; place++) {
      const [x, y] = points[place];
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      if (y > y1) y1 = y;
    }
  }
  if (x1 < x0) return;
  if (x1 - x0 > MAX_COORDINATE || y1 - y0 > MAX_COORDINATE) throw decoder.damaged("an outline is too large");
  const unit = 1 << grid;
  const cx = Math.floor(Math.floor((x0 + x1) / 2) / unit) * unit;
  const cy = Math.floor(Math.floor((y0 + y1) / 2) / unit) * unit;
  if (!cx && !cy) return;
  for (const { points } of contours) {
    for (let place = 0; place < points.length; place++) {
      points[place][0] -= cx;
      points[place][1] -= cy;
    }
  }
}
