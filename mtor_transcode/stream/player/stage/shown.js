// SPDX-License-Identifier: Apache-2.0
/**
 * What of a texture is to be seen at a time.
 *
 * @typedef {import("../codec/types.js").Texture} Texture
 * @typedef {import("../codec/types.js").TexturePaint} TexturePaint
 *
 * @typedef {object} TextureShown picture `index` of a texture, `part` of PARTS on its way to the next one
 * @property {"TextureShown"} kind
 * @property {Texture} texture
 * @property {number} index
 * @property {number} part
 *
 * @typedef {object} Cadence how often pictures on their way are made anew; whoever has it may change it at any time
 * @property {number} step ticks, about; 0 for each tick, as the format has it; Infinity lets each picture stand
 */

/** Steps of the way from one picture to the next (docs/format.md). */
export const PARTS = 64;

/** Each tick, as the format has it. @type {Cadence} */
export const EXACT = { step: 0 };

/**
 * The last picture whose time has come, the first before the start. A picture on its way stands where it was when the
 * last step of the cadence began.
 * @param {TexturePaint} paint @param {number} tick @param {number} step of a cadence @returns {TextureShown}
 */
export function shownAt(paint, tick, step = 0) {
  const { texture } = paint;
  const index = Math.max(0, begun(paint, tick) - 1);
  if (!texture.moves[index]) return { kind: "TextureShown", texture, index, part: 0 };
  const [gone, whole] = wayAt(paint, index, tick);
  const steps = stepsOf(whole, step);
  const stood = steps ? Math.ceil((Math.floor((gone * steps) / whole) * whole) / steps) : gone;
  return { kind: "TextureShown", texture, index, part: Math.floor((PARTS * stood) / whole) };
}

/** The tick after `tick` at which something else is to be seen, Infinity if never. @param {TexturePaint} paint @param {number} tick @param {number} step of a cadence */
export function nextTurn(paint, tick, step = 0) {
  const place = Math.max(1, begun(paint, tick));
  const { times, moves } = paint.texture;
  if (place >= times.length) return Infinity;
  const turn = paint.start + times[place];
  if (!moves[place - 1]) return turn;
  const [gone, whole] = wayAt(paint, place - 1, tick);
  const steps = stepsOf(whole, step);
  if (!steps) return Math.max(Math.floor(tick), paint.start) + 1;
  return paint.start + times[place - 1] + Math.ceil(((Math.floor((gone * steps) / whole) + 1) * whole) / steps);
}

/** All that a texture shows, one after the other, in numbers. @param {{index: number, part: number}} shown */
export function placeOf({ index, part }) {
  return index * PARTS + part;
}

/** Ticks that a picture is on its way, and those of the whole way. @param {TexturePaint} paint @param {number} index @param {number} tick */
function wayAt({ texture: { times }, start }, index, tick) {
  return [Math.max(0, Math.floor(tick) - start - times[index]), times[index + 1] - times[index]];
}

/** In how many steps a way is gone, 0 for tick by tick. @param {number} whole ticks @param {number} step */
function stepsOf(whole, step) {
  const steps = step > 0 ? Math.max(1, Math.round(whole / step)) : 0;
  return steps < whole ? steps : 0;
}

/** How many pictures have begun. @param {TexturePaint} paint @param {number} tick */
function begun(paint, tick) {
  const { times } = paint.texture;
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= tick - paint.start) low = middle + 1;
    else high = middle;
  }
  return low;
}
