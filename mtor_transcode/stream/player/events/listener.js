// SPDX-License-Identifier: Apache-2.0
/** The subprotocol `mtor.v1+json`: RFC events, message by message, as the scenes that a film has (`docs/wire.md`). */

import {
  MAX_LIVE,
  MAX_RATIO,
  MAX_SECTIONS,
  MAX_SIDE,
  MAX_SOFTNESS,
  MAX_SPAN_TOKENS,
  MAX_STEP,
  MAX_TICK,
  MAX_TRACKS,
} from "../codec/limits.js";
import { bytes, list, object, text, whole, wrong } from "./checked.js";
import { readPaint, readPlace, Vectors } from "./vectors.js";

/** @import { AudioInfo, FilmHeader, Ratio, Scene, SceneStart, ShapeState, Span, Token } from "../codec/types.js" */

const MAX_NUMBER = 2 ** 31 - 1;
const MAX_RATE = 2 ** 20;
const FORMAT = "mtor-rfc-json";

/**
 * @param {unknown} value
 * @param {string} what
 * @returns {Ratio}
 */
function readRatio(value, what) {
  const [over, under] = list(value, 2, what).map((part) => whole(part, 1, MAX_RATIO, what));
  if (under === undefined) throw wrong(`${what} is no ratio`);
  return [over, under];
}

/**
 * @param {unknown} value
 * @returns {AudioInfo}
 */
function readSound(value) {
  const { codec, sample_rate, channels, language = "", setup = "", priming = 0 } = object(value, "sound");
  return {
    codec: text(codec, "a codec"),
    sample_rate: whole(sample_rate, 1, MAX_RATE, "a sample rate"),
    channels: whole(channels, 1, 255, "channels"),
    language: text(language, "a language"),
    setup: bytes(setup, "set-up of the sound"),
    priming: whole(priming, 0, MAX_NUMBER, "priming"),
  };
}

/**
 * @param {unknown} value
 * @returns {FilmHeader}
 */
function readManifest(value) {
  const manifest = object(value, "the manifest");
  if (manifest.format !== FORMAT || manifest.version !== 1) throw wrong("the manifest is of another format");
  const { colour = {}, sound = null, subtitles = [], pixel_aspect = [1, 1] } = manifest;
  const codes = object(colour, "colour");
  const code = (/** @type {string} */ name) => whole(codes[name] ?? 1, 0, 255, name);
  return {
    width: whole(manifest.width, 1, MAX_SIDE, "width"),
    height: whole(manifest.height, 1, MAX_SIDE, "height"),
    time_base: readRatio(manifest.time_base, "time base"),
    frame_rate: readRatio(manifest.frame_rate, "frame rate"),
    pixel_aspect: readRatio(pixel_aspect, "pixel aspect"),
    colour: {
      matrix: code("matrix"),
      primaries: code("primaries"),
      transfer: code("transfer"),
      full_range: codes.full_range === true,
    },
    audio: sound === null ? null : readSound(sound),
    subtitles: list(subtitles, MAX_TRACKS, "subtitles").map((track) => {
      return { language: text(object(track, "a track").language ?? "", "a language") };
    }),
    dictionary: new Uint8Array(0),
  };
}

/**
 * @param {unknown} value an entry of the manifest's scenes
 * @returns {{head: SceneStart, spans: Span[]}} without tokens
 */
function readScene(value) {
  const scene = object(value, "a scene");
  const start = whole(scene.start, 0, MAX_TICK, "a scene's start");
  const head = {
    number: whole(scene.number, 0, MAX_NUMBER, "a scene's number"),
    start,
    background: readPaint(scene.background),
    camera: readPlace(scene.camera ?? {}),
    transition: scene.transition === "dissolve" ? 1 : 0,
    transition_duration: whole(scene.transition_ticks ?? 0, 0, MAX_STEP, "a transition"),
    softness: whole(scene.softness ?? 0, 0, MAX_SOFTNESS, "a softness"),
  };
  let before = start;
  const spans = list(scene.spans, MAX_SECTIONS, "spans").map((span) => {
    const [from, to] = list(span, 2, "a span").map((tick) => whole(tick, before, MAX_TICK, "a span's tick"));
    if (from !== before || to === undefined || to < from) throw wrong("a scene's spans do not follow each other");
    before = to;
    return { start: from, end: to, tokens: [] };
  });
  return { head, spans };
}

/** A scene under way: events go into its spans. */
class Telling {
  /** @type {Set<number>} */
  #live = new Set();
  #span = 0;
  #last = 0;

  /**
   * @param {unknown} scene
   * @param {FilmHeader} header
   */
  constructor(scene, header) {
    const { head, spans } = readScene(scene);
    this.vectors = new Vectors(header);
    /** @type {Scene} */
    this.scene = { head, spans, end: spans.at(-1)?.end ?? head.start };
    this.#last = head.start;
  }

  /** @param {Record<string, unknown>} event */
  take({ parameters, mtor }) {
    const told = object(mtor, "mtor");
    if (told.scene !== this.scene.head.number) throw wrong("an event is of another scene");
    const at = whole(told.at, this.#last, this.scene.end, "a tick");
    const token = this.#token(told, at, this.vectors.find(object(parameters, "parameters").end_vector));
    this.#last = at;
    const { spans } = this.scene;
    const isOver = (/** @type {Span} */ { end }) => (told.closing === true ? end < at : end <= at);
    while (this.#span + 1 < spans.length && isOver(spans[this.#span])) this.#span += 1;
    const span = spans[this.#span];
    if (!span || span.tokens.length >= MAX_SPAN_TOKENS) throw wrong("a span has too many tokens");
    span.tokens.push(token);
  }

  /**
   * @param {Record<string, unknown>} told
   * @param {number} at tick
   * @param {import("./vectors.js").Shown} shown the end vector
   * @returns {Token}
   */
  #token(told, at, shown) {
    const duration = whole(told.duration, 0, MAX_STEP, "a duration");
    if (told.kind === "camera" && "camera" in shown) return { kind: "CameraMove", at, duration, camera: shown.camera };
    if (told.kind === "background" && "paint" in shown) {
      return { kind: "Background", at, duration, paint: shown.paint };
    }
    const shape = whole(told.shape, 0, Number.MAX_SAFE_INTEGER, "a shape");
    if (told.kind === "enter" && "state" in shown) return this.#enter(told, at, duration, shape, shown.state);
    if (!this.#live.has(shape)) throw wrong(`an event is about shape ${shape}, which is not there`);
    if (told.kind === "edit" && "state" in shown) return { kind: "Edit", at, duration, shape, state: shown.state };
    if (told.kind !== "leave") throw wrong(`an event of the kind ${told.kind} does not fit its vector`);
    this.#live.delete(shape);
    return { kind: "Leave", at, shape, duration };
  }

  /**
   * @param {Record<string, unknown>} told
   * @param {number} at
   * @param {number} duration
   * @param {number} shape
   * @param {ShapeState} state
   * @returns {Token}
   */
  #enter(told, at, duration, shape, state) {
    if (this.#live.has(shape) || this.#live.size >= MAX_LIVE) throw wrong(`shape ${shape} cannot enter`);
    this.#live.add(shape);
    return { kind: "Enter", at, shape, state, under: whole(told.under ?? 0, 0, MAX_LIVE, "under"), duration };
  }
}

/** Listens to a film that is told in events; what came of a scene can be shown at once. */
export class Listener {
  /** @type {FilmHeader | null} */
  header = null;
  /** Ticks, as far as they were told. @type {number | null} */
  duration = null;
  /** The scene that is being told. @type {Scene | null} */
  scene = null;
  /** @type {Telling | null} */
  #telling = null;

  /**
   * @param {string} message a text of the socket; those that tell nothing of pictures are let through
   * @returns {Scene | null} the scene of which it tells, which has more tokens now
   * @throws {import("../codec/errors.js").MtorError} for what no server tells
   */
  take(message) {
    let told;
    try {
      told = object(JSON.parse(message), "a message");
    } catch (error) {
      throw error instanceof SyntaxError ? wrong("a message is no JSON") : error;
    }
    if (told.type === "manifest") this.#begin(told.manifest);
    else if (told.type === "scene") this.#enter(told.scene);
    else if (told.type === "vector") this.#expect().vectors.add(told.id, told.vector);
    else if (told.message_type === "video_event") {
      this.#expect().take(told);
      return this.scene;
    }
    return null;
  }

  /** @param {unknown} manifest */
  #begin(manifest) {
    this.header = readManifest(manifest);
    const { duration = null } = object(manifest, "the manifest");
    this.duration = duration === null ? null : whole(duration, 0, MAX_TICK, "duration");
    this.#telling = this.scene = null;
  }

  /** @param {unknown} scene its vectors are told anew */
  #enter(scene) {
    if (!this.header) throw wrong("a scene before the manifest");
    this.#telling = new Telling(scene, this.header);
    this.scene = this.#telling.scene;
  }

  /** @returns {Telling} */
  #expect() {
    if (!this.#telling) throw wrong("an event before its scene");
    return this.#telling;
  }
}
