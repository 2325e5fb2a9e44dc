// SPDX-License-Identifier: Apache-2.0
/**
 * Which picture of a texture is to be seen at a time.
 *
 * @typedef {import("../codec/types.js").Texture} Texture
 * @typedef {import("../codec/types.js").TexturePaint} TexturePaint
 * @typedef {{kind: "TextureShown", texture: Texture, index: number}} TextureShown picture `index` of a texture
 */

/** The last picture whose time has come, the first before the start. @param {TexturePaint} paint @param {number} tick @returns {TextureShown} */
export function shownAt(paint, tick) {
  return { kind: "TextureShown", texture: paint.texture, index: Math.max(0, begun(paint, tick) - 1) };
}

/** The tick after `tick` at which the next picture appears, Infinity after the last. @param {TexturePaint} paint @param {number} tick */
export function nextTurn(paint, tick) {
  const place = Math.max(1, begun(paint, tick));
  const { times } = paint.texture;
  return place < times.length ? paint.start + times[place] : Infinity;
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
