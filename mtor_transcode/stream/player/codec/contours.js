// SPDX-License-Identifier: Apache-2.0
/** Contours: chains of nodes as small steps on a grid, in contexts that the steps before choose (`docs/format.md`, Outlines). */

import { base, NUMBER, SIGNED } from "./contexts.js";
import { bitLength } from "./range_decoder.js";

/** @import { Contour, Point } from "./types.js" */
/** @import { RangeDecoder } from "./range_decoder.js" */

const BOX = base("outline.box");
const BOX_SIDE = base("outline.box_side");
const CLOSED = base("outline.closed");
const NODES = base("outline.nodes");
const KIND = base("outline.kind");
const DX_ZERO = base("outline.dx_zero");
const DX_SIGN = base("outline.dx_sign");
const DX = base("outline.dx");
const DY_ZERO = base("outline.dy_zero");
const DY_SIGN = base("outline.dy_sign");
const DY = base("outline.dy");

const CLASSES = 6;
const CORNER = 0;
const BOX_KINDS = [CORNER, CORNER, CORNER, CORNER];

/**
 * @param {number} step
 * @returns {number} class of contexts
 */
function classOf(step) {
  return Math.min(bitLength(Math.abs(step)), CLASSES - 1);
}

/** Reads the steps of a contour; each chooses the contexts of those after it. */
class Pen {
  #direction = 4;
  #turn = 0;
  #x = 0;
  #y = 0;
  /** The last step, in steps of the grid. */
  dx = 0;
  dy = 0;

  /**
   * @param {RangeDecoder} decoder
   * @param {number} count nodes
   * @param {boolean} closed
   */
  constructor(decoder, count, closed) {
    this.decoder = decoder;
    this.closed = closed;
    this.left = count - 1;
  }

  /** Reads the next step. */
  step() {
    const near = this.closed && this.left <= 2;
    const last = near && this.left === 1;
    const dx = this.#readX(near, last);
    const dy = this.#readY(near, last, dx);
    this.#turn = Math.sign(this.dx * dy - this.dy * dx);
    this.#direction = 3 * (Math.sign(dx) + 1) + Math.sign(dy) + 1;
    this.dx = dx;
    this.dy = dy;
    this.#x += dx;
    this.#y += dy;
    this.left -= 1;
  }

  /**
   * @param {boolean} near the first node
   * @param {boolean} last
   * @returns {number}
   */
  #readX(near, last) {
    const size = last ? CLASSES + classOf(this.#x) : Math.max(classOf(this.dx), classOf(this.dy));
    const hint = near ? 3 - Math.sign(this.#x) : this.#turn;
    const direction = this.#direction;
    return this.decoder.split(DX_ZERO + direction, DX_SIGN + 6 * direction + 1 + hint, DX + NUMBER * size);
  }

  /**
   * @param {boolean} near the first node
   * @param {boolean} last
   * @param {number} dx
   * @returns {number}
   */
  #readY(near, last, dx) {
    const size = last ? CLASSES + classOf(this.#y) : classOf(dx);
    const hint = near ? 3 - Math.sign(this.#y) : this.#turn;
    const still = 2 * Math.min(bitLength(Math.abs(dx)), 3) + (this.dy === 0 ? 1 : 0);
    const sign = 6 * (3 * this.#direction + Math.sign(dx) + 1) + 1 + hint;
    return this.decoder.split(DY_ZERO + still, DY_SIGN + sign, DY + NUMBER * size);
  }
}

/**
 * @param {RangeDecoder} decoder
 * @param {Point} first its first node
 * @param {0 | 1} stroked
 * @param {number} unit a step of the grid
 * @param {number} most nodes
 * @returns {Contour}
 */
export function readContour(decoder, first, stroked, unit, most) {
  let [x, y] = first;
  if (decoder.bit(BOX + stroked)) {
    const right = x + decoder.signed(BOX_SIDE) * unit;
    const low = y + decoder.signed(BOX_SIDE + SIGNED) * unit;
    return { points: [[x, y], [right, y], [right, low], [x, low]], kinds: BOX_KINDS, closed: true };
  }
  const closed = decoder.bit(CLOSED + stroked) === 1;
  const count = decoder.number(NODES) + 1;
  if (count > most) throw decoder.damaged("outlines have too many nodes");
  const pen = new Pen(decoder, count, closed);
  let before = CORNER;
  let last = CORNER;
  /** @type {Point[]} */
  const points = [];
  /** @type {number[]} */
  const kinds = [];
  for (let number = 0; number < count; number++) {
    const group = KIND + 2 * (3 * before + last);
    const kind = decoder.bit(group) ? 1 + decoder.bit(group + 1) : CORNER;
    before = last;
    last = kind;
    if (number) {
      pen.step();
      x += pen.dx * unit;
      y += pen.dy * unit;
    }
    points.push([x, y]);
    kinds.push(kind);
  }
  return { points, kinds, closed };
}
