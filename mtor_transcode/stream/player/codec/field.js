// SPDX-License-Identifier: Apache-2.0
/** The grids of shading fields: levels told from their neighbours, afresh or as changes (`docs/format.md`, Paints). */

import { base, SIGNED } from "./contexts.js";

/** @import { RangeDecoder } from "./range_decoder.js" */

/** @typedef {{columns: number, levels: number[], steps: number}} Grid */

const AGAIN = base("field.again");
const SIDE = base("field.side");
const STEPS = base("field.steps");
const LEVEL = base("field.level");
const KEPT = base("field.kept");
const CHANGE = base("field.change");

const LEAST_SIDE = 2;
const SIDE_BITS = 4;
const STEPS_BITS = 2;
const LEAST_STEPS = 8;
const CALM = 3;

/** What a scene's first shading field is told after. @type {Grid} */
export const FIRST_GRID = { columns: 2, levels: [0, 0, 16, 16], steps: 16 };

/**
 * @param {Grid} field of which no more is taken
 * @returns {Grid}
 */
export function gridOf({ columns, levels, steps }) {
  return { columns, levels, steps };
}

/**
 * @param {Grid} a
 * @param {Grid} b
 * @returns {boolean}
 */
export function sameGrid(a, b) {
  if (a.columns !== b.columns || a.steps !== b.steps || a.levels.length !== b.levels.length) return false;
  return a.levels === b.levels || a.levels.every((level, place) => level === b.levels[place]);
}

/**
 * @param {RangeDecoder} decoder
 * @param {number} level
 * @param {number} steps
 * @returns {number}
 */
function checked(decoder, level, steps) {
  if (level < 0 || level > steps) throw decoder.damaged("a level of a shading field is out of range");
  return level;
}

/**
 * @param {number[]} levels those before it
 * @param {number} columns
 * @param {number} steps
 * @returns {[number, number]} the class of contexts of the next level, and what it is told from
 */
function expected(levels, columns, steps) {
  const place = levels.length;
  if (place < columns) return [0, place ? levels[place - 1] : steps / 2];
  const up = levels[place - columns];
  if (place % columns === 0) return [0, up];
  const [left, corner] = [levels[place - 1], levels[place - columns - 1]];
  const change = Math.abs(left - corner) + Math.abs(up - corner);
  let context = 3;
  if (change === 0) context = 1;
  else if (change <= CALM) context = 2;
  return [context, Math.max(0, Math.min(steps, left + up - corner))];
}

/**
 * @param {RangeDecoder} decoder
 * @param {Grid} last of the last shading field
 * @returns {Grid}
 */
export function readGrid(decoder, last) {
  if (decoder.bit(AGAIN)) return last;
  const columns = LEAST_SIDE + decoder.tree(SIDE, SIDE_BITS);
  const rows = LEAST_SIDE + decoder.tree(SIDE + 15, SIDE_BITS);
  const steps = LEAST_STEPS << decoder.tree(STEPS, STEPS_BITS);
  /** @type {number[]} */
  const levels = [];
  while (levels.length < columns * rows) {
    const [context, from] = expected(levels, columns, steps);
    levels.push(checked(decoder, from + decoder.signed(LEVEL + context * SIGNED), steps));
  }
  return { columns, levels, steps };
}

/**
 * @param {RangeDecoder} decoder
 * @param {Grid} old
 * @param {Grid} last of the last shading field
 * @returns {Grid} where the old one was before
 */
export function readGridChange(decoder, old, last) {
  if (!decoder.bit(KEPT)) return readGrid(decoder, last);
  const { columns, levels, steps } = old;
  return { columns, levels: levels.map((level) => checked(decoder, level + decoder.signed(CHANGE), steps)), steps };
}
