// SPDX-License-Identifier: Apache-2.0
/**
 * The contexts of the entropy coder: groups in the order of their numbers (`docs/format.md`, Context numbers), and their
 * trained start (`mtor_transcode/codec/tables_v1.json`, served beside the player).
 */

import { MtorError } from "./errors.js";

/** Contexts of a number. */
export const NUMBER = 40;
/** Contexts of a signed number. */
export const SIGNED = NUMBER + 2;
/** Contexts of a difference of two colours. */
export const COLOUR = 15 + 8 * NUMBER;

/** @type {[string, number][]} name and size of each group */
const LAYOUT = [
  ["outline.like", 1], ["outline.like_back", 40], ["outline.stroked", 2], ["outline.width", 40],
  ["outline.same_grid", 1], ["outline.grid", 7], ["outline.contours", 40], ["outline.box", 2],
  ["outline.closed", 2], ["outline.nodes", 40], ["outline.kind", 18], ["outline.first", 84],
  ["outline.box_side", 84], ["outline.dx_zero", 9], ["outline.dx_sign", 54], ["outline.dx", 480],
  ["outline.dy_zero", 8], ["outline.dy_sign", 162], ["outline.dy", 480], ["outline.change", 252],
  ["outline.new", 2], ["outline.recent", 1], ["outline.rank", 40], ["outline.id", 40], ["paint.gradient", 2],
  ["paint.hit", 2], ["paint.rank", 40], ["paint.colour", 335], ["paint.last", 335], ["paint.same_angle", 1],
  ["paint.angle", 63], ["paint.default_ends", 1], ["paint.ends", 84], ["paint.relative", 1],
  ["paint.change", 670], ["paint.change_geometry", 1], ["paint.change_angle", 42], ["paint.change_ends", 84],
  ["token.same_time", 6], ["token.more", 1], ["token.first_time", 40], ["token.same_step", 1],
  ["token.step", 40], ["token.kind", 24], ["token.same_duration", 5], ["token.duration", 200],
  ["shape.expected", 2], ["shape.rank", 42], ["shape.explicit", 42], ["enter.under", 40], ["enter.opaque", 1],
  ["enter.opacity", 40], ["enter.upright", 1], ["enter.scale", 42], ["enter.angle", 42], ["enter.fine", 2],
  ["enter.dx", 168], ["enter.dy", 84], ["edit.changes", 16], ["edit.turned", 1], ["edit.exact", 2],
  ["edit.dx", 126], ["edit.dy", 126], ["edit.scale", 42], ["edit.angle", 42], ["edit.opacity", 42],
  ["camera.again", 1], ["camera.value", 168], ["scene.dissolve", 1], ["scene.transition", 40],
  ["scene.camera", 1], ["sound.continuous", 1], ["sound.same_duration", 1], ["sound.duration", 40],
  ["sound.gap", 42], ["sound.size", 42], ["scene.softness", 40], ["backdrop.texture", 2], ["texture.id", 40],
  ["texture.start", 42], ["texture.size", 80], ["texture.count", 40], ["texture.step", 40],
  ["texture.jitter", 42], ["mask.is", 2], ["mask.like", 1], ["mask.like_back", 40], ["mask.size", 126],
  ["mask.change", 168], ["mask.same_levels", 1], ["mask.levels", 15], ["mask.some", 324], ["mask.full", 81],
  ["mask.middle", 45], ["mask.like_some", 729], ["mask.like_full", 243], ["mask.like_middle", 45],
  ["packet.head", 1], ["packet.start", 40], ["packet.again", 3], ["packet.known", 2], ["packet.shape", 42],
  ["packet.changes", 16], ["packet.grid", 8], ["paint.texture", 1], ["enter.again", 6], ["border.some", 2],
  ["border.same", 1], ["border.width", 40], ["border.kept", 2], ["border.sharp", 1],
  ["texture.sharpness", 40], ["texture.moves", 3], ["patch.is", 2], ["patch.size", 126],
  ["patch.count", 7], ["patch.hit", 1], ["patch.rank", 40], ["patch.colour", 335], ["patch.same", 384], ["patch.other", 8],
  ["radial.is", 2], ["radial.again", 1], ["radial.place", 84], ["radial.radii", 84], ["radial.inner", 40], ["radial.change", 210],
  ["field.is", 2], ["field.again", 1], ["field.side", 30], ["field.steps", 3], ["field.level", 168], ["field.kept", 1], ["field.change", 42],
];

const MOST_USES = 63;
const HALF = 32768;
const LOWEST = 512;

/** @type {Map<string, number>} */
const BASES = new Map();
let count = 0;
for (const [name, size] of LAYOUT) {
  BASES.set(name, count);
  count += size;
}

/** Number of contexts. */
export const COUNT = count;

/**
 * @param {string} name
 * @returns {number} the first context of a group
 */
export function base(name) {
  const first = BASES.get(name);
  if (first === undefined) throw new RangeError(`there is no group of contexts ${name}`);
  return first;
}

/**
 * The trained start of all contexts: probabilities of a 1 in 65536ths, and how many uses they are worth.
 *
 * @typedef {{probabilities: Uint16Array, uses: Uint8Array}} Tables
 */

/**
 * @param {{contexts: Record<string, [number, number][]>}} document what `tables_v1.json` holds
 * @returns {Tables}
 */
export function readTables(document) {
  const known = document?.contexts;
  if (typeof known !== "object" || !known) throw new MtorError("the decoder's tables are missing", "tables_v1.json");
  const probabilities = new Uint16Array(COUNT).fill(HALF);
  const uses = new Uint8Array(COUNT);
  for (const [name, size] of LAYOUT) {
    const entries = known[name];
    if (!entries) continue;
    if (entries.length !== size) {
      throw new MtorError(`group ${name} has ${entries.length} contexts, not ${size}`, "tables_v1.json");
    }
    entries.forEach(([probability, worth], place) => {
      if (!(probability >= LOWEST && probability <= 65536 - LOWEST && worth >= 0 && worth <= MOST_USES)) {
        throw new MtorError(`group ${name} has a value out of range`, "tables_v1.json");
      }
      probabilities[base(name) + place] = probability;
      uses[base(name) + place] = worth;
    });
  }
  return { probabilities, uses };
}
