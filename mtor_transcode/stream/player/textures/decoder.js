// SPDX-License-Identifier: Apache-2.0
/**
 * Decodes one texture, forwards, by WebCodecs; an earlier picture starts it anew. Pictures between two are made of both.
 *
 * @typedef {import("./stretch.js").Plane} Plane
 */
import { readStream } from "../codec/obu.js";
import { planesOf } from "./frame_planes.js";
import { motionBetween } from "./motion.js";
import { onTheWay, sharper } from "./on_the_way.js";

/** Profile 0, 8 bits (docs/format.md); level 5.1: software does not ask, and hardware has it. */
const CODEC = "av01.0.13M.08";

/** A temporal delimiter: textures are stored without them, decoders like them in front of each picture. */
const DELIMITER = [0x12, 0x00];

/** Pictures kept of those before the one asked for last: a scene's end and the next one's start may share a texture. */
const KEPT = 2;

/** Milliseconds to wait for a picture before the decoder is given the next one: some are a picture behind. */
const PATIENCE = 60;

/** Pictures that the decoder is given beyond the one asked for: it works while that one is painted. */
const LEAD = 2;

const DAMAGED = "a texture cannot be decoded: the film is damaged";

export class TextureDecoder {
  /** @param {Uint8Array} data AV1 of a texture @param {number} sharpness eighths */
  constructor(data, sharpness) {
    this._sharpness = sharpness;
    /** The motion found last. @type {{index: number, field: import("./motion.js").MotionField} | null} */
    this._motion = null;
    this._units = readStream(data).pictures.map(({ start, end }) => delimited(data.subarray(start, end)));
    /** @type {VideoDecoder | null} */
    this._decoder = null;
    /** @type {Map<number, Plane[]>} */
    this._ready = new Map();
    /** @type {Error | null} */
    this._failed = null;
    this._wanted = 0;
    this._wake = () => {};
    /** The picture that is fed next. */
    this.at = 0;
  }

  /** Y, Cb and Cr of what is shown of a picture, `part` of PARTS on its way to the next. Calls must not overlap. @param {number} index @param {number} part @returns {Promise<Plane[]>} */
  async shown(index, part) {
    const [luma, ...chroma] = part ? await this._moved(index, part) : await this.planes(index);
    return [sharper(luma, this._sharpness), ...chroma];
  }

  /** @param {number} index @param {number} part */
  async _moved(index, part) {
    const next = await this.planes(index + 1);
    const first = await this.planes(index);
    if (this._motion?.index !== index) this._motion = { index, field: motionBetween(first[0], next[0]) };
    return onTheWay(first, next, this._motion.field, part);
  }

  /** Y, Cb and Cr of a picture as it was decoded. Calls must not overlap. @param {number} index @returns {Promise<Plane[]>} */
  async planes(index) {
    const wanted = Math.min(index, this._units.length - 1);
    this._wanted = wanted;
    if (!this._ready.has(wanted) && (wanted < this.at || !this._decoder)) this._restart();
    while (this.at < this._units.length && this.at <= wanted + LEAD && this._decoder) this._feed();
    while (!this._ready.has(wanted)) {
      if (this._failed) throw this._failed;
      if (this.at === this._units.length) {
        await this._finish();
        continue;
      }
      await this._some(PATIENCE);
      if (!this._ready.has(wanted)) this._feed();
    }
    for (const kept of this._ready.keys()) if (kept < wanted - KEPT) this._ready.delete(kept);
    return /** @type {Plane[]} */ (this._ready.get(wanted));
  }

  close() {
    if (this._decoder && this._decoder.state !== "closed") this._decoder.close();
    this._decoder = null;
  }

  _restart() {
    this.close();
    this._ready.clear();
    this._failed = null;
    this.at = 0;
    const decoder = new VideoDecoder({
      output: (frame) => this._take(decoder, frame),
      error: () => {
        this._failed = new Error(DAMAGED);
        this._wake();
      },
    });
    decoder.configure({ codec: CODEC, optimizeForLatency: true });
    this._decoder = decoder;
  }

  _feed() {
    const type = this.at === 0 ? "key" : "delta";
    const chunk = new EncodedVideoChunk({ type, timestamp: this.at, data: this._units[this.at] });
    this.at++;
    this._decoder?.decode(chunk);
  }

  /** Wait until something happened, at most some milliseconds. @param {number} most */
  async _some(most) {
    if (this._ready.has(this._wanted) || this._failed) return;
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, most);
      this._wake = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
  }

  /** Let the decoder give all that it has; then it is no longer needed. */
  async _finish() {
    if (this._decoder?.state === "configured") await this._decoder.flush().catch(() => {});
    while (this._copying > 0 && !this._failed) await this._some(1000);
    this.close();
    if (!this._ready.has(this._wanted)) throw this._failed ?? new Error(DAMAGED);
  }

  /** Copies under way. */
  _copying = 0;

  /** @param {VideoDecoder} decoder @param {VideoFrame} frame */
  async _take(decoder, frame) {
    if (decoder !== this._decoder || frame.timestamp < this._wanted - KEPT) {
      frame.close();
      return;
    }
    this._copying++;
    try {
      const planes = await planesOf(frame);
      if (decoder === this._decoder) this._ready.set(frame.timestamp, planes);
    } catch (error) {
      this._failed = /** @type {Error} */ (error);
    } finally {
      this._copying--;
      frame.close();
      this._wake();
    }
  }
}

/** @param {Uint8Array} picture */
function delimited(picture) {
  const whole = new Uint8Array(DELIMITER.length + picture.length);
  whole.set(DELIMITER);
  whole.set(picture, DELIMITER.length);
  return whole;
}
