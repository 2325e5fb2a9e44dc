// SPDX-License-Identifier: Apache-2.0
/**
 * Pictures on the way from one picture of a texture to the next, by the motion between them, and sharpening:
 * `mtor_transcode/render/texture_motion.py`, number for number.
 *
 * @typedef {import("./stretch.js").Plane} Plane
 * @typedef {import("./motion.js").MotionField} MotionField
 */
import { PARTS } from "../stage/shown.js";
import { sampled } from "./difference.js";
import { BLOCK } from "./motion.js";

/** Y, Cb and Cr of the picture that is `part` of PARTS on the way. @param {Plane[]} first @param {Plane[]} second @param {MotionField} field @param {number} part */
export function onTheWay(first, second, field, part) {
  return first.map((plane, place) => new Way(plane, second[place], field, part, Math.min(place, 1)).plane());
}

/** One plane on its way; `smaller` is 1 for chroma, whose sides are half of luma's. */
class Way {
  /** @param {Plane} first @param {Plane} second @param {MotionField} field @param {number} part @param {number} smaller */
  constructor(first, second, field, part, smaller) {
    this._width = first.width;
    this._height = first.height;
    this._first = first.data;
    this._second = second.data;
    this._out = new Uint8Array(first.data.length);
    this._field = field;
    this._part = part;
    this._smaller = smaller;
    /** Of blocks, in halves of luma's px. */
    this._pitch = (2 * BLOCK) << field.halvings;
    this._bits = 4 + field.halvings;
    /** From the vectors of four blocks by their shares to sixteenths of luma's px. */
    this._sixteenth = 2 ** -(2 * this._bits - field.halvings - 1);
    /** Vectors of blocks, between two rows of them: of many bits in large pictures. */
    this._x = new Float64Array(field.columns);
    this._y = new Float64Array(field.columns);
  }

  /** @returns {Plane} */
  plane() {
    for (let y = 0; y < this._height; y++) this._row(y);
    return { width: this._width, height: this._height, data: this._out };
  }

  /** @param {number} y */
  _row(y) {
    const { columns } = this._field;
    const { _pitch: pitch, _x: vectorsX, _y: vectorsY } = this;
    const stride = 2 << this._smaller;
    this._betweenRows(stride * y + 1 - (pitch >> 1));
    for (let from = 0; from < this._width; ) {
      const beside = stride * from + 1 - (pitch >> 1);
      const column = beside >> this._bits;
      const until = Math.min(this._width, Math.ceil(((column + 1) * pitch + (pitch >> 1) - 1) / stride));
      const left = Math.max(column, 0);
      const right = Math.min(column + 1, columns - 1);
      const across = beside - column * pitch;
      const overX = vectorsX[left];
      const overY = vectorsY[left];
      const moreX = vectorsX[right] - overX;
      const moreY = vectorsY[right] - overY;
      if (moreX || moreY) this._apart(y, from, until, pitch * overX + across * moreX, stride * moreX, pitch * overY + across * moreY, stride * moreY);
      else if (overX || overY) this._together(y, from, until, pitch * overX, pitch * overY);
      else this._still(y, from, until);
      from = until;
    }
  }

  /** Vectors for a row of px. @param {number} below where it is, halves of luma's px from the middle of the first blocks */
  _betweenRows(below) {
    const { vectors, rows, columns } = this._field;
    const { _pitch: pitch } = this;
    const row = below >> this._bits;
    const down = below - row * pitch;
    const upper = Math.max(row, 0) * columns;
    const lower = Math.min(row + 1, rows - 1) * columns;
    for (let column = 0; column < columns; column++) {
      const a = 2 * (upper + column);
      const b = 2 * (lower + column);
      this._x[column] = (pitch - down) * vectors[a] + down * vectors[b];
      this._y[column] = (pitch - down) * vectors[a + 1] + down * vectors[b + 1];
    }
  }

  /** Px that do not move. @param {number} y @param {number} from @param {number} until */
  _still(y, from, until) {
    const { _first: first, _second: second, _out: out, _part: part } = this;
    const rest = PARTS - part;
    const end = y * this._width + until;
    for (let at = y * this._width + from; at < end; at++) out[at] = (rest * first[at] + part * second[at] + 32) >> 6;
  }

  /** Px that move alike. @param {number} y @param {number} from @param {number} until @param {number} vectorX @param {number} vectorY */
  _together(y, from, until, vectorX, vectorY) {
    const { _first: first, _second: second, _out: out, _width: width, _part: part } = this;
    const rest = PARTS - part;
    const movedX = Math.floor(vectorX * this._sixteenth);
    const movedY = Math.floor(vectorY * this._sixteenth);
    const oneX = -this._share(part, movedX);
    const oneY = -this._share(part, movedY);
    const otherX = this._share(rest, movedX);
    const otherY = this._share(rest, movedY);
    const inside =
      from + Math.min(oneX >> 4, otherX >> 4) >= 0 &&
      until + Math.max(oneX >> 4, otherX >> 4) < width &&
      y + Math.min(oneY >> 4, otherY >> 4) >= 0 &&
      y + 1 + Math.max(oneY >> 4, otherY >> 4) < this._height;
    if (!inside) return this._apart(y, from, until, vectorX, 0, vectorY, 0);
    const oneAcross = oneX & 15;
    const oneDown = oneY & 15;
    const otherAcross = otherX & 15;
    const otherDown = otherY & 15;
    let a = (y + (oneY >> 4)) * width + from + (oneX >> 4);
    let b = (y + (otherY >> 4)) * width + from + (otherX >> 4);
    let oneHere = 16 * first[a] + oneDown * (first[a + width] - first[a]);
    let otherHere = 16 * second[b] + otherDown * (second[b + width] - second[b]);
    for (let at = y * width + from; at < y * width + until; at++) {
      a++;
      b++;
      const oneNext = 16 * first[a] + oneDown * (first[a + width] - first[a]);
      const otherNext = 16 * second[b] + otherDown * (second[b + width] - second[b]);
      const one = 16 * oneHere + oneAcross * (oneNext - oneHere);
      const other = 16 * otherHere + otherAcross * (otherNext - otherHere);
      out[at] = (rest * one + part * other + (1 << 13)) >> 14;
      oneHere = oneNext;
      otherHere = otherNext;
    }
  }

  /**
   * Px whose vectors change by a little from one to the next.
   * @param {number} y @param {number} from @param {number} until @param {number} vectorX @param {number} stepX
   * @param {number} vectorY @param {number} stepY
   */
  _apart(y, from, until, vectorX, stepX, vectorY, stepY) {
    const { _width: width, _height: height, _first: first, _second: second, _out: out, _part: part, _sixteenth: sixteenth } = this;
    const rest = PARTS - part;
    const turn = 5 + this._smaller;
    const half = 1 << (turn - 1);
    const lastX = 16 * (width - 1);
    const lastY = 16 * (height - 1);
    const at = y * width;
    for (let x = from; x < until; x++, vectorX += stepX, vectorY += stepY) {
      const movedX = Math.floor(vectorX * sixteenth) | 0;
      const movedY = Math.floor(vectorY * sixteenth) | 0;
      const oneX = 16 * x - ((part * movedX + half) >> turn);
      const oneY = 16 * y - ((part * movedY + half) >> turn);
      const otherX = 16 * x + ((rest * movedX + half) >> turn);
      const otherY = 16 * y + ((rest * movedY + half) >> turn);
      let one = 0;
      let other = 0;
      if (oneX >= 0 && oneY >= 0 && oneX < lastX && oneY < lastY) {
        const a = (oneY >> 4) * width + (oneX >> 4);
        const px = oneX & 15;
        const py = oneY & 15;
        one = (16 - py) * (16 * first[a] + px * (first[a + 1] - first[a])) + py * (16 * first[a + width] + px * (first[a + width + 1] - first[a + width]));
      } else one = sampled(first, width, height, oneX, oneY, 4);
      if (otherX >= 0 && otherY >= 0 && otherX < lastX && otherY < lastY) {
        const b = (otherY >> 4) * width + (otherX >> 4);
        const px = otherX & 15;
        const py = otherY & 15;
        other = (16 - py) * (16 * second[b] + px * (second[b + 1] - second[b])) + py * (16 * second[b + width] + px * (second[b + width + 1] - second[b + width]));
      } else other = sampled(second, width, height, otherX, otherY, 4);
      out[at + x] = (rest * one + part * other + (1 << 13)) >> 14;
    }
  }

  /** A share of PARTS of a way, in sixteenths of the plane's px. @param {number} share @param {number} moved */
  _share(share, moved) {
    const turn = 5 + this._smaller;
    return (share * moved + (1 << (turn - 1))) >> turn;
  }
}

/** A plane from which some eighths of its blur by (1, 2, 1) / 4, across and down, are taken away. @param {Plane} plane @param {number} sharpness @returns {Plane} */
export function sharper(plane, sharpness) {
  if (sharpness === 0) return plane;
  const { width, height, data } = plane;
  const out = new Uint8ClampedArray(data.length);
  const blurred = new Int32Array(width + 2); // down; the edge goes on
  for (let y = 0; y < height; y++) {
    const here = y * width;
    const above = y ? here - width : here;
    const below = y + 1 < height ? here + width : here;
    for (let x = 0; x < width; x++) blurred[x + 1] = data[above + x] + 2 * data[here + x] + data[below + x];
    blurred[0] = blurred[1];
    blurred[width + 1] = blurred[width];
    for (let x = 0; x < width; x++) {
      const detail = 16 * data[here + x] - blurred[x] - 2 * blurred[x + 1] - blurred[x + 2];
      out[here + x] = (128 * data[here + x] + sharpness * detail + 64) >> 7;
    }
  }
  return { width, height, data: new Uint8Array(out.buffer) };
}
