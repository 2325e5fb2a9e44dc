// SPDX-License-Identifier: Apache-2.0
/**
 * The worker that decodes textures and makes their pictures. Messages to it:
 *
 * - `{kind: "film", colours}`: the way from codes to R, G, B of the film;
 * - `{kind: "texture", id, data}`: AV1 of a texture;
 * - `{kind: "want", id, index, width, height, edge}`: a picture, stretched to `width` x `height`, with `edge` px around;
 * - `{kind: "passed", id, index}`: pictures before that one come too late;
 * - `{kind: "drop"}`: leave what is wanted and not yet begun.
 *
 * From it: `{kind: "picture", id, index, width, height, edge, image}` `{kind: "skipped", ...}` with the same numbers, or
 * `{kind: "failed", id, message}`.
 *
 * @typedef {{id: number, index: number, width: number, height: number, edge: number}} Want
 */
import { pixelsOf } from "./chroma.js";
import { TextureDecoder } from "./decoder.js";

/** Decoders at work: more hold memory for nothing. */
const DECODERS = 20;

/** @type {Map<number, Uint8Array>} */
const data = new Map();
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
  else if (message.kind === "texture") data.set(message.id, message.data);
  else if (message.kind === "passed") passed.set(message.id, message.index);
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
async function serve({ id, index, width, height, edge }) {
  if (index < (passed.get(id) ?? 0)) {
    self.postMessage({ kind: "skipped", id, index, width, height, edge });
    return;
  }
  try {
    const decoder = decoderOf(id);
    if (!decoder || !colours) return;
    const image = await createImageBitmap(pixelsOf(await decoder.planes(index), width, height, edge, colours));
    self.postMessage({ kind: "picture", id, index, width, height, edge, image }, { transfer: [image] });
  } catch (error) {
    self.postMessage({ kind: "failed", id, message: /** @type {Error} */ (error).message });
  }
}

/** @param {number} id */
function decoderOf(id) {
  const bytes = data.get(id);
  if (!bytes) return null;
  const decoder = decoders.get(id) ?? new TextureDecoder(bytes);
  decoders.delete(id);
  decoders.set(id, decoder);
  if (decoders.size > DECODERS) {
    const [oldest, idle] = /** @type {[number, TextureDecoder]} */ (decoders.entries().next().value);
    idle.close();
    decoders.delete(oldest);
  }
  return decoder;
}
