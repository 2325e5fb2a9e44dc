// SPDX-License-Identifier: Apache-2.0
/** A film fetched whole by HTTP: films are small, and then it plays on without the link. */
import { MtorError } from "../codec/errors.js";
import { openFile } from "./file.js";

/**
 * Fetch and open a film; `progress` is told of bytes so far and in all (null: unknown). Throws an error of one clear line.
 * @param {string} url @param {import("./source.js").Kit} kit
 * @param {(bytes: number, total: number | null) => void} [progress]
 * @returns {Promise<import("./source.js").FilmSource>}
 */
export async function openUrl(url, kit, progress = () => {}) {
  const place = new URL(url, document.baseURI);
  const name = decodeURIComponent(place.pathname.split("/").pop() || "film");
  const begun = performance.now();
  let answer;
  try {
    answer = await fetch(place);
  } catch {
    throw new Error(`${name} could not be fetched: is the link up?`);
  }
  if (!answer.ok) throw new Error(`${name} could not be fetched: the server answered ${answer.status}`);
  const bytes = await received(answer, progress);
  const rate = (bytes.length * 8) / Math.max(1, performance.now() - begun);
  const source = await openWithSeries(name, bytes, kit, place);
  const until = performance.now() + 3000;
  const figures = () => ({
    bytes: bytes.length,
    total: bytes.length,
    rate: performance.now() < until ? rate : 0,
    cache: null,
    state: source.figures().state.replace("file", "whole film received"),
  });
  return { ...source, figures };
}

/**
 * Open a film; if it needs a series' dictionary that is not at hand, the film's server is asked for it.
 * @param {string} name @param {Uint8Array} bytes @param {import("./source.js").Kit} kit @param {URL} place
 */
async function openWithSeries(name, bytes, kit, place) {
  try {
    return await openFile(name, bytes, kit);
  } catch (error) {
    if (!(error instanceof MtorError) || !error.needs) throw error;
    const answer = await fetch(new URL(`/dictionaries/${error.needs}.mtordict`, place)).catch(() => null);
    if (!answer?.ok) throw error;
    kit.dictionaries.push(new Uint8Array(await answer.arrayBuffer()));
    return openFile(name, bytes, kit);
  }
}

/** The body, piece by piece. @param {Response} answer @param {(bytes: number, total: number | null) => void} progress */
async function received(answer, progress) {
  const total = Number(answer.headers.get("content-length")) || null;
  if (!answer.body) return new Uint8Array(await answer.arrayBuffer());
  const pieces = [];
  let count = 0;
  const reader = answer.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    pieces.push(part.value);
    count += part.value.length;
    progress(count, total);
  }
  const bytes = new Uint8Array(count);
  let place = 0;
  for (const piece of pieces) {
    bytes.set(piece, place);
    place += piece.length;
  }
  return bytes;
}
