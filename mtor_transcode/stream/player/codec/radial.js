// SPDX-License-Identifier: Apache-2.0
/** Where radial gradients lie: centre, radii and inner part, afresh or as changes (`docs/format.md`, Paints). */

import { base, SIGNED } from "./contexts.js";

/** @import { RangeDecoder } from "./range_decoder.js" */

/** @typedef {[number, number, number, number, number]} Rings x, y, rx, ry, inner */

const AGAIN = base("radial.again");
const PLACE = base("radial.place");
const RADII = base("radial.radii");
const INNER = base("radial.inner");
const CHANGE = base("radial.change");

const STEPS = 64;
const MAX_RADIUS = 256;
const INNER_STEPS = 16;

/** What a scene's first radial gradient is told after. @type {Rings} */
export const FIRST_RINGS = [32, 32, 45, 45, 0];

/**
 * @param {RangeDecoder} decoder
 * @param {Rings} rings
 * @returns {Rings}
 */
function checked(decoder, rings) {
  const [x, y, rx, ry, inner] = rings;
  const place = Math.min(x, y) >= -STEPS && Math.max(x, y) <= 2 * STEPS;
  const radii = Math.min(rx, ry) >= 1 && Math.max(rx, ry) <= MAX_RADIUS;
  if (!place || !radii || inner < 0 || inner >= INNER_STEPS) throw decoder.damaged("a radial gradient is out of range");
  return rings;
}

/**
 * @param {RangeDecoder} decoder
 * @param {Rings} last of the last radial gradient
 * @returns {Rings}
 */
export function readRings(decoder, last) {
  if (decoder.bit(AGAIN)) return last;
  const x = FIRST_RINGS[0] + decoder.signed(PLACE);
  const y = FIRST_RINGS[1] + decoder.signed(PLACE + SIGNED);
  const rx = FIRST_RINGS[2] + decoder.signed(RADII);
  const ry = rx + decoder.signed(RADII + SIGNED);
  return checked(decoder, [x, y, rx, ry, decoder.number(INNER)]);
}

/**
 * @param {RangeDecoder} decoder
 * @param {Rings} old
 * @returns {Rings} as a change of the old ones
 */
export function readMoved(decoder, old) {
  const moved = old.map((before, place) => before + decoder.signed(CHANGE + place * SIGNED));
  return checked(decoder, /** @type {Rings} */ (moved));
}
