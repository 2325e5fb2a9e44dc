// SPDX-License-Identifier: Apache-2.0
/** Manifests: which sections a signature covers, by which hashes (`docs/format.md`, Signatures). */

import { hex, Reader } from "./bytes.js";
import { TrustError } from "./errors.js";

/** @import { Bytes } from "./bytes.js" */

export const SIGNATURE_BYTES = 64;
export const FIRST_NUMBER = 2;

const HASHES = [8, 12, 16, 32];
const FIRST = 4;
const NONCE = 8;
const LAST = 16;
const WHOLE = 32;
const RUNS = 64;
const KNOWN = 127;

/**
 * Sections of consecutive numbers that pass together; without a hash a repair, or all sections of a manifest
 * without a table.
 *
 * @typedef {{first: number, count: number, hash: Bytes | null}} Unit
 */

/**
 * @typedef {object} Manifest
 * @property {number} first number of the first section
 * @property {number} sections
 * @property {Unit[]} units
 * @property {number[]} mended numbers of the repairs
 * @property {Bytes} repairs their hash, or empty
 * @property {string} keyId hex; empty but in a film's first manifest
 * @property {Bytes} nonce
 * @property {boolean} last
 * @property {boolean} whole
 * @property {Bytes} signed
 * @property {Bytes} signature
 */

/**
 * @param {string} where
 * @returns {TrustError}
 */
export function damaged(where) {
  return new TrustError("the signature is damaged", where, "fetch the film again");
}

/**
 * @param {Uint8Array} payload of a SIGNATURE section
 * @param {string} where
 * @returns {Manifest}
 */
export function parseManifest(payload, where) {
  const cut = payload.length - SIGNATURE_BYTES;
  if (cut < 6) throw damaged(where);
  const signed = payload.slice(0, cut);
  const reader = new Reader(signed, () => damaged(where));
  const flags = reader.number(1);
  const first = reader.number(3);
  const sections = reader.number(2);
  const keyId = hex(reader.take(flags & FIRST ? 8 : 0));
  const nonce = reader.take(flags & NONCE ? 16 : 0);
  const whole = Boolean(flags & WHOLE);
  const runs = flags & RUNS ? [...reader.take(reader.number(2))] : new Array(whole ? 0 : sections).fill(1);
  const size = HASHES[flags & 3];
  const { units, mended } = unitsOf(runs, first, () => reader.take(size));
  if (whole) units.push({ first, count: sections, hash: null });
  const repairs = reader.take(mended.length ? size : 0);
  if (reader.place < signed.length || !sound(flags, first, sections, runs)) throw damaged(where);
  const last = Boolean(flags & LAST);
  return { first, sections, units, mended, repairs, keyId, nonce, last, whole, signed, signature: payload.slice(cut) };
}

/**
 * @param {number[]} runs
 * @param {number} first
 * @param {() => Bytes} next reads the next hash
 * @returns {{units: Unit[], mended: number[]}}
 */
function unitsOf(runs, first, next) {
  /** @type {Unit[]} */
  const units = [];
  /** @type {number[]} */
  const mended = [];
  let at = first;
  for (const run of runs) {
    if (run) units.push({ first: at, count: run, hash: next() });
    else mended.push(at);
    at += Math.max(run, 1);
  }
  return { units, mended };
}

/**
 * @param {number} flags
 * @param {number} first
 * @param {number} sections
 * @param {number[]} runs
 * @returns {boolean} whether what a manifest says fits together, and is said in the one way there is
 */
function sound(flags, first, sections, runs) {
  const opens = Boolean(flags & FIRST);
  const counted = runs.reduce((sum, run) => sum + Math.max(run, 1), 0) === sections && runs.some((run) => run);
  const table = flags & WHOLE ? !(flags & RUNS) && !(flags & 3) : counted;
  return (
    table &&
    (flags & ~KNOWN) === 0 &&
    (opens ? first === FIRST_NUMBER : first >= FIRST_NUMBER) &&
    (opens || !(flags & NONCE)) &&
    (opens || sections > 0) &&
    Boolean(flags & RUNS) === runs.some((run) => run !== 1)
  );
}
