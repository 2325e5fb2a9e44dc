// SPDX-License-Identifier: Apache-2.0
/**
 * The planes of a decoded picture, copied out of the decoder's memory.
 *
 * @typedef {import("./stretch.js").Plane} Plane
 */

/** Y, Cb and Cr of a picture in I420 or NV12. Throws if the decoder gives anything else. @param {VideoFrame} frame @returns {Promise<Plane[]>} */
export async function planesOf(frame) {
  const box = /** @type {DOMRectReadOnly} */ (frame.visibleRect);
  const rect = { x: box.x, y: box.y, width: box.width, height: box.height };
  const memory = new Uint8Array(frame.allocationSize({ rect }));
  const layout = await frame.copyTo(memory, { rect });
  const [width, height] = [rect.width, rect.height];
  const [halfWidth, halfHeight] = [(width + 1) >> 1, (height + 1) >> 1];
  const luma = plane(memory, layout[0], width, height, 0, 1);
  if (frame.format === "I420") {
    return [luma, plane(memory, layout[1], halfWidth, halfHeight, 0, 1), plane(memory, layout[2], halfWidth, halfHeight, 0, 1)];
  }
  if (frame.format === "NV12") {
    return [luma, plane(memory, layout[1], halfWidth, halfHeight, 0, 2), plane(memory, layout[1], halfWidth, halfHeight, 1, 2)];
  }
  throw new Error(`textures in ${frame.format ?? "an unknown format"} cannot be shown by this browser`);
}

/**
 * One plane without gaps: of each group of `step` bytes the one at `place`.
 * @param {Uint8Array} memory @param {PlaneLayout} layout @param {number} width @param {number} height
 * @param {number} place @param {number} step @returns {Plane}
 */
function plane(memory, { offset, stride }, width, height, place, step) {
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = offset + y * stride + place;
    if (step === 1) data.set(memory.subarray(from, from + width), y * width);
    else for (let x = 0; x < width; x++) data[y * width + x] = memory[from + x * step];
  }
  return { width, height, data };
}
