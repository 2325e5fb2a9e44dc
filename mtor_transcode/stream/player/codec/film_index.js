// SPDX-License-Identifier: Apache-2.0
/** INDEX sections: duration, and where scenes, dictionary and textures lie (`docs/format.md`, Index). */

import { MAX_SECTION_OUTLINES, MAX_SECTIONS, MAX_TEXTURES, MAX_TICK, MAX_WHOLE } from "./limits.js";

/** @import { Index } from "./types.js" */
/** @import { Payload } from "./payload.js" */

/**
 * @param {Payload} payload
 * @returns {Index}
 */
export function readIndex(payload) {
  const duration = payload.varint(MAX_TICK, "duration");
  /** @type {Index} */
  const index = { duration, scenes: [], dictionaries: [], textures: [] };
  let start = 0;
  let offset = 0;
  for (let left = payload.varint(MAX_SECTIONS, "number of scenes"); left > 0; left--) {
    start += payload.varint(MAX_TICK, "start of a scene");
    offset += payload.varint(MAX_WHOLE, "offset of a scene");
    index.scenes.push([start, offset]);
  }
  offset = 0;
  for (let left = payload.varint(MAX_SECTIONS, "number of dictionary sections"); left > 0; left--) {
    offset += payload.varint(MAX_WHOLE, "offset of a dictionary section");
    index.dictionaries.push([offset, payload.varint(MAX_SECTION_OUTLINES, "number of outlines")]);
  }
  if (payload.ended) return index;
  offset = 0;
  for (let left = payload.varint(MAX_TEXTURES, "number of textures"); left > 0; left--) {
    offset += payload.varint(MAX_WHOLE, "offset of a texture");
    index.textures.push(offset);
  }
  return index;
}
