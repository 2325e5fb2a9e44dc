// SPDX-License-Identifier: Apache-2.0
/** Paints: solids and gradients, afresh or as changes; fills of shapes, borders, backdrops (`docs/format.md`, Paints). */

import { readDifference, sameBorder, sameColour } from "./colours.js";
import { base, COLOUR, SIGNED } from "./contexts.js";
import { gridOf, readGrid, readGridChange, sameGrid } from "./field.js";
import { MAX_BORDER } from "./limits.js";
import { readMoved, readRings } from "./radial.js";
import { sameTexture } from "./textures.js";

/** @import { Border, Colour, Fill, Gradient, LinearGradient, Outline, Paint, RadialGradient, ShadingField, Texture, TexturePaint } from "./types.js" */
/** @import { Grid } from "./field.js" */
/** @import { Rings } from "./radial.js" */
/** @import { PaintMemory } from "./colours.js" */
/** @import { RangeDecoder } from "./range_decoder.js" */

/** @typedef {(id: number) => Texture} FindTexture */

const GRADIENT = base("paint.gradient");
const TEXTURE = base("paint.texture");
const LAST = base("paint.last");
const SAME_ANGLE = base("paint.same_angle");
const ANGLE = base("paint.angle");
const DEFAULT_ENDS = base("paint.default_ends");
const ENDS = base("paint.ends");
const RELATIVE = base("paint.relative");
const CHANGE = base("paint.change");
const CHANGE_GEOMETRY = base("paint.change_geometry");
const CHANGE_ANGLE = base("paint.change_angle");
const CHANGE_ENDS = base("paint.change_ends");
const RADIAL = base("radial.is");
const FIELD = base("field.is");
const BACKDROP_IS_TEXTURE = base("backdrop.texture");
const TEXTURE_ID = base("texture.id");
const TEXTURE_START = base("texture.start");
const BORDER_SOME = base("border.some");
const BORDER_SAME = base("border.same");
const BORDER_WIDTH = base("border.width");
const BORDER_KEPT = base("border.kept");
const BORDER_SHARP = base("border.sharp");

const ANGLES = 64;
const ANGLE_BITS = 6;
const STEPS = 16;

/**
 * @param {Fill} a
 * @param {Fill} b
 * @returns {boolean}
 */
export function samePaint(a, b) {
  if (a === b) return true;
  if (a.kind === "Solid" && b.kind === "Solid") return sameColour(a.colour, b.colour) && sameBorder(a.border, b.border);
  if (a.kind === "LinearGradient" && b.kind === "LinearGradient") {
    const line = a.angle === b.angle && a.start === b.start && a.end === b.end;
    return line && sameEnds(a, b);
  }
  if (a.kind === "RadialGradient" && b.kind === "RadialGradient") {
    return a.x === b.x && a.y === b.y && a.rx === b.rx && a.ry === b.ry && a.inner === b.inner && sameEnds(a, b);
  }
  if (a.kind === "ShadingField" && b.kind === "ShadingField") return sameGrid(a, b) && sameEnds(a, b);
  if (a.kind === "TexturePaint" && b.kind === "TexturePaint") {
    return a.start === b.start && sameTexture(a.texture, b.texture);
  }
  return false;
}

/**
 * @param {Gradient} a
 * @param {Gradient} b
 * @returns {boolean}
 */
function sameEnds(a, b) {
  return sameColour(a.first, b.first) && sameColour(a.last, b.last) && sameBorder(a.border, b.border);
}

/**
 * @param {Colour} first
 * @param {Colour} last
 * @param {Rings} rings
 * @returns {RadialGradient}
 */
function radial(first, last, [x, y, rx, ry, inner]) {
  return { kind: "RadialGradient", first, last, x, y, rx, ry, inner, border: null };
}

/**
 * @param {Colour} first
 * @param {Colour} last
 * @param {Grid} grid
 * @returns {ShadingField}
 */
function shading(first, last, { columns, levels, steps }) {
  return { kind: "ShadingField", first, last, columns, levels, steps, border: null };
}

/**
 * @param {RangeDecoder} decoder
 * @param {LinearGradient} paint
 * @returns {LinearGradient}
 */
function checked(decoder, paint) {
  const inside = (/** @type {number} */ place) => place >= -STEPS && place <= 2 * STEPS;
  if (!inside(paint.start) || !inside(paint.end)) throw decoder.damaged("a gradient is out of range");
  return paint;
}

/**
 * @param {RangeDecoder} decoder
 * @param {PaintMemory} memory
 * @returns {Paint | null} without its border; null where a texture comes
 */
function readPlain(decoder, memory) {
  if (!decoder.bit(GRADIENT + memory.gradient)) {
    return { kind: "Solid", colour: memory.readColour(decoder, 0), border: null };
  }
  if (decoder.bit(TEXTURE)) return null;
  const first = memory.readColour(decoder, 1);
  const last = readDifference(decoder, LAST, first);
  if (decoder.bit(RADIAL + memory.radial)) return radial(first, last, readRings(decoder, memory.rings));
  if (decoder.bit(FIELD + memory.field)) return shading(first, last, readGrid(decoder, memory.grid));
  const angle = decoder.bit(SAME_ANGLE) ? memory.angle : decoder.tree(ANGLE, ANGLE_BITS);
  let start = 0;
  let end = STEPS;
  if (!decoder.bit(DEFAULT_ENDS)) {
    start = decoder.signed(ENDS);
    end = STEPS + decoder.signed(ENDS + SIGNED);
  }
  return checked(decoder, { kind: "LinearGradient", first, last, angle, start, end, border: null });
}

/**
 * @param {RangeDecoder} decoder
 * @param {PaintMemory} memory
 * @returns {Paint}
 */
export function readPaint(decoder, memory) {
  const paint = readPlain(decoder, memory);
  if (!paint) throw decoder.damaged("a texture stands where none may be");
  return paint;
}

/**
 * @param {RangeDecoder} decoder
 * @param {PaintMemory} memory
 * @param {Paint} old
 * @returns {Paint | null} a change of the old paint; null if another comes afresh
 */
function readRelative(decoder, memory, old) {
  if (!decoder.bit(RELATIVE)) return null;
  if (old.kind === "Solid") return { kind: "Solid", colour: readDifference(decoder, CHANGE, old.colour), border: null };
  const first = readDifference(decoder, CHANGE, old.first);
  const follow = /** @type {Colour} */ (
    old.last.map((code, channel) => Math.min(255, Math.max(0, code + first[channel] - old.first[channel])))
  );
  const last = readDifference(decoder, CHANGE + COLOUR, follow);
  if (old.kind === "RadialGradient") {
    /** @type {Rings} */
    const rings = [old.x, old.y, old.rx, old.ry, old.inner];
    return radial(first, last, decoder.bit(CHANGE_GEOMETRY) ? readMoved(decoder, rings) : rings);
  }
  if (old.kind === "ShadingField") {
    const moved = decoder.bit(CHANGE_GEOMETRY);
    return shading(first, last, moved ? readGridChange(decoder, gridOf(old), memory.grid) : gridOf(old));
  }
  const turned = (old.angle + decoder.signed(CHANGE_ANGLE)) % ANGLES;
  let { start, end } = old;
  if (decoder.bit(CHANGE_GEOMETRY)) {
    start += decoder.signed(CHANGE_ENDS);
    end += decoder.signed(CHANGE_ENDS + SIGNED);
  }
  const angle = turned < 0 ? turned + ANGLES : turned;
  return checked(decoder, { kind: "LinearGradient", first, last, angle, start, end, border: null });
}

/**
 * @param {RangeDecoder} decoder
 * @param {FindTexture} find
 * @param {number} now film tick
 * @returns {TexturePaint}
 */
function readTextureName(decoder, find, now) {
  const texture = find(decoder.number(TEXTURE_ID));
  return { kind: "TexturePaint", texture, start: now + decoder.signed(TEXTURE_START) };
}

/**
 * @param {RangeDecoder} decoder
 * @param {PaintMemory} memory
 * @param {FindTexture} find
 * @param {number} now film tick
 * @param {Fill | null} old what is behind all shapes so far
 * @returns {Fill}
 */
export function readBackdrop(decoder, memory, find, now, old) {
  const before = old && old.kind !== "TexturePaint" ? old : null;
  if (decoder.bit(BACKDROP_IS_TEXTURE + (old && !before ? 1 : 0))) return readTextureName(decoder, find, now);
  return (before && readRelative(decoder, memory, before)) || readPaint(decoder, memory);
}

/**
 * @param {RangeDecoder} decoder
 * @param {PaintMemory} memory
 * @returns {Border | null}
 */
function readBorder(decoder, memory) {
  if (!decoder.bit(BORDER_SOME + memory.bordered)) return null;
  if (memory.border && decoder.bit(BORDER_SAME)) return memory.border;
  const width = decoder.number(BORDER_WIDTH) + 1;
  if (width > MAX_BORDER) throw decoder.damaged("a border is too wide");
  const sharp = decoder.bit(BORDER_SHARP) === 1;
  return { width, colour: memory.readColour(decoder, 0), sharp };
}

/**
 * @param {RangeDecoder} decoder
 * @param {PaintMemory} memory
 * @param {FindTexture} find
 * @param {number} now film tick
 * @returns {Fill} a shape's paint, afresh
 */
export function readShapePaint(decoder, memory, find, now) {
  const paint = readPlain(decoder, memory);
  return paint ? { ...paint, border: readBorder(decoder, memory) } : readTextureName(decoder, find, now);
}

/**
 * @param {RangeDecoder} decoder
 * @param {PaintMemory} memory
 * @param {FindTexture} find
 * @param {number} now film tick
 * @param {Fill} old
 * @returns {Fill} a shape's paint where `old` was before
 */
export function readShapePaintChange(decoder, memory, find, now, old) {
  const plain = old.kind !== "TexturePaint";
  const paint = (plain ? readRelative(decoder, memory, old) : null) ?? readPlain(decoder, memory);
  if (!paint) return readTextureName(decoder, find, now);
  const border = plain ? old.border : null;
  return { ...paint, border: decoder.bit(BORDER_KEPT + (border ? 1 : 0)) ? border : readBorder(decoder, memory) };
}

/**
 * @param {RangeDecoder} decoder
 * @param {Outline} outline
 * @param {Fill} paint
 * @throws {import("./errors.js").MtorError} for a mask with a texture or a border
 */
export function checkMaskPaint(decoder, outline, paint) {
  if (outline.kind !== "Mask") return;
  if (paint.kind === "TexturePaint") throw decoder.damaged("a mask shows a texture");
  if (paint.border) throw decoder.damaged("a mask has a border");
}
