// SPDX-License-Identifier: Apache-2.0
/** PACKET sections, each read alone (`docs/format.md`, Packets). */

import { base } from "./contexts.js";
import { MtorError } from "./errors.js";
import {
  MAX_OUTLINES,
  MAX_PACKET_SHAPE,
  MAX_PACKETS,
  MAX_SECTION_NODES,
  MAX_SPAN_TEXTURES,
  MAX_SPAN_TOKENS,
  MAX_STEP,
  MAX_TICK,
  NODES_PER_BYTE,
  TOKENS_PER_BYTE,
} from "./limits.js";
import { nodeCount } from "./outlines.js";
import { readChange } from "./packet_changes.js";
import { PacketMemory } from "./packet_memory.js";
import { Contexts, RangeDecoder } from "./range_decoder.js";
import { readSceneHead } from "./scenes.js";

/** @import { Outline, SceneStart } from "./types.js" */
/** @import { Tables } from "./contexts.js" */
/** @import { Change } from "./packet_memory.js" */
/** @import { FindTexture } from "./paints.js" */
/** @import { Payload } from "./payload.js" */

const HEAD = base("packet.head");
const START = base("packet.start");
const MAX_SCENE = 2 ** 31 - 1;

/**
 * Plain fields of a packet: its number in the film, its scene's, the ticks of which it tells, the ids of the first
 * outline that it may define and of the first shape that enters.
 *
 * @typedef {object} PacketPlain
 * @property {number} number
 * @property {number} scene
 * @property {number} start
 * @property {number} end
 * @property {number} nextNew
 * @property {number} nextShape
 */

/** @typedef {{plain: PacketPlain, head: SceneStart | null, changes: Change[], outlines: Outline[]}} Packet */

/**
 * @param {Payload} payload
 * @returns {PacketPlain}
 */
export function readPacketPlain(payload) {
  const number = payload.varint(MAX_PACKETS, "number of a packet");
  const scene = payload.varint(MAX_SCENE, "number of a scene");
  const start = payload.varint(MAX_TICK, "start");
  const end = start + payload.varint(MAX_STEP, "duration of a packet");
  const nextNew = payload.varint(MAX_OUTLINES, "id of an outline");
  return { number, scene, start, end, nextNew, nextShape: payload.varint(MAX_PACKET_SHAPE, "number of a shape") };
}

/**
 * @param {RangeDecoder} decoder
 * @param {PacketPlain} plain
 * @param {boolean} whole if not, the head counts only if all of it is there
 * @returns {SceneStart | null}
 */
function readHead(decoder, plain, whole) {
  if (!decoder.bit(HEAD)) return null;
  const start = plain.start - decoder.number(START);
  if (start < 0) throw decoder.damaged("a scene starts before the film");
  const head = readSceneHead(decoder, plain.scene, start);
  return !whole && decoder.pastEnd ? null : head;
}

/**
 * @template T
 * @param {boolean} whole
 * @param {() => T} read
 * @param {T} otherwise what is read where a packet is not whole and makes no sense
 * @returns {T}
 */
function tolerant(whole, read, otherwise) {
  try {
    return read();
  } catch (error) {
    if (whole || !(error instanceof MtorError)) throw error;
    return otherwise;
  }
}

/**
 * @param {Payload} payload not touched yet
 * @param {Tables} tables
 * @param {boolean} whole
 * @returns {SceneStart | null} the scene's head, if the packet tells it
 */
export function readPacketHead(payload, tables, whole) {
  const plain = readPacketPlain(payload);
  const data = payload.rest();
  const read = () => readHead(new RangeDecoder(data, new Contexts(tables), payload.where), plain, whole);
  return tolerant(whole, read, null);
}

/**
 * @param {Payload} payload not touched yet
 * @param {Tables} tables
 * @param {FindTexture} findTexture
 * @param {boolean} whole if not, only its beginning is there, and the packet ends with the last change that is sure
 * @returns {Packet}
 */
export function readPacket(payload, tables, findTexture, whole) {
  const plain = readPacketPlain(payload);
  const data = payload.rest();
  /** @type {Packet} */
  const packet = { plain, head: null, changes: [], outlines: [] };
  const read = () => {
    const decoder = new RangeDecoder(data, new Contexts(tables), payload.where);
    packet.head = readHead(decoder, plain, whole);
    readAll(decoder, packet, findTexture, data.length, whole);
  };
  tolerant(whole, read, undefined);
  if (!whole) packet.plain = { ...plain, end: packet.changes.at(-1)?.at ?? plain.start };
  return packet;
}

/**
 * @param {RangeDecoder} decoder
 * @param {Packet} packet gets the changes and outlines
 * @param {FindTexture} findTexture
 * @param {number} size bytes of entropy-coded data
 * @param {boolean} whole
 */
function readAll(decoder, packet, findTexture, size, whole) {
  const { start, end, nextNew, nextShape } = packet.plain;
  const memory = new PacketMemory(start, nextNew, nextShape, findTexture);
  const most = Math.min(MAX_SPAN_TOKENS, TOKENS_PER_BYTE * size);
  let left = Math.min(MAX_SECTION_NODES, NODES_PER_BYTE * size);
  let textures = 0;
  for (let count = 0; ; count++) {
    const change = readChange(decoder, memory, left);
    if (!change) return;
    if (count >= most) throw decoder.damaged("a packet has too many tokens");
    if (change.at > end) throw decoder.damaged("a token comes after the end of its packet");
    if (change.outline) left -= nodeCount(change.outline);
    if ((change.backdrop ?? change.paint)?.kind === "TexturePaint") textures += 1;
    if (textures > MAX_SPAN_TEXTURES) throw decoder.damaged("a packet has too many textures");
    if (!whole && decoder.pastEnd) return;
    packet.changes.push(change);
    if (change.outline && !change.again) packet.outlines.push(change.outline);
  }
}
