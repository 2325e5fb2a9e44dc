// SPDX-License-Identifier: Apache-2.0
/** Films as `tests/model_json.py` dumps them; runs in node and in a browser's worker. */

/**
 * @param {string} hex
 * @returns {Uint8Array}
 */
export function bytesOf(hex) {
  return Uint8Array.from({ length: hex.length / 2 }, (_, place) => Number.parseInt(hex.slice(2 * place, 2 * place + 2), 16));
}

/** Bytes as base64; in a texture paint the id of its texture. */
function plain(key, value) {
  if (value instanceof Uint8Array) return btoa(Array.from(value, (byte) => String.fromCharCode(byte)).join(""));
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

/**
 * @param {{openFilm: Function, MtorError: Function}} decoder
 * @param {object} tables
 * @param {{bytes: string, dictionaries: string[]}} asked in hex
 * @returns {string} JSON: the film, `{"error": what}` (with `needs`, the hash of a missing dictionary), or
 *   `{"crash": stack}` for an error that is no MtorError
 */
export function answer({ openFilm, MtorError }, tables, { bytes, dictionaries }) {
  let told;
  try {
    told = filmOf(openFilm(bytesOf(bytes), { tables, dictionaries: dictionaries.map(bytesOf) }));
  } catch (error) {
    told = error instanceof MtorError ? { error: error.what } : { crash: error.stack };
    if (error.needs) told.needs = error.needs;
  }
  return JSON.stringify(told, plain);
}
