// SPDX-License-Identifier: Apache-2.0
/**
 * A film whose bytes are all at hand.
 *
 * @typedef {import("./source.js").FilmSource} FilmSource
 * @typedef {import("./source.js").Kit} Kit
 */
import { openFilm } from "../codec/film.js";

/** Open the bytes of a whole (or cut) `.mtor` file. Throws an error of one clear line. @param {string} name @param {Uint8Array} bytes @param {Kit} kit @returns {Promise<FilmSource>} */
export async function openFile(name, bytes, kit) {
  const film = openFilm(bytes, { ...kit, name });
  const scenes = film.scenes.map(({ head, end }) => ({ number: head.number, start: head.start, end }));
  return {
    title: name.replace(/\.mtor$/i, ""),
    header: film.header,
    duration: film.duration,
    live: false,
    scenes,
    async scene(index) {
      const { head, end, spans } = film.scene(scenes[index].number);
      return { head, end, spans, complete: true };
    },
    sound: { packets: film.header.audio ? [...film.audio()] : [], complete: true },
    subtitles: [...film.subtitles()],
    need() {},
    figures: () => ({ bytes: bytes.length, total: bytes.length, rate: 0, cache: null, state: "file" }),
    close() {},
  };
}
