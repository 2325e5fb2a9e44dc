// SPDX-License-Identifier: Apache-2.0
/** Series dictionaries: outlines that films share, in a file named by its hash (`docs/format.md`, Series dictionaries). */

import { beginsWith, Kind } from "./container.js";
import { crc16 } from "./crc.js";
import { readDictionary, readDictionaryPlain } from "./dictionary.js";
import { MtorError } from "./errors.js";
import { MAX_SECTION } from "./limits.js";
import { outlineKey } from "./outlines.js";
import { Payload } from "./payload.js";
import { sha256 } from "./sha256.js";

/** @import { Outline } from "./types.js" */
/** @import { Tables } from "./contexts.js" */

const MAGIC = "MTOD";
const VERSION = 2;
const NAME = "series dictionary";

/**
 * @param {Uint8Array} data
 * @returns {string}
 */
export function hex(data) {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {Uint8Array} data a whole file
 * @param {Tables} tables
 * @returns {Outline[]} by their ids
 */
export function readSeries(data, tables) {
  if (!beginsWith(data, MAGIC)) {
    throw new MtorError("not a series dictionary", NAME, "give a file made by mtor dict build");
  }
  if (data[MAGIC.length] !== VERSION) {
    throw new MtorError("made for another version of the format", NAME, "use a newer player");
  }
  const fields = new Payload(data.subarray(MAGIC.length + 1), NAME);
  const kind = fields.byte("section");
  const payload = fields.take(fields.varint(MAX_SECTION, "length of a section"), "section");
  const crc = crc16(fields.data.subarray(0, fields.place));
  const stored = fields.rest();
  if (kind !== Kind.DICT || stored.length !== 2 || ((stored[0] << 8) | stored[1]) !== crc) {
    throw new MtorError("the checksum is wrong", NAME);
  }
  const { first, count } = readDictionaryPlain(new Payload(payload, NAME));
  if (first || !count) throw fields.damaged(`${count} outlines from ${first} on`);
  const outlines = readDictionary(new Payload(payload, NAME), tables);
  if (new Set(outlines.map(outlineKey)).size < count) throw fields.damaged("an outline stands twice");
  return outlines;
}

/**
 * @param {Uint8Array} digest that a film names, or empty
 * @param {Uint8Array[]} dictionaries whole files
 * @param {Tables} tables
 * @returns {Outline[]} those of the dictionary that it names
 */
export function findSeries(digest, dictionaries, tables) {
  if (!digest.length) return [];
  const wanted = hex(digest);
  const data = dictionaries.find((candidate) => hex(sha256(candidate)) === wanted);
  if (data) return readSeries(data, tables);
  const missing = new MtorError(`needs the series dictionary ${wanted.slice(0, 16)}`, NAME, "fetch it too");
  missing.needs = wanted;
  throw missing;
}
