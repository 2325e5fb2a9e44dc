// SPDX-License-Identifier: Apache-2.0
/** HEADER sections (`docs/format.md`, Plain fields). */

import { MAX_SIDE, MAX_TEXT, MAX_TRACKS } from "./limits.js";

/** @import { AudioInfo, FilmHeader, Ratio } from "./types.js" */
/** @import { Payload } from "./payload.js" */

const RATE_IS_BASE = 1;
const SQUARE_PIXELS = 2;
const DEFAULT_COLOUR = 4;
const SOUND = 8;
const SUBTITLES = 16;
const DICTIONARY = 32;

const DIGEST_BYTES = 32;
const MAX_CHANNELS = 255;
const MAX_RATE = 2 ** 20;
const MAX_PRIMING = 2 ** 31 - 1;

/**
 * @param {Payload} payload
 * @returns {FilmHeader} bytes after the known fields are left for later versions
 */
export function readHeader(payload) {
  const flags = payload.byte("header");
  const width = payload.varint(MAX_SIDE, "width");
  const height = payload.varint(MAX_SIDE, "height");
  if (!width || !height) throw payload.damaged("the picture has no size");
  const time_base = payload.ratio("time base");
  /** @type {Ratio} */
  const frame_rate = flags & RATE_IS_BASE ? [time_base[1], time_base[0]] : payload.ratio("frame rate");
  /** @type {Ratio} */
  const pixel_aspect = flags & SQUARE_PIXELS ? [1, 1] : payload.ratio("pixel aspect");
  let colour = { matrix: 1, primaries: 1, transfer: 1, full_range: false };
  if (!(flags & DEFAULT_COLOUR)) {
    const [matrix, primaries, transfer, full] = payload.take(4, "colour");
    colour = { matrix, primaries, transfer, full_range: full !== 0 };
  }
  const audio = flags & SOUND ? readSound(payload) : null;
  /** @type {{language: string}[]} */
  const subtitles = [];
  if (flags & SUBTITLES) {
    const count = payload.varint(MAX_TRACKS, "number of subtitle tracks");
    for (let track = 0; track < count; track++) subtitles.push({ language: payload.text("language") });
  }
  const dictionary = flags & DICTIONARY ? payload.take(DIGEST_BYTES, "dictionary's hash") : new Uint8Array(0);
  return { width, height, time_base, frame_rate, pixel_aspect, colour, audio, subtitles, dictionary };
}

/**
 * @param {Payload} payload
 * @returns {AudioInfo}
 */
function readSound(payload) {
  const codec = payload.text("name of a codec");
  const sample_rate = payload.varint(MAX_RATE, "sample rate");
  const channels = payload.varint(MAX_CHANNELS, "number of channels");
  if (!sample_rate || !channels) throw payload.damaged("the sound has no rate or no channels");
  const language = payload.text("language");
  const priming = payload.varint(MAX_PRIMING, "priming");
  const setup = payload.take(payload.varint(MAX_TEXT, "length of the sound's set-up"), "set-up of the sound");
  return { codec, sample_rate, channels, language, setup, priming };
}
