// SPDX-License-Identifier: Apache-2.0
/**
 * How films come in: chosen, dropped, or named in the page's address (`?film=URL`, `?stream=URL`).
 *
 * @typedef {import("../sources/source.js").FilmSource} FilmSource
 * @typedef {import("../sources/source.js").Kit} Kit
 */
import { openFile } from "../sources/file.js";
import { openUrl } from "../sources/http.js";
import { fetchKit } from "../sources/kit.js";
import { element } from "./elements.js";
import { byteWords } from "./words.js";

/** @type {Promise<Kit> | null} */
let kit = null;

/** The decoder's kit, fetched once. */
function theKit() {
  kit ??= fetchKit().catch((error) => {
    kit = null;
    throw error;
  });
  return kit;
}

/** How the dictionary of a series begins. */
const SERIES = "MTOD";

/**
 * How the film that was given last is opened, whole: anew when a dictionary or a key is given that it needs or is
 * to be checked with.
 *
 * @type {(() => Promise<FilmSource>) | null}
 */
let last = null;

/** @param {File} file @returns {Promise<FilmSource>} */
async function fromFile(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const shared = await theKit();
  const key = await shared.ring.take(file.name, bytes);
  if (key) return again(`${file.name}: ${key}; now give a film`);
  if (String.fromCharCode(...bytes.subarray(0, SERIES.length)) === SERIES) {
    shared.dictionaries.push(bytes);
    return again(`${file.name} is a dictionary of a series: now give a film that needs it`);
  }
  last = () => openFile(file.name, bytes, shared);
  return last();
}

/** Opens the last film anew. @param {string} otherwise what to say if there is none @returns {Promise<FilmSource>} */
function again(otherwise) {
  if (!last) throw new Error(otherwise);
  return last();
}

/** The whole film that a stream tells of: a stream is not checked as it comes. @param {string} stream */
function wholeOf(stream) {
  const place = new URL(stream, location.href);
  place.protocol = place.protocol.replace("ws", "http");
  return new URL(`/films/${place.searchParams.get("film")}.mtor`, place).href;
}

/** What the page's address asks for, null if nothing. @param {(line: string) => void} say @returns {(() => Promise<FilmSource>) | null} */
export function named(say) {
  const asked = new URLSearchParams(location.search);
  const stream = asked.get("stream");
  if (stream) {
    const client = new URL("../wire/source.js", import.meta.url).href;
    last = async () => openUrl(wholeOf(stream), await theKit());
    const newest = !asked.has("t");
    return async () => (await import(client)).openStream(stream, await theKit(), { newest });
  }
  const film = asked.get("film");
  if (!film) return null;
  const progress = (/** @type {number} */ bytes, /** @type {number | null} */ total) => {
    say(`Loading: ${byteWords(bytes)}${total ? ` of ${byteWords(total)}` : ""}`);
  };
  last = async () => openUrl(film, await theKit(), progress);
  return last;
}

/** Let people choose and drop films. @param {(open: () => Promise<FilmSource>) => void} take @returns {() => void} ask for a file */
export function takeFiles(take) {
  const input = /** @type {HTMLInputElement} */ (element("file"));
  const frame = element("player");
  const choose = () => input.click();
  for (const id of ["choose", "choose-another"]) element(id).addEventListener("click", choose);
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file) take(() => fromFile(file));
    input.value = "";
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    frame.classList.add("dragging");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) frame.classList.remove("dragging");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    frame.classList.remove("dragging");
    const [file] = event.dataTransfer?.files ?? [];
    if (file) take(() => fromFile(file));
  });
  return choose;
}
