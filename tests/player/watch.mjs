// SPDX-License-Identifier: Apache-2.0
/**
 * Watches a stream as the player does, without pictures: `node watch.mjs PLAYER TABLES '{"stream": URL, ...}'`.
 *
 * `seeks`: seconds to go to, one after the other, each until its scene is there. `all`: every scene, in order. `real`:
 * seconds to play in real time. Tells on stdout, as one line of JSON, what came and when.
 */

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , player, tablesPath, asked] = process.argv;
const { stream, seeks = [], all = false, real = 0, token = "", patience = 25 } = JSON.parse(asked);
const { openStream } = await import(pathToFileURL(`${player}/wire/source.js`).href);
const tables = JSON.parse(readFileSync(tablesPath, "utf-8"));
const begun = performance.now();

/** @param {() => boolean} done @param {string} what */
async function until(done, what) {
  while (!done()) {
    if (performance.now() - begun > 1000 * patience) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function plain(key, value) {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return value && value.kind === "TexturePaint" ? { ...value, texture: value.texture.id } : value;
}

const told = { firsts: [], scenes: [], states: [], stalls: 0 };
const source = await openStream(stream, { tables, dictionaries: [] }, { base: stream, token });
const ticks = source.header.time_base[1] / source.header.time_base[0];
source.need(0);

/** The newest feed of a scene. @param {any} feed */
function newest(feed) {
  while (feed.replaced) feed = feed.replaced;
  return feed;
}

async function sceneAt(tick) {
  const index = Math.max(0, source.scenes.findLastIndex(({ start }) => start <= tick));
  return newest(await source.scene(index));
}

for (const second of seeks) {
  const tick = second * ticks;
  source.need(tick);
  await until(() => source.scenes.length > 0, "a scene");
  const from = performance.now();
  const index = Math.max(0, source.scenes.findLastIndex(({ start }) => start <= tick));
  let feed = await source.scene(index);
  await until(() => {
    feed = newest(feed);
    return feed.complete || feed.spans.some((span) => span.end > tick);
  }, `second ${second}`);
  told.firsts.push({ second, after: performance.now() - from, bytes: source.figures().bytes });
  told.scenes.push({ head: feed.head, spans: feed.spans });
}
if (all) {
  await until(() => source.sound.complete, "the end");
  for (let index = 0; index < source.scenes.length; index++) {
    source.need(source.scenes[index].start);
    let feed = await source.scene(index);
    await until(() => newest(feed).complete, `scene ${index}`);
    feed = newest(feed);
    told.scenes.push({ head: feed.head, end: feed.end, spans: feed.spans });
  }
}
for (let place = 0; real && place < real * ticks; ) {
  const before = performance.now();
  const feed = await Promise.race([sceneAt(place), new Promise((resolve) => setTimeout(resolve, 100, null))]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  if (feed) place += ((performance.now() - before) / 1000) * ticks;
  else told.stalls += 1;
  source.need(place);
  const { state } = source.figures();
  if (told.states.at(-1) !== state) told.states.push(state);
}
told.header = source.header;
told.audio = source.sound.packets;
told.subtitles = source.subtitles;
told.figures = source.figures();
told.title = source.title;
source.close();
process.stdout.write(`${JSON.stringify(told, plain)}\n`, () => process.exit(0));
