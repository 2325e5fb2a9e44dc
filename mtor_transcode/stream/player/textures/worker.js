// SPDX-License-Identifier: Apache-2.0
/**
 * The worker that decodes textures and makes their pictures. Messages to it:
 *
 * - `{kind: "film", colours}`: the way from codes to R, G, B of the film;
 * - `{kind: "texture", id, data, sharpness}`: AV1 of a texture;
 * - `{kind: "want", id, index, part, width, height, edge}`: a picture, `part` of PARTS on its way to the next one,
 *   stretched to `width` x `height`, with `edge` px around;
 * - `{kind: "passed", id, place}`: pictures before that one (`placeOf`) come too late;
 * - `{kind: "drop"}`: leave what is wanted and not yet begun.
 *
 * From it: `{kind: "picture", id, index, part, width, height, edge, image, took}` (milliseconds), `{kind: "skipped", ...}`
 * with the same numbers, or `{kind: "failed", id, message}`.
 *
 * @typedef {{id: number, index: number, part: number, width: number, height: number, edge: number}} Want
 */
import { placeOf } from "../stage/shown.js";
import { pixelsOf } from "./chroma.js";
import { TextureDecoder } from "./decoder.js";

/** Decoders at work: more hold memory for nothing. */
const DECODERS = 20;

/** @type {Map<number, {data: Uint8Array, sharpness: number}>} */
const textures = new Map();
/** @type {Map<number, TextureDecoder>} used last, last */
const decoders = new Map();
/** @type {Map<number, number>} */
const passed = new Map();
/** @type {Want[]} */
const wants = [];
/** @type {import("../paint/colours.js").Affine | null} */
let colours = null;
let busy = false;

self.onmessage = ({ data: message }) => {
  if (message.kind === "film") colours = message.colours;
  else if (message.kind === "texture") textures.set(message.id, message);
  else if (message.kind === "passed") passed.set(message.id, message.place);
  else if (message.kind === "drop") wants.length = 0;
  else {
    wants.push(message);
    work();
  }
};

async function work() {
  if (busy) return;
  busy = true;
  for (let want = wants.shift(); want; want = wants.shift()) await serve(want);
  busy = false;
}

/** @param {Want} want */
async function serve(want) {
  const { id, index, part, width, height, edge } = want;
  if (placeOf(want) < (passed.get(id) ?? 0)) {
    self.postMessage({ ...want, kind: "skipped" });
    return;
  }
  const begun = performance.now();
  try {
    const decoder = decoderOf(id);
    if (!decoder || !colours) return;
    const planes = await decoder.shown(index, part);
    const image = await createImageBitmap(pixelsOf(planes, width, height, edge, colours));
    const took = performance.now() - begun;
    self.postMessage({ ...want, kind: "picture", image, took }, { transfer: [image] });
  } catch (error) {
    self.postMessage({ kind: "failed", id, message: /** @type {Error} */ (error).message });
  }
}

/** @param {number} id */
function decoderOf(id) {
  const texture = textures.get(id);
  if (!texture) return null;
  const decoder = decoders.get(id) ?? new TextureDecoder(texture.data, texture.sharpness);
  decoders.delete(id);
  decoders.set(id, decoder);
  if (decoders.size > DECODERS) {
    const [oldest, idle] = /** @type {[number, TextureDecoder]} */ (decoders.entries().next().value);
    idle.close();
    decoders.delete(oldest);
  }
  return decoder;
}
