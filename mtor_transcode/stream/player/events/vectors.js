// SPDX-License-Identifier: Apache-2.0
/** The vectors of a scene (RFC 4.2) as `mtor serve` tells them: outlines, states of shapes, cameras, backgrounds. */

import {
  MAX_BORDER,
  MAX_CONTOURS,
  MAX_COORDINATE,
  MAX_LEVELS,
  MAX_MASK_SIDE,
  MAX_NODES,
  MAX_PATCH_COLOURS,
  MAX_PICTURES,
  MAX_SIDE,
  MAX_STEP,
  MAX_TICK,
  SHARPEST,
} from "../codec/limits.js";
import { faultOf } from "../codec/textures.js";
import { bytes, colour, list, object, scaled, text, whole, wrong } from "./checked.js";

/** @import { Border, Contour, Fill, FilmHeader, Mask, Outline, Paint, Place, Point, ShapeState, Texture, TexturePaint } from "../codec/types.js" */

const UNITS = 16;
const ONE = 4096;
const DEGREE = 4096 / 360;
const GRADIENT_DEGREE = 64 / 360;
const RING_STEPS = 64;
const STEPS = 16;
const FIELD_STEPS = [8, 16, 32, 64];
const MAX_FIELD_SIDE = 17;
const OPAQUE = 255;
const LETTERS = "csh";
/** Vectors of a scene, at most. */
const MOST = 1 << 18;

/**
 * What a vector shows. Nothing is a state in which a shape is not there.
 *
 * @typedef {{nothing: true} | {outline: Outline} | {state: ShapeState} | {camera: Place} | {paint: Fill}} Shown
 */

/**
 * @param {unknown} value
 * @returns {Place} a shape's, a camera's
 */
export function readPlace(value) {
  const { x = 0, y = 0, scale = 1, angle = 0 } = object(value, "a place");
  const most = MAX_COORDINATE;
  return {
    dx: scaled(x, UNITS, -most, most, "x"),
    dy: scaled(y, UNITS, -most, most, "y"),
    scale: scaled(scale, ONE, -most, most, "a scale"),
    angle: scaled(angle, DEGREE, -most, most, "an angle"),
  };
}

/**
 * @param {unknown} value
 * @returns {Paint} without border
 */
export function readPaint(value) {
  if (Array.isArray(value)) return { kind: "Solid", colour: colour(value, "a colour"), border: null };
  const { first, last, angle = 0, start = 0, end = 1, rings, grid } = object(value, "a paint");
  if (grid !== undefined) return { ...readGrid(grid), first: colour(first, "a colour"), last: colour(last, "a colour") };
  if (rings !== undefined) return { ...readRings(rings), first: colour(first, "a colour"), last: colour(last, "a colour") };
  return {
    kind: "LinearGradient",
    first: colour(first, "a colour"),
    last: colour(last, "a colour"),
    angle: scaled(angle, GRADIENT_DEGREE, 0, 63, "a gradient's angle"),
    start: scaled(start, STEPS, -STEPS, 2 * STEPS, "a gradient's start"),
    end: scaled(end, STEPS, -STEPS, 2 * STEPS, "a gradient's end"),
    border: null,
  };
}

/**
 * @param {unknown} value
 * @returns {import("../codec/types.js").RadialGradient} without colours of its own
 */
function readRings(value) {
  const { x = 0.5, y = 0.5, rx = 0.5, ry = 0.5, inner = 0 } = object(value, "rings");
  return {
    kind: "RadialGradient",
    first: [0, 0, 0],
    last: [0, 0, 0],
    x: scaled(x, RING_STEPS, -RING_STEPS, 2 * RING_STEPS, "a centre"),
    y: scaled(y, RING_STEPS, -RING_STEPS, 2 * RING_STEPS, "a centre"),
    rx: scaled(rx, RING_STEPS, 1, 4 * RING_STEPS, "a radius"),
    ry: scaled(ry, RING_STEPS, 1, 4 * RING_STEPS, "a radius"),
    inner: scaled(inner, STEPS, 0, STEPS - 1, "the inner part of a gradient"),
    border: null,
  };
}

/**
 * @param {unknown} value
 * @returns {import("../codec/types.js").ShadingField} without colours of its own
 */
function readGrid(value) {
  const { columns: told, levels: given, steps: most = 16 } = object(value, "a grid");
  const columns = whole(told, 2, MAX_FIELD_SIDE, "the columns of a grid");
  const steps = whole(most, 1, FIELD_STEPS[FIELD_STEPS.length - 1], "the steps of a grid");
  const levels = list(given, MAX_FIELD_SIDE ** 2, "levels").map((level) => whole(level, 0, steps, "a level"));
  const rows = levels.length / columns;
  if (!FIELD_STEPS.includes(steps) || !Number.isInteger(rows) || rows < 2 || rows > MAX_FIELD_SIDE) {
    throw wrong(`a grid of ${columns} columns and ${steps} steps has ${levels.length} levels`);
  }
  return { kind: "ShadingField", first: [0, 0, 0], last: [0, 0, 0], columns, levels, steps, border: null };
}

/**
 * @param {unknown} value
 * @returns {Border}
 */
function readBorder(value) {
  const { width, colour: told, sharp = false } = object(value, "a border");
  const units = scaled(width, UNITS, 1, MAX_BORDER, "a border's width");
  return { width: units, colour: colour(told, "a border's colour"), sharp: sharp === true };
}

/**
 * @param {Record<string, unknown>} figure
 * @returns {Mask}
 */
function readMask(figure) {
  const width = whole(figure.width, 1, MAX_MASK_SIDE, "a mask's width");
  const height = whole(figure.height, 1, MAX_MASK_SIDE, "a mask's height");
  const levels = whole(figure.levels, 1, MAX_LEVELS, "a mask's levels");
  const values = bytes(figure.values, "a mask");
  if (values.length !== width * height || values.some((value) => value > levels)) {
    throw wrong(`a mask of ${width} x ${height} cells has ${values.length} values`);
  }
  const colours = list(figure.colours ?? [], MAX_PATCH_COLOURS, "colours").map((one) => colour(one, "a colour"));
  if (colours.length && colours.length !== levels) throw wrong(`a mask of ${levels} levels has ${colours.length} colours`);
  return { kind: "Mask", width, height, levels, values, colours };
}

/**
 * @param {unknown} value
 * @param {number} most nodes
 * @returns {Contour}
 */
function readContour(value, most) {
  const { points, nodes, closed = true } = object(value, "a contour");
  const made = list(points, most, "a contour's points").map((point) => {
    const pair = list(point, 2, "a point");
    const [x, y] = [pair[0], pair[1]].map((px) => scaled(px, UNITS, -MAX_COORDINATE, MAX_COORDINATE, "a point"));
    return /** @type {Point} */ ([x, y]);
  });
  const kinds = [...text(nodes, "nodes")].map((letter) => LETTERS.indexOf(letter));
  if (!kinds.length || kinds.length !== made.length || kinds.includes(-1)) {
    throw wrong(`${made.length} points have ${kinds.length} nodes`);
  }
  return { points: made, kinds, closed: closed !== false };
}

/**
 * @param {unknown} value a figure
 * @returns {Outline}
 */
function readOutline(value) {
  const figure = object(value, "a figure");
  if (figure.kind === "mask") return readMask(figure);
  if (figure.kind !== "path") throw wrong(`a figure of the kind ${figure.kind}, which films do not have`);
  let left = MAX_NODES;
  const contours = list(figure.contours, MAX_CONTOURS, "contours").map((contour) => {
    const made = readContour(contour, left);
    left -= made.points.length;
    return made;
  });
  const stroke_width = scaled(figure.stroke_width ?? 0, UNITS, 0, MAX_COORDINATE, "a stroke's width");
  return { kind: "Outline", contours, stroke_width };
}

/** Which pictures move on: a flag for each but the last, or none. @param {unknown} value @param {number} count @returns {boolean[]} */
function readMoves(value, count) {
  const moves = list(value, count, "a texture's moves");
  const told = moves.length === 0 || (moves.length === count && moves.includes(true));
  if (!told || moves.some((flag) => typeof flag !== "boolean")) throw wrong("a texture's moves are not one flag for each step");
  return /** @type {boolean[]} */ (moves);
}

/** The vectors of one scene by their ids. */
export class Vectors {
  /** @type {Map<string, Shown>} */
  #shown = new Map();
  /** Textures by what was told of them, so that equal ones are one. @type {Map<string, Texture>} */
  #textures = new Map();

  /** @param {FilmHeader} header */
  constructor(header) {
    this.header = header;
  }

  /**
   * @param {unknown} id
   * @param {unknown} entry of the dictionary
   */
  add(id, entry) {
    const name = text(id, "a vector's id");
    if (this.#shown.size >= MOST) throw wrong("a scene has too many vectors");
    this.#shown.set(name, this.#read(object(entry, name)));
  }

  /**
   * @param {unknown} id
   * @returns {Shown}
   */
  find(id) {
    const shown = id === "v0" ? { nothing: true } : this.#shown.get(text(id, "a vector"));
    if (!shown) throw wrong(`the vector ${String(id).slice(0, 80)} was not told`);
    return /** @type {Shown} */ (shown);
  }

  /**
   * @param {Record<string, unknown>} entry
   * @returns {Shown}
   */
  #read({ type, geometry, mtor }) {
    if (type === "nothing") return { nothing: true };
    const extra = mtor === undefined ? {} : object(mtor, "mtor");
    if (type === "camera") return { camera: readPlace(extra) };
    if (type === "background") {
      return { paint: extra.texture === undefined ? readPaint(extra.paint) : this.#texture(extra.texture) };
    }
    const [figure, ...others] = list(geometry, 1, "a geometry");
    if (figure === undefined || others.length) throw wrong("a state has not one figure");
    return type === "outline" ? { outline: readOutline(figure) } : { state: this.#state(figure, extra) };
  }

  /**
   * @param {unknown} value a reference to an outline
   * @param {Record<string, unknown>} extra
   * @returns {ShapeState}
   */
  #state(value, extra) {
    const found = this.find(object(value, "a figure").ref);
    if (!("outline" in found)) throw wrong("a state refers to what is no outline");
    const { outline } = found;
    const border = extra.border === undefined ? null : readBorder(extra.border);
    const paint = extra.texture === undefined ? { ...readPaint(extra.paint), border } : this.#texture(extra.texture);
    if (outline.kind === "Mask" && (paint.kind === "TexturePaint" || border)) {
      throw wrong("a mask shows a texture or has a border");
    }
    const opacity = scaled(extra.opacity ?? 1, OPAQUE, 0, OPAQUE, "an opacity");
    return { outline, paint, transform: readPlace(extra), opacity };
  }

  /**
   * @param {unknown} value
   * @returns {TexturePaint}
   */
  #texture(value) {
    const { width, height, start, steps, data, moves = [], sharpness = 0 } = object(value, "a texture");
    const times = [0];
    for (const step of list(steps, MAX_PICTURES - 1, "a texture's steps")) {
      times.push(times[times.length - 1] + whole(step, 1, MAX_STEP, "a texture's step"));
    }
    const key = `${width} ${height} ${times} ${moves} ${sharpness} ${data}`;
    const begins = whole(start, -MAX_STEP, MAX_TICK + MAX_STEP, "a texture's start");
    const known = this.#textures.get(key);
    if (known) return { kind: "TexturePaint", texture: known, start: begins };
    const texture = {
      id: this.#textures.size,
      width: whole(width, 1, MAX_SIDE + STEPS, "a texture's width"),
      height: whole(height, 1, MAX_SIDE + STEPS, "a texture's height"),
      times,
      data: bytes(data, "a texture"),
      moves: readMoves(moves, times.length - 1),
      sharpness: whole(sharpness, 0, SHARPEST, "a texture's sharpness"),
    };
    const fault = faultOf(texture, this.header);
    if (fault) throw wrong(fault);
    this.#textures.set(key, texture);
    return { kind: "TexturePaint", texture, start: begins };
  }
}
