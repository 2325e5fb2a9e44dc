// SPDX-License-Identifier: Apache-2.0
/**
 * Motion from one picture of a texture to the next, found in their luma: the search of
 * `mtor_transcode/render/texture_motion.py`, number for number. All of it is whole numbers.
 *
 * @typedef {import("./stretch.js").Plane} Plane
 * @typedef {object} MotionField vectors of blocks of `BLOCK << halvings` px
 * @property {Int32Array} vectors x, y of each block, row by row: eighths of a px of luma halved so often, half of the way
 * @property {number} rows
 * @property {number} columns
 * @property {number} halvings
 */
import { Difference, WINDOW } from "./difference.js";

/** Motion is searched in pictures whose longer side, halved as often as it takes, is at most so many px. */
const SEARCHED = 384;

/** Px of a block's sides. */
export const BLOCK = 8;

/** The most that such a picture and its halves are. */
const LEVELS = 5;

/** What it costs that a vector is a px away from the mean of its neighbours, in eighths of a level. */
const SMOOTH = 32;

/** A block that has changed by no more, summed over its window, stands still. */
const STILL = 256;

/** The least steps of the search, in eighths of a px: where pictures are halved further, and in the end. */
const COARSE_STEP = 4;
const FINE_STEP = 1;

/** The greatest step, and how often each is repeated while it helps. */
const FIRST_STEP = 8;
const MOVES = 3;

/** More than any window differs by. */
const ANY = 2 ** 30;

/** The motion from one luma plane to the next one of the same size. @param {Plane} first @param {Plane} second @returns {MotionField} */
export function motionBetween(first, second) {
  let pair = [first, second];
  let halvings = 0;
  for (; Math.max(pair[0].width, pair[0].height) > SEARCHED; halvings++) pair = pair.map(halved);
  const levels = [pair];
  while (levels.length < LEVELS && Math.min(pair[0].width, pair[0].height) >= 2 * WINDOW) levels.push((pair = pair.map(halved)));
  /** @type {MotionField} */
  let field = { vectors: new Int32Array(2), rows: 1, columns: 1, halvings };
  for (let level = levels.length - 1; level >= 0; level--) {
    const [one, other] = levels[level];
    field = finer(field, Math.ceil(one.height / BLOCK), Math.ceil(one.width / BLOCK));
    new Search(one, other, field).run(level ? COARSE_STEP : FINE_STEP);
  }
  return field;
}

/** A plane of half the sides, rounded up: means of four px. @param {Plane} plane @returns {Plane} */
export function halved({ width, height, data }) {
  const [columns, rows] = [(width + 1) >> 1, (height + 1) >> 1];
  const out = new Uint8Array(columns * rows);
  for (let row = 0, to = 0; row < rows; row++) {
    let upper = 2 * row * width;
    let lower = 2 * row + 1 < height ? upper + width : upper;
    for (let column = 0; column < width >> 1; column++, upper += 2, lower += 2, to++) {
      out[to] = (data[upper] + data[upper + 1] + data[lower] + data[lower + 1] + 2) >> 2;
    }
    if (width & 1) out[to++] = (2 * data[upper] + 2 * data[lower] + 2) >> 2;
  }
  return { width: columns, height: rows, data: out };
}

/** A field for a level of twice the sides. @param {MotionField} field @param {number} rows @param {number} columns @returns {MotionField} */
function finer(field, rows, columns) {
  const vectors = new Int32Array(2 * rows * columns);
  for (let row = 0, to = 0; row < rows; row++) {
    const above = Math.min(row >> 1, field.rows - 1) * field.columns;
    for (let column = 0; column < columns; column++, to += 2) {
      const from = 2 * (above + Math.min(column >> 1, field.columns - 1));
      vectors[to] = 2 * field.vectors[from];
      vectors[to + 1] = 2 * field.vectors[from + 1];
    }
  }
  return { vectors, rows, columns, halvings: field.halvings };
}

/** Vectors that are tried for a block, at most: in two turns, those of seven candidates and of twelve rounds of four each. */
const TRIED = 112;

/**
 * Improves the vectors of one level in place. How much a block differs by a vector is remembered, or, where the sum was
 * broken off, what it is at least: most vectors are tried in both turns.
 */
class Search {
  /** @param {Plane} first @param {Plane} second @param {MotionField} field */
  constructor(first, second, field) {
    this._difference = new Difference(first, second);
    this._width = first.width;
    this._height = first.height;
    this._field = field;
    const blocks = field.rows * field.columns;
    this._tried = new Uint8Array(blocks);
    this._triedX = new Int32Array(TRIED * blocks);
    this._triedY = new Int32Array(TRIED * blocks);
    /** The difference, or ~ of what it is at least. */
    this._found = new Int32Array(TRIED * blocks);
    this._beside = new Int32Array(4);
    this._block = 0;
    this._left = 0;
    this._top = 0;
    this._nearX = 0;
    this._nearY = 0;
    this._best = 0;
    this._x = 0;
    this._y = 0;
  }

  /** From the first block to the last, and back. @param {number} finest eighths of a px */
  run(finest) {
    const blocks = this._field.rows * this._field.columns;
    for (let block = 0; block < blocks; block++) this._improve(block, finest);
    for (let block = blocks - 1; block >= 0; block--) this._improve(block, finest);
  }

  /** @param {number} block @param {number} finest */
  _improve(block, finest) {
    const { vectors, columns } = this._field;
    const row = Math.floor(block / columns);
    const margin = (WINDOW - BLOCK) >> 1;
    this._block = block;
    this._left = Math.min(Math.max((block - row * columns) * BLOCK - margin, 0), Math.max(this._width - WINDOW, 0));
    this._top = Math.min(Math.max(row * BLOCK - margin, 0), Math.max(this._height - WINDOW, 0));
    this._x = this._y = 0;
    const still = this._still();
    if (still > STILL) {
      const count = this._meet(row, block - row * columns);
      this._best = still + this._strange(0, 0);
      this._try(vectors[2 * block], vectors[2 * block + 1]);
      for (let k = 0; k < count; k++) this._try(vectors[this._beside[k]], vectors[this._beside[k] + 1]);
      this._try(this._nearX, this._nearY);
      this._refine(finest);
    }
    vectors[2 * block] = this._x;
    vectors[2 * block + 1] = this._y;
  }

  /** By how much the block differs where it is. */
  _still() {
    const at = TRIED * this._block;
    if (this._tried[this._block]) return this._found[at];
    this._tried[this._block] = 1;
    return (this._found[at] = this._difference.at(this._left, this._top, 0, 0, ANY));
  }

  /** Find the neighbours, and the mean of their vectors. @param {number} row @param {number} column @returns {number} how many there are */
  _meet(row, column) {
    const { vectors, rows, columns } = this._field;
    const { _beside: beside } = this;
    const here = 2 * (row * columns + column);
    let count = 0;
    if (row > 0) beside[count++] = here - 2 * columns;
    if (row + 1 < rows) beside[count++] = here + 2 * columns;
    if (column > 0) beside[count++] = here - 2;
    if (column + 1 < columns) beside[count++] = here + 2;
    let x = 0;
    let y = 0;
    for (let k = 0; k < count; k++) {
      x += vectors[beside[k]];
      y += vectors[beside[k] + 1];
    }
    this._nearX = count ? Math.floor(x / count) : 0;
    this._nearY = count ? Math.floor(y / count) : 0;
    return count;
  }

  /** Smaller and smaller steps from the best vector. @param {number} finest */
  _refine(finest) {
    for (let step = FIRST_STEP; step >= finest; step >>= 1) {
      for (let move = 0; move < MOVES; move++) {
        const { _x: x, _y: y } = this;
        this._try(x, y - step);
        this._try(x, y + step);
        this._try(x - step, y);
        this._try(x + step, y);
        if (this._x === x && this._y === y) break;
      }
    }
  }

  /** Take a vector if it costs less than the best. @param {number} x @param {number} y */
  _try(x, y) {
    const strange = this._strange(x, y);
    const most = this._best - strange;
    if (most <= 0) return;
    const difference = this._differs(x, y, most);
    if (difference >= most) return;
    this._best = strange + difference;
    this._x = x;
    this._y = y;
  }

  /** By how much the block differs; anything from `most` on if it is no less. @param {number} x @param {number} y @param {number} most */
  _differs(x, y, most) {
    const { _triedX: triedX, _triedY: triedY } = this;
    const begin = TRIED * this._block;
    const end = begin + this._tried[this._block];
    let at = begin;
    while (at < end && (triedX[at] !== x || triedY[at] !== y)) at++;
    if (at < end) {
      const known = this._found[at];
      if (known >= 0) return known;
      if (~known >= most) return ~known;
    } else {
      this._tried[this._block]++;
      triedX[at] = x;
      triedY[at] = y;
    }
    const found = this._difference.at(this._left, this._top, x, y, most);
    this._found[at] = found < most ? found : ~found;
    return found;
  }

  /** @param {number} x @param {number} y */
  _strange(x, y) {
    return (SMOOTH * (Math.abs(x - this._nearX) + Math.abs(y - this._nearY))) >> 3;
  }
}
