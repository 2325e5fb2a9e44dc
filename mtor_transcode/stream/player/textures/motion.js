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

/** Motion is searched in pictures whose longer side, halved as often as it takes, is at most so many px. */
const SEARCHED = 384;

/** Px of a block's sides. */
export const BLOCK = 8;

/** Px of the sides of what is compared around it. */
const WINDOW = 16;

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

/** Vectors that have been tried for a block: the least found so far is never undercut by one of them again. */
const TRIED = 64;

/** Improves the vectors of one level in place. */
class Search {
  /** @param {Plane} first @param {Plane} second @param {MotionField} field */
  constructor(first, second, field) {
    this._difference = new Difference(first, second);
    this._width = first.width;
    this._height = first.height;
    this._field = field;
    this._triedX = new Int32Array(TRIED);
    this._triedY = new Int32Array(TRIED);
    this._tried = 0;
    this._nearX = 0;
    this._nearY = 0;
    this._best = 0;
    this._x = 0;
    this._y = 0;
  }

  /** From the first block to the last, and back. @param {number} finest eighths of a px */
  run(finest) {
    const { rows, columns } = this._field;
    for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) this._block(row, column, finest);
    for (let row = rows - 1; row >= 0; row--) for (let column = columns - 1; column >= 0; column--) this._block(row, column, finest);
  }

  /** @param {number} row @param {number} column @param {number} finest */
  _block(row, column, finest) {
    const { vectors, rows, columns } = this._field;
    const margin = (WINDOW - BLOCK) >> 1;
    const left = Math.min(Math.max(column * BLOCK - margin, 0), Math.max(this._width - WINDOW, 0));
    const top = Math.min(Math.max(row * BLOCK - margin, 0), Math.max(this._height - WINDOW, 0));
    const here = 2 * (row * columns + column);
    const still = this._difference.at(left, top, 0, 0, ANY);
    this._x = this._y = 0;
    if (still > STILL) {
      const beside = [row > 0 ? here - 2 * columns : -1, row + 1 < rows ? here + 2 * columns : -1, column > 0 ? here - 2 : -1, column + 1 < columns ? here + 2 : -1];
      this._meet(beside);
      this._triedX[0] = this._triedY[0] = 0;
      this._tried = 1;
      this._best = still + this._strange(0, 0);
      this._try(left, top, vectors[here], vectors[here + 1]);
      for (const place of beside) if (place >= 0) this._try(left, top, vectors[place], vectors[place + 1]);
      this._try(left, top, this._nearX, this._nearY);
      this._refine(left, top, finest);
    }
    vectors[here] = this._x;
    vectors[here + 1] = this._y;
  }

  /** Take the mean of the neighbours' vectors. @param {number[]} beside their places, -1 for one that is not there */
  _meet(beside) {
    const { vectors } = this._field;
    let count = 0;
    let x = 0;
    let y = 0;
    for (const place of beside) {
      if (place < 0) continue;
      x += vectors[place];
      y += vectors[place + 1];
      count++;
    }
    this._nearX = count ? Math.floor(x / count) : 0;
    this._nearY = count ? Math.floor(y / count) : 0;
  }

  /** Smaller and smaller steps from the best vector. @param {number} left @param {number} top @param {number} finest */
  _refine(left, top, finest) {
    for (let step = FIRST_STEP; step >= finest; step >>= 1) {
      for (let move = 0; move < MOVES; move++) {
        const { _x: x, _y: y } = this;
        this._try(left, top, x, y - step);
        this._try(left, top, x, y + step);
        this._try(left, top, x - step, y);
        this._try(left, top, x + step, y);
        if (this._x === x && this._y === y) break;
      }
    }
  }

  /** Take a vector if it costs less than the best. @param {number} left @param {number} top @param {number} x @param {number} y */
  _try(left, top, x, y) {
    const { _triedX: triedX, _triedY: triedY } = this;
    for (let k = this._tried - 1; k >= 0; k--) if (triedX[k] === x && triedY[k] === y) return;
    triedX[this._tried] = x;
    triedY[this._tried++] = y;
    const strange = this._strange(x, y);
    if (strange >= this._best) return;
    const cost = strange + this._difference.at(left, top, x, y, this._best - strange);
    if (cost >= this._best) return;
    this._best = cost;
    this._x = x;
    this._y = y;
  }

  /** @param {number} x @param {number} y */
  _strange(x, y) {
    return (SMOOTH * (Math.abs(x - this._nearX) + Math.abs(y - this._nearY))) >> 3;
  }
}

/** Sums over windows of how the first picture, moved by a vector, differs from the second, moved back. */
class Difference {
  /** @param {Plane} first @param {Plane} second */
  constructor(first, second) {
    this._first = first.data;
    this._second = second.data;
    this._width = first.width;
    this._height = first.height;
    /** Rows of the window, between columns. */
    this._one = new Int32Array(WINDOW);
    this._other = new Int32Array(WINDOW);
  }

  /**
   * The sum, in levels; anything from `most` on if it is no less.
   * @param {number} left @param {number} top @param {number} x @param {number} y eighths of a px @param {number} most
   */
  at(left, top, x, y, most) {
    const backX = -x >> 3;
    const backY = -y >> 3;
    const onX = x >> 3;
    const onY = y >> 3;
    const inside =
      left + Math.min(backX, onX) >= 0 &&
      top + Math.min(backY, onY) >= 0 &&
      left + WINDOW + Math.max(backX, onX) < this._width &&
      top + WINDOW + Math.max(backY, onY) < this._height;
    if (!inside) return this._beyond(left, top, x, y, most);
    const from = (top + backY) * this._width + left + backX;
    const to = (top + onY) * this._width + left + onX;
    if (((x | y) & 7) === 0) return this._whole(from, to, most);
    return this._inside(from, to, x, y, most);
  }

  /** By whole px. @param {number} from @param {number} to @param {number} most */
  _whole(from, to, most) {
    const { _first: first, _second: second, _width: width } = this;
    let total = 0;
    for (let row = 0; row < WINDOW; row++, from += width, to += width) {
      for (let k = 0; k < WINDOW; k++) total += Math.abs(first[from + k] - second[to + k]);
      if (total >= most) break;
    }
    return total;
  }

  /** All of it and the px beside it lie in the picture. @param {number} from @param {number} to @param {number} x @param {number} y @param {number} most */
  _inside(from, to, x, y, most) {
    const { _first: first, _second: second, _width: width, _one: one, _other: other } = this;
    const fromX = -x & 7;
    const fromY = -y & 7;
    const toX = x & 7;
    const toY = y & 7;
    across(first, from, fromX, one);
    across(second, to, toX, other);
    let total = 0;
    for (let row = 0; row < WINDOW; row++) {
      from += width;
      to += width;
      let a = first[from];
      let b = second[to];
      for (let k = 0; k < WINDOW; k++) {
        const nextA = first[from + k + 1];
        const nextB = second[to + k + 1];
        const lowA = 8 * a + fromX * (nextA - a);
        const lowB = 8 * b + toX * (nextB - b);
        const highA = one[k];
        const highB = other[k];
        total += Math.abs(8 * (highA - highB) + fromY * (lowA - highA) - toY * (lowB - highB));
        one[k] = lowA;
        other[k] = lowB;
        a = nextA;
        b = nextB;
      }
      if (total >> 6 >= most) break;
    }
    return total >> 6;
  }

  /** Some of it lies beyond the edge, which goes on there. @param {number} left @param {number} top @param {number} x @param {number} y @param {number} most */
  _beyond(left, top, x, y, most) {
    const { _width: width, _height: height } = this;
    let total = 0;
    for (let row = top; row < top + WINDOW; row++) {
      for (let column = left; column < left + WINDOW; column++) {
        const one = sampled(this._first, width, height, 8 * column - x, 8 * row - y, 3);
        const other = sampled(this._second, width, height, 8 * column + x, 8 * row + y, 3);
        total += Math.abs(one - other);
      }
      if (total >> 6 >= most) break;
    }
    return total >> 6;
  }
}

/** Eight times the values of a row, `part` eighths of a px on. @param {Uint8Array} data @param {number} from @param {number} part @param {Int32Array} out */
function across(data, from, part, out) {
  for (let k = 0; k < WINDOW; k++) out[k] = 8 * data[from + k] + part * (data[from + k + 1] - data[from + k]);
}

/**
 * A plane's value at a place in parts of a px, `1 << bits` of them, times the square of that. The edge goes on beyond it.
 * @param {Uint8Array} data @param {number} width @param {number} height @param {number} x @param {number} y @param {number} bits
 */
export function sampled(data, width, height, x, y, bits) {
  const whole = 1 << bits;
  const partX = x & (whole - 1);
  const partY = y & (whole - 1);
  const column = x >> bits;
  const row = y >> bits;
  const left = Math.min(Math.max(column, 0), width - 1);
  const right = Math.min(Math.max(column + 1, 0), width - 1);
  const above = Math.min(Math.max(row, 0), height - 1) * width;
  const below = Math.min(Math.max(row + 1, 0), height - 1) * width;
  const upper = (whole - partX) * data[above + left] + partX * data[above + right];
  const lower = (whole - partX) * data[below + left] + partX * data[below + right];
  return (whole - partY) * upper + partY * lower;
}
