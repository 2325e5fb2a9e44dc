// SPDX-License-Identifier: Apache-2.0
/**
 * The desk where pictures of textures are asked for: a worker makes them, and those used last are kept.
 *
 * @typedef {import("../codec/types.js").Texture} Texture
 * @typedef {import("../codec/types.js").Outline} Outline
 * @typedef {import("../stage/shown.js").TextureShown} TextureShown
 * @typedef {import("../stage/matrix.js").Box} Box
 * @typedef {import("../paint/colours.js").Affine} Affine
 * @typedef {{image: ImageBitmap, bytes: number, series: string, place: number}} Kept
 */
import { boxOf } from "../paint/paths.js";
import { PARTS, placeOf } from "../stage/shown.js";
import { Pace } from "./pace.js";

/** Px around the picture of a shape: its edge goes on there, so that no seam shows where the shape's edge is blended. */
export const EDGE = 1;

/** Pictures before the one that is to be shown which may stand for it, while it is late. */
const LATEST = 8;

/** Bytes of pictures that are kept. */
const KEPT_BYTES = 160 << 20;

export class TextureDesk {
  /** @param {Affine} colours from codes to R, G, B */
  constructor(colours) {
    this._colours = colours;
    /** @type {Worker | null} */
    this._worker = null;
    /** @type {Map<Texture, number>} */
    this._ids = new Map();
    this._count = 0;
    /** @type {Map<string, Kept>} pictures, the one used last at the end */
    this._kept = new Map();
    this._bytes = 0;
    /** @type {Map<string, Set<number>>} which those are of each texture at each size */
    this._places = new Map();
    /** @type {Set<string>} */
    this._asked = new Set();
    /** @type {Set<number>} textures that cannot be decoded */
    this._bad = new Set();
    /** @type {(() => void)[]} */
    this._waiting = [];
    /** One line on what went wrong, for the page. */
    this.trouble = typeof VideoDecoder === "undefined" ? "this browser cannot decode AV1 (no WebCodecs): textures are left out" : "";
    /** What the worker can do. */
    this.pace = new Pace();
    /** Pictures made so far, and those that were at hand when asked for. */
    this.made = 0;
    this.hits = 0;
  }

  /** A picture stretched over the film's frame, or the last one before it that is at hand. @param {TextureShown} shown @param {number} width @param {number} height */
  whole(shown, width, height) {
    return this._get(shown, width, height, 0);
  }

  /** A picture over a shape's box, with EDGE px around it. @param {TextureShown} shown @param {number} width @param {number} height */
  tile(shown, width, height) {
    return this._get(shown, width, height, EDGE);
  }

  /** Whether that very picture is at hand (or never will be); if not, it is asked for. @param {TextureShown} shown @param {number} width @param {number} height */
  hasWhole(shown, width, height) {
    return this._has(shown, width, height, 0);
  }

  /** @param {TextureShown} shown @param {Outline} outline @param {[number, number]} film */
  hasTile(shown, outline, film) {
    return this._has(shown, ...tileSize(boxOf(outline), film), EDGE);
  }

  /** Leave what was asked for and has not come: after a seek other pictures are needed first. */
  drop() {
    if (this._asked.size === 0) return;
    this._asked.clear();
    this._worker?.postMessage({ kind: "drop" });
  }

  /** Pictures of a texture before this one come too late to be shown. @param {TextureShown} shown */
  passed(shown) {
    this._pass(this._idOf(shown.texture), placeOf(shown));
  }

  /** @param {number} id @param {number} place */
  _pass(id, place) {
    if (!this._sent.has(id) || this._passed.get(id) === place) return;
    this._passed.set(id, place);
    this._worker?.postMessage({ kind: "passed", id, place });
  }

  /** @type {Map<number, number>} what the worker was told of that */
  _passed = new Map();

  /** Resolves when another picture has come. */
  another() {
    return new Promise((resolve) => this._waiting.push(() => resolve(undefined)));
  }

  close() {
    this._worker?.terminate();
    for (const { image } of this._kept.values()) image.close();
    this._kept.clear();
    this._wake();
  }

  /** @param {TextureShown} shown @param {number} width @param {number} height @param {number} edge */
  _get(shown, width, height, edge) {
    const series = seriesOf(this._idOf(shown.texture), width, height, edge);
    const wanted = placeOf(shown);
    let place = wanted - LATEST * PARTS;
    for (const kept of this._places.get(series) ?? []) if (kept <= wanted && kept > place) place = kept;
    const key = nameOf(series, place);
    const kept = this._kept.get(key);
    if (!kept) return null;
    this._kept.delete(key);
    this._kept.set(key, kept);
    return kept.image;
  }

  /** @param {TextureShown} shown @param {number} width @param {number} height @param {number} edge */
  _has(shown, width, height, edge) {
    const { texture, index, part } = shown;
    const id = this._idOf(texture);
    if (this.trouble && typeof VideoDecoder === "undefined") return true;
    if (this._bad.has(id) || texture.data.length === 0) return true;
    const key = nameOf(seriesOf(id, width, height, edge), placeOf(shown));
    if (this._kept.has(key)) {
      this.hits++;
      return true;
    }
    if (!this._asked.has(key)) {
      this._asked.add(key);
      const worker = this._at(id, texture);
      if (placeOf(shown) < (this._passed.get(id) ?? 0)) this.passed(shown); // shown from its start again
      worker.postMessage({ kind: "want", id, index, part, width, height, edge });
    }
    return false;
  }

  /** @param {Texture} texture */
  _idOf(texture) {
    let id = this._ids.get(texture);
    if (id === undefined) this._ids.set(texture, (id = this._count++));
    return id;
  }

  /** The worker, which has the texture's data. @param {number} id @param {Texture} texture */
  _at(id, texture) {
    if (!this._worker) {
      this._worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
      this._worker.onmessage = ({ data }) => this._take(data);
      this._worker.postMessage({ kind: "film", colours: this._colours });
    }
    if (!this._sent.has(id)) {
      this._sent.add(id);
      this._worker.postMessage({ kind: "texture", id, data: texture.data.slice(), sharpness: texture.sharpness });
    }
    return this._worker;
  }

  /** @type {Set<number>} textures whose data the worker has */
  _sent = new Set();

  /** @param {any} message */
  _take(message) {
    if (message.kind === "failed") {
      this._bad.add(message.id);
      this.trouble = message.message;
    } else {
      const { id, width, height, edge, image } = message;
      const series = seriesOf(id, width, height, edge);
      const place = placeOf(message);
      const key = nameOf(series, place);
      this._asked.delete(key);
      if (message.kind === "skipped") return this._wake();
      this._keep(key, { image, series, place, bytes: 4 * image.width * image.height });
      this.pace.made(message.took);
      this.made++;
      this._trim();
    }
    this._wake();
  }

  /** @param {string} key @param {Kept} made */
  _keep(key, made) {
    this._kept.set(key, made);
    this._bytes += made.bytes;
    const places = this._places.get(made.series) ?? new Set();
    this._places.set(made.series, places.add(made.place));
  }

  _trim() {
    for (const [key, { image, bytes, series, place }] of this._kept) {
      if (this._bytes <= KEPT_BYTES || this._kept.size <= 1) return;
      image.close();
      this._bytes -= bytes;
      this._kept.delete(key);
      const places = this._places.get(series);
      places?.delete(place);
      if (places?.size === 0) this._places.delete(series);
    }
  }

  _wake() {
    for (const resolve of this._waiting.splice(0)) resolve();
  }
}

/** Width and height in px of a picture over a box: the box's, rounded up, at most the film's. @param {Box} box @param {[number, number]} film @returns {[number, number]} */
export function tileSize([x0, y0, x1, y1], film) {
  return [Math.min(Math.max(Math.ceil(x1 - x0), 1), film[0]), Math.min(Math.max(Math.ceil(y1 - y0), 1), film[1])];
}

/** The name of all pictures of one texture at one size. @param {number} id @param {number} width @param {number} height @param {number} edge */
function seriesOf(id, width, height, edge) {
  return `${id} ${width} ${height} ${edge}`;
}

/** @param {string} series @param {number} place */
function nameOf(series, place) {
  return `${series} ${place}`;
}
