// SPDX-License-Identifier: Apache-2.0
/** Values of RFC JSON, checked: what comes as text may be anything. */

import { MtorError } from "../codec/errors.js";
import { MAX_TEXTURE_BYTES } from "../codec/limits.js";

/** @import { Colour } from "../codec/types.js" */

const MOST_BYTES = MAX_TEXTURE_BYTES;

/**
 * @param {string} what
 * @returns {MtorError}
 */
export function wrong(what) {
  return new MtorError(what, "events", "ask for the film again");
}

/**
 * @param {unknown} value
 * @param {string} what
 * @returns {Record<string, unknown>}
 */
export function object(value, what) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(`${what} is no object`);
  return /** @type {Record<string, unknown>} */ (value);
}

/**
 * @param {unknown} value
 * @param {number} most
 * @param {string} what
 * @returns {unknown[]} of at most so many elements
 */
export function list(value, most, what) {
  if (!Array.isArray(value) || value.length > most) throw wrong(`${what} is no list of at most ${most}`);
  return value;
}

/**
 * @param {unknown} value
 * @param {string} what
 * @returns {string}
 */
export function text(value, what) {
  if (typeof value !== "string") throw wrong(`${what} is no text`);
  return value;
}

/**
 * @param {unknown} value
 * @param {number} least
 * @param {number} most
 * @param {string} what
 * @returns {number} whole
 */
export function whole(value, least, most, what) {
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
    throw wrong(`${what} is no whole number of ${least} to ${most}`);
  }
  return value;
}

/**
 * @param {unknown} value px, a factor, degrees, a share
 * @param {number} unit how many of ours are 1 of it
 * @param {number} least of ours
 * @param {number} most of ours
 * @param {string} what
 * @returns {number} whole
 */
export function scaled(value, unit, least, most, what) {
  const made = typeof value === "number" ? Math.round(value * unit) : Number.NaN;
  // Adding 0 makes a -0 a 0.
  return whole(made + 0, least, most, what);
}

/**
 * @param {unknown} value
 * @param {string} what
 * @returns {Colour}
 */
export function colour(value, what) {
  const [y, cb, cr, ...others] = list(value, 3, what).map((code) => whole(code, 0, 255, what));
  if (cr === undefined || others.length) throw wrong(`${what} has not three codes`);
  return [y, cb, cr];
}

/**
 * @param {unknown} value base64
 * @param {string} what
 * @returns {Uint8Array}
 */
export function bytes(value, what) {
  const told = text(value, what);
  if (told.length > 2 * MOST_BYTES) throw wrong(`${what} is too long`);
  try {
    return Uint8Array.from(atob(told), (letter) => letter.charCodeAt(0));
  } catch {
    throw wrong(`${what} is no base64`);
  }
}
