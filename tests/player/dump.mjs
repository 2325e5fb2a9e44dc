// SPDX-License-Identifier: Apache-2.0
/**
 * Dumps films as `tests/model_json.py` does. Asked line by line on stdin with `{"bytes": hex, "dictionaries": [hex]}`;
 * answers each with a line: the film, `{"error": what}`
 * (with `needs`, the hash of a missing dictionary), or `{"crash": stack}` for an error that is no MtorError.
 */

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [, , player, tablesPath] = process.argv;
const { openFilm } = await import(pathToFileURL(`${player}/codec/film.js`).href);
const { MtorError } = await import(pathToFileURL(`${player}/codec/errors.js`).href);
const tables = JSON.parse(readFileSync(tablesPath, "utf-8"));

const bytes = (hex) => new Uint8Array(Buffer.from(hex, "hex"));

/** Bytes as base64; in a texture paint the id of its texture. */
function plain(key, value) {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return value && value.kind === "TexturePaint" ? { ...value, texture: value.texture.id } : value;
}

function sceneOf(film, { head, end }) {
  const snapshots = film.snapshots(head.number).map((tick) => film.spans(head.number, tick).next().value);
  return { head, end, spans: [...film.spans(head.number)], snapshots };
}

function filmOf(film) {
  return {
    header: film.header,
    duration: film.duration,
    truncated: film.truncated,
    in_packets: film.inPackets,
    packets: { sent: film.packets.sent, at_hand: film.packets.atHand, damaged: film.packets.damaged },
    index: film.index,
    textures: film.textureIds.map((id) => film.texture(id)).filter((texture) => texture.id >= 0),
    scenes: film.scenes.map((entry) => sceneOf(film, entry)),
    outlines: film.outlines(),
    audio: [...film.audio()],
    subtitles: [...film.subtitles()],
  };
}

function answer(line) {
  const asked = JSON.parse(line);
  try {
    const film = openFilm(bytes(asked.bytes), { tables, dictionaries: (asked.dictionaries ?? []).map(bytes) });
    return filmOf(film);
  } catch (error) {
    if (!(error instanceof MtorError)) return { crash: error.stack };
    return error.needs ? { error: error.what, needs: error.needs } : { error: error.what };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answer(line), plain)}\n`);
}
