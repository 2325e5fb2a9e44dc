// SPDX-License-Identifier: Apache-2.0
/** The same film over plain HTTP, in the order of the file; a break goes on with a range from where it was. */

import { Kind } from "../codec/container.js";
import { MAX_SECTION } from "../codec/limits.js";
import { sectionLength } from "./parts.js";
import { PICTURES } from "./shelf.js";

/** @import { Ears, Place } from "./link.js" */

/** Bytes of "MTOR" and the version. */
const MAGIC = 5;

const AGAIN_MS = 1000;

export class PullLink {
  #address;
  #ears;
  #token;
  #place = 0;
  #number = 0;
  #lastPicture = 0;
  /** @type {[number, number, number][]} */
  #rows = [];
  #lastScene = -1;
  /** Bytes that have come and are no whole section yet. */
  #rest = new Uint8Array();
  #stop = new AbortController();
  #tag = "";
  bytes = 0;
  failures = 0;
  connected = false;

  /**
   * @param {string} address of the film
   * @param {Ears} ears
   * @param {string} [token] of the viewer
   */
  constructor(address, ears, token) {
    this.#address = address;
    this.#ears = ears;
    this.#token = token;
    this.#run();
  }

  /** Places and wishes make no difference: the file comes as it is. */
  play() {}

  /** @param {Place} _ */
  at(_) {}

  /** @param {[number, number][]} _ @param {[number, number, number][]} __ */
  want(_, __) {}

  close() {
    this.#stop.abort();
  }

  async #run() {
    while (!this.#stop.signal.aborted) {
      try {
        if (await this.#pull()) return;
      } catch {
        this.failures += 1;
      }
      this.connected = false;
      this.#ears.state("link lost, going on by HTTP");
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  /** @returns {Promise<boolean>} whether all of the film is here, or it cannot be had */
  async #pull() {
    /** @type {Record<string, string>} */
    const headers = this.#place ? { Range: `bytes=${this.#place}-`, "If-Range": this.#tag } : {};
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    const answer = await fetch(this.#address, { headers, signal: this.#stop.signal });
    if (this.#place && answer.status === 416) return true;
    if (!answer.ok || (this.#place && answer.status !== 206)) {
      this.#ears.told({ type: "error", what: `the film could not be fetched: the server answered ${answer.status}` });
      return true;
    }
    this.#tag = answer.headers.get("etag") ?? "";
    this.connected = true;
    this.#ears.state("playing by HTTP");
    const total = this.#place + Number(answer.headers.get("content-length"));
    const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (answer.body).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) this.#take(part.value, total);
    this.#ears.told({ type: "end" });
    return true;
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes @param {number} total of the film */
  #take(bytes, total) {
    this.bytes += bytes.length;
    this.#place += bytes.length;
    const joined = new Uint8Array(this.#rest.length + bytes.length);
    joined.set(this.#rest);
    joined.set(bytes, this.#rest.length);
    let start = this.#place === joined.length ? Math.min(MAGIC, joined.length) : 0;
    if (start && joined.length >= MAGIC) this.#ears.told({ type: "film", title: "", duration: 0, live: false, bytes: total });
    for (;;) {
      const length = sectionLength(joined.subarray(start));
      if (length > MAX_SECTION + 8) throw new Error("not a film");
      if (!length || start + length > joined.length) break;
      this.#section(joined.slice(start, start + length));
      start += length;
    }
    this.#rest = joined.slice(start);
  }

  /** @param {Uint8Array} bytes */
  #section(bytes) {
    const number = this.#number++;
    const picture = PICTURES.includes(bytes[0]);
    const back = picture && this.#lastPicture ? number - this.#lastPicture : 0;
    if (picture) this.#lastPicture = number;
    if (bytes[0] === Kind.SCENE || bytes[0] === Kind.PACKET) this.#scene(bytes, number);
    if (bytes[0] !== Kind.INDEX) this.#ears.came({ number, count: 0, back, place: 0, bytes });
  }

  /** Tells of a scene when its first section has come. @param {Uint8Array} bytes @param {number} section */
  #scene(bytes, section) {
    let place = 1;
    while (bytes[place++] >= 0x80);
    const next = () => {
      let value = 0;
      for (let factor = 1; ; factor *= 128) {
        const byte = bytes[place++];
        value += (byte & 0x7f) * factor;
        if (byte < 0x80) return value;
      }
    };
    if (bytes[0] === Kind.PACKET) next();
    const number = next();
    const start = next();
    if (number === this.#lastScene) return;
    this.#lastScene = number;
    this.#rows.push([number, start, section]);
    this.#ears.told({ type: "scenes", first: this.#rows.length - 1, scenes: [[number, start, section]] });
    this.#ears.told({ type: "grown", duration: start, live: true });
  }
}
