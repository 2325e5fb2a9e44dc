// SPDX-License-Identifier: Apache-2.0
/**
 * A film whose bytes are all at hand.
 *
 * @typedef {import("./source.js").FilmSource} FilmSource
 * @typedef {import("./source.js").Kit} Kit
 */
import { openFilm } from "../codec/film.js";

/** What is said of a signature. @param {import("../trust/keyring.js").Admitted} film */
function signatureWords({ signer, verified }) {
  if (verified) return `signed by key ${signer}`;
  return signer ? `says it is signed by key ${signer}, not checked` : "";
}

/** Open the bytes of a whole (or cut) `.mtor` file, or of a sealed one. Throws an error of one clear line. @param {string} name @param {Uint8Array} bytes @param {Kit} kit @returns {Promise<FilmSource>} */
export async function openFile(name, bytes, kit) {
  const admitted = await kit.ring.admit(name, bytes);
  const film = openFilm(admitted.bytes, { ...kit, name });
  const state = ["file", signatureWords(admitted)].filter(Boolean).join(", ");
  const scenes = film.scenes.map(({ head, end }) => ({ number: head.number, start: head.start, end }));
  return {
    title: admitted.title || name.replace(/\.mtors?$/i, ""),
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
    figures: () => ({ bytes: bytes.length, total: bytes.length, rate: 0, cache: null, state }),
    close() {},
  };
}
