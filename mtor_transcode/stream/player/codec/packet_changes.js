// SPDX-License-Identifier: Apache-2.0
/** The coded changes of a packet; reading them takes nothing from outside of it (`docs/format.md`, Packets). */

import { base } from "./contexts.js";
import { MAX_LIVE, MAX_PACKET_SHAPE } from "./limits.js";
import { gridOf, readOutline } from "./outlines.js";
import { BACKDROP, CAMERA, EDIT, ENTER, UNKNOWN } from "./packet_memory.js";
import { readBackdrop, readShapePaint, readShapePaintChange } from "./paints.js";
import { readCamera, readMove, readPlace } from "./places.js";
import { NOBODY } from "./scene_memory.js";
import { readChanges, readLead, readOpacity, readOutlineReference, readUnder } from "./tokens.js";

/** @import { Outline, Place } from "./types.js" */
/** @import { Change, Known, PacketMemory } from "./packet_memory.js" */
/** @import { RangeDecoder } from "./range_decoder.js" */
/** @import { Lead } from "./tokens.js" */

const AGAIN = base("packet.again");
const KNOWN = base("packet.known");
const SHAPE = base("packet.shape");
const CHANGES = base("packet.changes");
const GRID = base("packet.grid");

/**
 * @param {Lead} lead
 * @param {Partial<Change>} told
 * @returns {Change}
 */
function change(lead, told) {
  /** @type {Change} */
  const nothing = {
    ...lead,
    shape: NOBODY,
    outlineId: NOBODY,
    outline: null,
    grid: 0,
    place: null,
    paint: null,
    opacity: null,
    under: 0,
    camera: null,
    backdrop: null,
    again: false,
  };
  return { ...nothing, ...told };
}

/**
 * @param {RangeDecoder} decoder
 * @param {PacketMemory} memory takes the change
 * @param {number} most nodes of an outline that it defines
 * @returns {Change | null} null at the packet's end
 */
export function readChange(decoder, memory, most) {
  const lead = readLead(decoder, memory);
  if (!lead) return null;
  const read = readFields(decoder, memory, lead, most);
  memory.take(read);
  return read;
}

/**
 * @param {RangeDecoder} decoder
 * @param {PacketMemory} memory
 * @param {Lead} lead
 * @param {number} most nodes
 * @returns {Change}
 */
function readFields(decoder, memory, lead, most) {
  const { at, kind } = lead;
  if (kind === CAMERA || kind === BACKDROP) {
    const again = decoder.bit(AGAIN + 2) === 1;
    if (kind === CAMERA) return change(lead, { again, camera: readCamera(decoder, memory.camera, memory.cameraMotion) });
    const backdrop = readBackdrop(decoder, memory.paints, memory.findTexture, at, memory.backdrop);
    return change(lead, { again, backdrop });
  }
  if (kind === ENTER) return readEnter(decoder, memory, lead, most);
  const shape = readShape(decoder, memory);
  return kind === EDIT ? readEdit(decoder, memory, lead, shape, most) : change(lead, { shape });
}

/**
 * @param {RangeDecoder} decoder
 * @param {PacketMemory} memory
 * @param {Lead} lead
 * @param {number} most nodes
 * @returns {Change}
 */
function readEnter(decoder, memory, lead, most) {
  if (memory.known.size >= MAX_LIVE || memory.nextShape >= MAX_PACKET_SHAPE) {
    throw decoder.damaged("too many shapes");
  }
  let shape = memory.nextShape;
  const again = decoder.bit(AGAIN) === 1;
  if (again) {
    shape = memory.lastNamed + decoder.signed(SHAPE);
    if (shape < 0 || shape >= memory.nextShape) throw decoder.damaged("a shape's number is out of range");
  }
  const { outlineId, outline } = readOutlineOf(decoder, memory, most, again);
  const { grid, place } = readPlaceOf(decoder, memory, UNKNOWN, outline);
  const paint = readShapePaint(decoder, memory.paints, memory.findTexture, lead.at);
  const opacity = readOpacity(decoder, null);
  const under = readUnder(decoder);
  return change(lead, { shape, outlineId, outline, grid, place, paint, opacity, under, again });
}

/**
 * @param {RangeDecoder} decoder
 * @param {PacketMemory} memory
 * @param {Lead} lead
 * @param {number} shape
 * @param {number} most nodes
 * @returns {Change}
 */
function readEdit(decoder, memory, lead, shape, most) {
  const known = memory.known.get(shape) ?? UNKNOWN;
  const [moved, painted, reshaped, faded] = readChanges(decoder, CHANGES, memory.changes);
  const told = change(lead, { shape });
  if (reshaped) Object.assign(told, readOutlineOf(decoder, memory, most, false));
  if (moved) Object.assign(told, readPlaceOf(decoder, memory, known, told.outline));
  if (painted && known.paint) {
    told.paint = readShapePaintChange(decoder, memory.paints, memory.findTexture, lead.at, known.paint);
  } else if (painted) told.paint = readShapePaint(decoder, memory.paints, memory.findTexture, lead.at);
  if (faded) told.opacity = readOpacity(decoder, known.opacity);
  return told;
}

/**
 * @param {RangeDecoder} decoder
 * @param {PacketMemory} memory
 * @returns {number} the number of a shape
 */
function readShape(decoder, memory) {
  const expected = memory.expected();
  if (decoder.bit(KNOWN + expected.known)) return expected.shape;
  const shape = memory.lastNamed + decoder.signed(SHAPE);
  if (shape < 0 || shape >= MAX_PACKET_SHAPE) throw decoder.damaged("a shape's number is out of range");
  return shape;
}

/**
 * @param {RangeDecoder} decoder
 * @param {PacketMemory} memory
 * @param {number} most nodes
 * @param {boolean} again whether it may be one that the film told before
 * @returns {{outlineId: number, outline: Outline | null}}
 */
function readOutlineOf(decoder, memory, most, again) {
  const outlineId = readOutlineReference(decoder, memory);
  let defined = outlineId === memory.nextNew;
  if (again) {
    if (defined) throw decoder.damaged("an outline is repeated that is new");
    defined = decoder.bit(AGAIN + 1) === 1;
  }
  return { outlineId, outline: defined ? readOutline(decoder, memory.section, most).outline : null };
}

/**
 * @param {RangeDecoder} decoder
 * @param {PacketMemory} memory
 * @param {Known} known
 * @param {Outline | null} outline that was defined just now
 * @returns {{grid: number, place: Place}}
 */
function readPlaceOf(decoder, memory, known, outline) {
  if (known.place) return { grid: 0, place: readMove(decoder, memory, known.place, known.motion) };
  let { grid } = memory;
  if (outline) grid = gridOf(outline);
  else if (!decoder.bit(GRID)) grid = decoder.tree(GRID + 1, 3);
  return { grid, place: readPlace(decoder, memory, grid) };
}
