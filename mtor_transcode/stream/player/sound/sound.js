// SPDX-License-Identifier: Apache-2.0
/**
 * The sound of a film, played by WebAudio some time ahead. While it plays, the clock follows the sound card.
 *
 * @typedef {import("../sources/source.js").FilmSource} FilmSource
 * @typedef {import("../clock.js").Clock} Clock
 */
import { deafTo, SoundDecoder } from "./decoding.js";

/** Seconds of sound that are decoded and scheduled ahead of the picture. */
const AHEAD = 1.5;

/** Seconds of sound that a decoder is given before the place where it begins (RFC 7845, 4.6). */
const PREROLL = 0.08;

/** Milliseconds between looks at what is to be decoded: timers of hidden pages come once a second. */
const LOOK = 150;

export class Sound {
  /** @param {FilmSource} source @param {Clock} clock */
  constructor(source, clock) {
    this._source = source;
    this._clock = clock;
    this._info = source.header.audio;
    /** Why nothing is heard, empty if sound plays. */
    this.trouble = this._info ? "" : "the film has no sound";
    /** @type {AudioContext | null} */
    this._context = null;
    /** @type {GainNode | null} */
    this._gain = null;
    this._volume = 1;
    this._muted = false;
    /** The sample up to which packets were given to the decoder: a stream's packets may come in between. */
    this._next = 0;
    this._finished = false;
    this._leads = false;
    /** The sound card's time when it was looked at last. */
    this._heard = -1;
    /** @type {Set<AudioBufferSourceNode>} */
    this._playing = new Set();
    this._timer = 0;
    /** @type {SoundDecoder | null} */
    this._decoder = null;
    /** Seconds of sound put on schedule so far. */
    this.scheduled = 0;
  }

  /** Look whether this browser can play the track. */
  async prepare() {
    if (!this._info) return;
    this.trouble = await deafTo(this._info);
    if (!this.trouble) this._decoder = new SoundDecoder(this._info, (piece) => this._schedule(piece));
  }

  /** Play from the clock's time on; to be called by what a person does, as browsers want. */
  start() {
    if (!this._decoder || !this._info) return;
    this._context ??= this._opened(this._info.sample_rate);
    this._context.resume().catch(() => {});
    this._lead();
    this._begin();
    this._heard = -1;
    if (!this._timer) {
      this._timer = setInterval(() => {
        this._watch();
        this._look();
      }, LOOK);
    }
  }

  stop() {
    clearInterval(this._timer);
    this._timer = 0;
    this._silence();
    this._decoder?.close();
  }

  /** After a seek, or when the speed changed. */
  again() {
    if (this._timer) this._begin();
  }

  /** @param {number} volume 0-1 @param {boolean} muted */
  loudness(volume, muted) {
    this._volume = volume;
    this._muted = muted;
    if (this._gain) this._gain.gain.value = muted ? 0 : volume * volume; // about as loud as it looks
  }

  close() {
    this.stop();
    this._clock.alone();
    this._context?.close();
    this._context = null;
  }

  /** @param {number} rate */
  _opened(rate) {
    const context = new AudioContext({ sampleRate: rate, latencyHint: "playback" });
    this._gain = context.createGain();
    this._gain.connect(context.destination);
    context.onstatechange = () => {
      this._lead();
      this.again();
    };
    this.loudness(this._volume, this._muted);
    return context;
  }

  /** Let the sound card lead while it runs. */
  _lead() {
    const context = this._context;
    this._leads = context?.state === "running";
    if (context && this._leads) this._clock.follow(() => context.currentTime, context.outputLatency || context.baseLatency || 0);
    else this._clock.alone();
  }

  /** A sound card may stand still (unplugged, busy): then the picture goes on without it until it runs again. */
  _watch() {
    const now = this._context?.currentTime ?? 0;
    const stands = now === this._heard;
    this._heard = now;
    if (stands === this._leads && this._context?.state === "running") {
      if (stands) {
        this._leads = false;
        this._clock.alone();
      } else {
        this._lead();
        this._begin();
      }
    }
  }

  /** Decode and schedule from the clock's time on. */
  _begin() {
    if (!this._decoder || !this._info) return;
    this._silence();
    const time = this._clock.time;
    this._next = (time - PREROLL) * this._info.sample_rate;
    this._finished = false;
    this._decoder.restart(Math.max(0, time));
    this._look();
  }

  /** Decode what is to be heard soon. */
  _look() {
    const { _info: info, _decoder: decoder, _clock: clock } = this;
    if (!info || !decoder || !this._leads || !clock.running) return;
    const until = (clock.time + AHEAD * Math.max(1, clock.rate)) * info.sample_rate;
    const { packets, complete } = this._source.sound;
    let place = firstAfter(packets, this._next);
    for (; place < packets.length && packets[place].pts < until; place++) {
      decoder.decode(packets[place]);
      this._next = packets[place].pts + packets[place].duration;
    }
    if (complete && place >= packets.length && !this._finished) {
      this._finished = true;
      decoder.finish();
    }
  }

  /** @param {import("./decoding.js").Piece} piece */
  _schedule({ time, rate, channels }) {
    const context = this._context;
    if (!context || !this._gain || !this._leads || !this._clock.running) return;
    const buffer = context.createBuffer(channels.length, channels[0].length, rate);
    channels.forEach((samples, channel) => buffer.copyToChannel(/** @type {Float32Array<ArrayBuffer>} */ (samples), channel));
    const when = Math.round(this._clock.whenOf(time) * context.sampleRate) / context.sampleRate;
    const late = Math.max(0, context.currentTime - when) * this._clock.rate;
    if (late >= buffer.duration) return;
    const node = context.createBufferSource();
    node.buffer = buffer;
    node.playbackRate.value = this._clock.rate;
    node.connect(this._gain);
    node.onended = () => this._playing.delete(node);
    node.start(Math.max(when, context.currentTime), late);
    this._playing.add(node);
    this.scheduled += buffer.duration;
  }

  _silence() {
    for (const node of this._playing) {
      node.onended = null;
      node.stop();
    }
    this._playing.clear();
  }
}

/** The place of the first packet that ends after a sample. @param {import("../codec/types.js").AudioPacket[]} packets @param {number} sample */
function firstAfter(packets, sample) {
  let low = 0;
  let high = packets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (packets[middle].pts + packets[middle].duration <= sample) low = middle + 1;
    else high = middle;
  }
  return low;
}
