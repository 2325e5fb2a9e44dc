// SPDX-License-Identifier: Apache-2.0
/** The socket: connects, connects again, tells where the viewer is, and counts what comes (`docs/wire.md`). */

import { readPart } from "./parts.js";

/** @import { Part } from "./parts.js" */

export const PROTOCOL = "mtor.v1+bin";

/** Messages after which the server is told what has come. */
const TELL_AFTER = 4;

const TELL_MS = 1000;
const FIRST_WAIT_MS = 400;
const MOST_WAIT_MS = 8000;

/** A connection that is silent for so long while something is wanted is taken for dead. */
const DEAD_MS = 12000;

/**
 * @typedef {object} Place where the viewer is
 * @property {number} tick
 * @property {boolean} playing
 * @property {number} speed
 *
 * @typedef {object} Ears what a link tells of
 * @property {(message: any) => void} told a message of the server
 * @property {(part: Part) => void} came a part of a section
 * @property {() => void} lost messages are missing
 * @property {() => {at: number, have: [number, number][], repairs: boolean}} wanted what to play when it has connected
 * @property {(state: string) => void} state a few words
 * @property {() => boolean} waits whether more has to come
 *
 * @typedef {object} LinkOptions
 * @property {string} [token] of a viewer
 * @property {(address: string, protocols: string[]) => WebSocket} [make]
 */

/** @param {string} token @returns {string} as a subprotocol */
function tokenProtocol(token) {
  const text = btoa(String.fromCharCode(...new TextEncoder().encode(token)));
  return `mtor.token.${text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

export class SocketLink {
  #address;
  #film;
  #ears;
  #options;
  /** @type {WebSocket | null} */
  #socket = null;
  #count = -1;
  #untold = 0;
  #failures = 0;
  #heard = 0;
  #closed = false;
  /** @type {Place} */
  #place = { tick: 0, playing: false, speed: 1 };
  /** @type {ReturnType<typeof setInterval>} */
  #clock;
  /** Bytes of all binary messages. */
  bytes = 0;

  /**
   * @param {string} address of the socket
   * @param {string} film its key
   * @param {Ears} ears
   * @param {LinkOptions} options
   */
  constructor(address, film, ears, options = {}) {
    this.#address = address;
    this.#film = film;
    this.#ears = ears;
    this.#options = options;
    this.#clock = setInterval(() => this.#tick(), TELL_MS);
    this.#connect();
  }

  /** Times in a row that no connection could be had. */
  get failures() {
    return this.#failures;
  }

  get connected() {
    return this.#socket?.readyState === 1;
  }

  /** Sends the film from a place on: at the start, after a seek, after a break. */
  play() {
    const { at, have, repairs } = this.#ears.wanted();
    this.#count = -1;
    this.#untold = 0;
    this.#say({ type: "play", film: this.#film, at: Math.max(0, Math.floor(at)), repairs, have: have.slice(-128) });
  }

  /** @param {Place} place where the viewer is */
  at(place) {
    this.#place = place;
    this.#tell();
  }

  /** @param {[number, number][]} sections @param {[number, number, number][]} parts to be sent again */
  want(sections, parts) {
    this.#say({ type: "want", sections: sections.slice(0, 128), parts: parts.slice(0, 128) });
  }

  close() {
    this.#closed = true;
    clearInterval(this.#clock);
    this.#socket?.close();
  }

  #connect() {
    if (this.#closed) return;
    const { token, make = (address, protocols) => new WebSocket(address, protocols) } = this.#options;
    const socket = make(this.#address, token ? [PROTOCOL, tokenProtocol(token)] : [PROTOCOL]);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => {
      this.#failures = 0;
      this.#heard = Date.now();
      this.#ears.state("connected");
      this.play();
    };
    socket.onmessage = ({ data }) => this.#hear(data);
    socket.onclose = socket.onerror = () => this.#gone(socket);
  }

  /** @param {WebSocket} socket */
  #gone(socket) {
    if (socket !== this.#socket || this.#closed) return;
    this.#socket = null;
    this.#failures += 1;
    const wait = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(this.#failures, 6)) * (0.5 + Math.random() / 2);
    this.#ears.state("link lost, reconnecting");
    setTimeout(() => this.#connect(), wait);
  }

  /** @param {string | ArrayBuffer} data */
  #hear(data) {
    this.#heard = Date.now();
    if (typeof data === "string") {
      this.#ears.told(JSON.parse(data));
      return;
    }
    this.bytes += data.byteLength;
    const part = readPart(new Uint8Array(data));
    const ahead = (part.count - this.#count) & 0xff;
    this.#count += ahead;
    if (++this.#untold >= TELL_AFTER) this.#tell();
    this.#ears.came(part);
    if (ahead !== 1) this.#ears.lost();
  }

  #tell() {
    this.#untold = 0;
    const { tick, playing, speed } = this.#place;
    this.#say({ type: "at", tick: Math.max(0, Math.floor(tick)), playing, speed, got: this.#count });
  }

  #tick() {
    if (!this.connected) return;
    if (this.#untold) this.#tell();
    if (this.#ears.waits() && Date.now() - this.#heard > DEAD_MS) {
      const dead = this.#socket;
      dead?.close();
      if (dead) this.#gone(dead);
    }
  }

  /** @param {object} message */
  #say(message) {
    if (this.connected) this.#socket?.send(JSON.stringify(message));
  }
}
