// SPDX-License-Identifier: Apache-2.0
/**
 * A film's sound decoded by WebCodecs into pieces of some tenths of a second.
 *
 * @typedef {import("../codec/types.js").AudioInfo} AudioInfo
 * @typedef {import("../codec/types.js").AudioPacket} AudioPacket
 * @typedef {{time: number, rate: number, channels: Float32Array[]}} Piece sound from `time` (media seconds) on
 */

/** Seconds of sound in a piece: many short ones would have many seams. */
const PIECE = 0.2;

/** What WebCodecs calls a track, null if it cannot be described. @param {AudioInfo} info @returns {AudioDecoderConfig | null} */
export function configOf(info) {
  const shared = { sampleRate: info.sample_rate, numberOfChannels: info.channels };
  if (info.codec === "opus") {
    if (info.channels <= 2) return { codec: "opus", ...shared };
    const description = info.setup.slice(); // The channels' order; what is to be dropped is left out by time.
    description.fill(0, 10, 12);
    return { codec: "opus", ...shared, description };
  }
  if (info.codec === "aac") return { codec: `mp4a.40.${info.setup.length ? info.setup[0] >> 3 : 2}`, ...shared, description: info.setup };
  if (info.codec === "mp3") return { codec: "mp3", ...shared };
  if (info.codec === "flac") return { codec: "flac", ...shared, description: info.setup };
  return null;
}

/** Why a track cannot be heard here, empty if it can. @param {AudioInfo} info */
export async function deafTo(info) {
  if (typeof AudioDecoder === "undefined" || typeof AudioContext === "undefined") return "this browser cannot decode sound: it plays silently";
  const config = configOf(info);
  const supported = config && (await AudioDecoder.isConfigSupported(config).catch(() => null))?.supported;
  return supported ? "" : `this browser cannot decode ${info.codec} sound: it plays silently`;
}

export class SoundDecoder {
  /** @param {AudioInfo} info @param {(piece: Piece) => void} give */
  constructor(info, give) {
    this._info = info;
    this._give = give;
    /** @type {{time: number, rate: number, parts: Float32Array[][], frames: number} | null} */
    this._open = null;
    /** @type {AudioDecoder | null} */
    this._decoder = null;
    /** Nothing before this media time is given. */
    this._from = 0;
  }

  /** Begin anew; what comes before a media time is dropped. @param {number} from */
  restart(from) {
    this.close();
    this._from = from;
    const decoder = new AudioDecoder({
      output: (data) => this._take(decoder, data),
      error: () => this.close(),
    });
    decoder.configure(/** @type {AudioDecoderConfig} */ (configOf(this._info)));
    this._decoder = decoder;
  }

  /** @param {AudioPacket} packet */
  decode(packet) {
    if (this._decoder?.state !== "configured") return;
    const scale = 1e6 / this._info.sample_rate;
    const { pts, duration, data } = packet;
    this._decoder.decode(new EncodedAudioChunk({ type: "key", timestamp: pts * scale, duration: duration * scale, data }));
  }

  /** Give what is left: after the last packet. */
  async finish() {
    if (this._decoder?.state !== "configured") return;
    await this._decoder.flush().catch(() => {});
    this._pass();
  }

  close() {
    if (this._decoder && this._decoder.state !== "closed") this._decoder.close();
    this._decoder = null;
    this._open = null;
  }

  /** @param {AudioDecoder} decoder @param {AudioData} data */
  _take(decoder, data) {
    if (decoder === this._decoder) this._add(data);
    data.close();
  }

  /** @param {AudioData} data */
  _add(data) {
    const rate = data.sampleRate;
    const skip = Math.max(0, Math.round((this._from - data.timestamp / 1e6) * rate));
    const count = data.numberOfFrames - skip;
    if (count <= 0) return;
    const time = data.timestamp / 1e6 + skip / rate;
    const parts = [];
    for (let channel = 0; channel < data.numberOfChannels; channel++) {
      const samples = new Float32Array(count);
      data.copyTo(samples, { planeIndex: channel, format: "f32-planar", frameOffset: skip, frameCount: count });
      parts.push(samples);
    }
    const open = this._open;
    const joins = open && open.rate === rate && open.parts[0].length === parts.length && Math.abs(open.time + open.frames / rate - time) < 0.001;
    if (open && !joins) this._pass();
    this._open ??= { time, rate, parts: [], frames: 0 };
    this._open.parts.push(parts);
    this._open.frames += count;
    if (this._open.frames >= PIECE * rate) this._pass();
  }

  /** Hand on the piece that is open. */
  _pass() {
    const open = this._open;
    this._open = null;
    if (!open) return;
    const channels = open.parts[0].map((_, channel) => {
      const whole = new Float32Array(open.frames);
      let place = 0;
      for (const part of open.parts) {
        whole.set(part[channel], place);
        place += part[channel].length;
      }
      return whole;
    });
    this._give({ time: open.time, rate: open.rate, channels });
  }
}
