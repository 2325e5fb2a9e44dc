// SPDX-License-Identifier: Apache-2.0
/** Tokens of spans and snapshots: when, what, which shape, and what changes (`docs/format.md`, Tokens). */

import { base, NUMBER } from "./contexts.js";
import { MAX_LIVE } from "./limits.js";
import { gridOf } from "./outlines.js";
import { checkMaskPaint, readBackdrop, readShapePaint, readShapePaintChange } from "./paints.js";
import { readCamera, readMove, readNextPlace } from "./places.js";
import { countUpTo, KINDS, NOBODY } from "./scene_memory.js";

/** @import { Edit, Enter, Outline, Token } from "./types.js" */
/** @import { RangeDecoder } from "./range_decoder.js" */
/** @import { LiveShape, SceneMemory } from "./scene_memory.js" */

/** @typedef {(id: number) => Outline} FindOutline */

const SAME_TIME = base("token.same_time");
const MORE = base("token.more");
const FIRST_TIME = base("token.first_time");
const SAME_STEP = base("token.same_step");
const STEP = base("token.step");
const KIND = base("token.kind");
const SAME_DURATION = base("token.same_duration");
const DURATION = base("token.duration");
const EXPECTED = base("shape.expected");
const SHAPE_RANK = base("shape.rank");
const EXPLICIT = base("shape.explicit");
const NEW = base("outline.new");
const RECENT = base("outline.recent");
const RANK = base("outline.rank");
const ID = base("outline.id");
const UNDER = base("enter.under");
const IS_OPAQUE = base("enter.opaque");
const OPACITY = base("enter.opacity");
const CHANGES = base("edit.changes");
const FADE = base("edit.opacity");

const OPAQUE = 255;

/**
 * How a token begins: its tick, the place of its kind in `KINDS`, its duration.
 *
 * @typedef {{at: number, kind: number, duration: number}} Lead
 */

/**
 * @param {RangeDecoder} decoder
 * @param {SceneMemory} memory goes on to the token's time
 * @returns {Lead | null} null at the end of the span
 */
export function readLead(decoder, memory) {
  const { time, open } = memory;
  if (!open || !decoder.bit(SAME_TIME + memory.kind)) {
    if (!decoder.bit(MORE)) return null;
    if (!open) memory.goTo(time + decoder.number(FIRST_TIME));
    else memory.goTo(time + (decoder.bit(SAME_STEP) ? memory.timeStep : decoder.number(STEP) + 1));
  }
  const group = KIND + 4 * memory.kind;
  let kind = 0;
  while (kind < 4 && !decoder.bit(group + kind)) kind += 1;
  const same = decoder.bit(SAME_DURATION + kind);
  const duration = same ? memory.durations[kind] : decoder.number(DURATION + NUMBER * kind);
  return { at: memory.time, kind, duration };
}

/**
 * @param {RangeDecoder} decoder
 * @param {SceneMemory} memory remembers the token
 * @param {FindOutline} find
 * @returns {Token | null} null at the end of the span
 */
export function readToken(decoder, memory, find) {
  const lead = readLead(decoder, memory);
  if (!lead) return null;
  const { at, duration } = lead;
  const kind = KINDS[lead.kind];
  if (kind === "Enter") return readEnter(decoder, memory, find, lead);
  if (kind === "Edit") return readEdit(decoder, memory, find, lead);
  /** @type {Token} */
  let token;
  let shape = NOBODY;
  if (kind === "Leave") {
    shape = readShape(decoder, memory);
    token = { kind, at, shape, duration };
  } else if (kind === "CameraMove") {
    token = { kind, at, duration, camera: readCamera(decoder, memory.camera, memory.cameraMotion) };
  } else {
    const paint = readBackdrop(decoder, memory.paints, memory.findTexture, at, memory.background);
    token = { kind, at, duration, paint };
  }
  memory.remember(token, shape, NOBODY);
  return token;
}

/**
 * @param {RangeDecoder} decoder
 * @param {SceneMemory} memory
 * @param {FindOutline} find
 * @param {Lead} lead
 * @returns {Enter}
 */
function readEnter(decoder, memory, find, { at, duration }) {
  let shape = memory.nextShape;
  if (memory.explicitIds) {
    shape = memory.lastEntered + 1 + decoder.signed(EXPLICIT);
    if (memory.shapes.has(shape) || shape < 0 || shape >= memory.nextShape) {
      throw decoder.damaged("a shape's number is out of range");
    }
  }
  if (memory.shapes.size >= MAX_LIVE) throw decoder.damaged("too many shapes");
  const outlineId = readOutlineReference(decoder, memory);
  const outline = find(outlineId);
  const transform = readNextPlace(decoder, memory, outlineId, gridOf(outline));
  const paint = readShapePaint(decoder, memory.paints, memory.findTexture, memory.time);
  checkMaskPaint(decoder, outline, paint);
  const opacity = readOpacity(decoder, null);
  const under = readUnder(decoder);
  /** @type {Enter} */
  const token = { kind: "Enter", at, shape, state: { outline, paint, transform, opacity }, under, duration };
  memory.remember(token, shape, outlineId);
  return token;
}

/**
 * @param {RangeDecoder} decoder
 * @param {SceneMemory} memory
 * @param {FindOutline} find
 * @param {Lead} lead
 * @returns {Edit}
 */
function readEdit(decoder, memory, find, { at, duration }) {
  const shape = readShape(decoder, memory);
  const live = /** @type {LiveShape} */ (memory.shapes.get(shape));
  const old = live.state;
  const [moved, painted, reshaped, faded] = readChanges(decoder, CHANGES, memory.changes);
  const outlineId = reshaped ? readOutlineReference(decoder, memory) : live.outlineId;
  const outline = reshaped ? find(outlineId) : old.outline;
  const transform = moved ? readMove(decoder, memory, old.transform, live.motion) : old.transform;
  const paint = painted
    ? readShapePaintChange(decoder, memory.paints, memory.findTexture, memory.time, old.paint)
    : old.paint;
  checkMaskPaint(decoder, outline, paint);
  const opacity = faded ? readOpacity(decoder, old.opacity) : old.opacity;
  /** @type {Edit} */
  const token = { kind: "Edit", at, duration, shape, state: { outline, paint, transform, opacity } };
  memory.remember(token, shape, outlineId);
  return token;
}

/**
 * @param {RangeDecoder} decoder
 * @param {number} group first context
 * @param {number} before which fields the last edit changed
 * @returns {number[]} whether transform, paint, outline, opacity change
 */
export function readChanges(decoder, group, before) {
  let some = 0;
  return [0, 1, 2, 3].map((field) => {
    const changed = decoder.bit(group + 4 * field + 2 * ((before >> field) & 1) + some);
    some |= changed;
    return changed;
  });
}

/**
 * @param {RangeDecoder} decoder
 * @param {number | null} old null where it is told afresh
 * @returns {number}
 */
export function readOpacity(decoder, old) {
  let opacity = OPAQUE;
  if (old !== null) opacity = old + decoder.signed(FADE);
  else if (!decoder.bit(IS_OPAQUE)) opacity = OPAQUE - 1 - decoder.number(OPACITY);
  if (opacity < 0 || opacity > OPAQUE) throw decoder.damaged("an opacity is out of range");
  return opacity;
}

/**
 * @param {RangeDecoder} decoder
 * @returns {number} how many shapes stay above an entering one
 */
export function readUnder(decoder) {
  const under = decoder.number(UNDER);
  if (under > MAX_LIVE) throw decoder.damaged("a shape enters below too many");
  return under;
}

/**
 * @param {RangeDecoder} decoder
 * @param {SceneMemory} memory
 * @returns {number} the id of an outline
 */
export function readOutlineReference(decoder, memory) {
  if (decoder.bit(NEW + memory.wasNew)) return memory.nextNew;
  if (memory.recent.length && decoder.bit(RECENT)) {
    const rank = decoder.number(RANK);
    if (rank >= memory.recent.length) {
      throw decoder.damaged("a token refers to an outline that the scene has not used");
    }
    return memory.recent[rank];
  }
  const id = memory.nextNew - 1 - decoder.number(ID);
  if (id < 0) throw decoder.damaged("a token refers to an outline that does not exist");
  return id;
}

/**
 * @param {RangeDecoder} decoder
 * @param {SceneMemory} memory
 * @returns {number} the number of a live shape
 */
function readShape(decoder, memory) {
  const { order, shapes } = memory;
  const next = countUpTo(order, memory.named);
  const successor = memory.successor.get(memory.named) ?? NOBODY;
  const known = shapes.has(successor) ? 1 : 0;
  const expected = known ? successor : (order[next] ?? NOBODY);
  if (expected !== NOBODY && decoder.bit(EXPECTED + known)) return expected;
  const rank = next + decoder.signed(SHAPE_RANK);
  if (rank < 0 || rank >= order.length) throw decoder.damaged("a token refers to a shape that is not there");
  return order[rank];
}
