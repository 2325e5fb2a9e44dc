// SPDX-License-Identifier: Apache-2.0
/** Hears films told in events: asked line by line with `{"messages": [text]}`, answers with the film, or `{"error"}`. */

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [, , player] = process.argv;
const { Listener } = await import(pathToFileURL(`${player}/events/listener.js`).href);
const { MtorError } = await import(pathToFileURL(`${player}/codec/errors.js`).href);

/** Bytes as base64; textures by what they show. */
function plain(key, value) {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (key !== "texture") return value;
  const { id, ...texture } = value;
  return texture;
}

function answer(messages) {
  const listener = new Listener();
  const scenes = [];
  try {
    for (const message of messages) {
      listener.take(message);
      if (listener.scene && !scenes.includes(listener.scene)) scenes.push(listener.scene);
    }
  } catch (error) {
    return error instanceof MtorError ? { error: error.what } : { crash: error.stack };
  }
  return { header: listener.header, duration: listener.duration, scenes };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line).messages), plain)}\n`);
}
