// SPDX-License-Identifier: Apache-2.0
/** A film that comes over the wire, as the player takes films; plain HTTP where there is no socket. */

import { readTables } from "../codec/contexts.js";
import { readHeader } from "../codec/header.js";
import { findSeries, hex } from "../codec/series.js";
import { Arrivals } from "./arrivals.js";
import { fetchKept } from "./cache.js";
import { SocketLink } from "./link.js";
import { PullLink } from "./pull.js";

/** @import { FilmSource, Kit, SceneFeed } from "../sources/source.js" */
/** @import { Part } from "./parts.js" */
/** @import { LinkOptions } from "./link.js" */

/** Connections that fail at the start before plain HTTP is tried. */
const TRIES = 3;

const WATCH_MS = 500;

/** A scene that was asked for and has not come for so long is asked for anew. */
const ASK_AGAIN_MS = 4000;

/** Without the header, or the times of a scene that is wanted, for so long: what told them was lost. */
const UNTOLD_MS = 1500;

/** What is missing is asked for at most so often. */
const WANT_MS = 1200;

/** A place beyond all films: the server takes it for what is newest in a film that is being written. */
const NEWEST = 2 ** 48;

/** Where a page keeps its viewer's token. */
const TOKEN = "mtor.token";

/**
 * @typedef {object} Options
 * @property {string} [base] address that `url` is relative to
 * @property {string} [token] of the viewer
 * @property {boolean} [newest] whether to join a film that is being written at its end, not its beginning
 * @property {LinkOptions["make"]} [make] makes WebSockets
 */

/**
 * Opens `SOCKET?film=KEY`. Resolves when the film's header has come; throws an error of one clear line.
 *
 * @param {string} url
 * @param {Kit} kit
 * @param {Options} [options]
 * @returns {Promise<FilmSource>}
 */
export async function openStream(url, kit, options = {}) {
  const address = new URL(url, options.base ?? document.baseURI);
  const film = address.searchParams.get("film") ?? "";
  if (!/^(live-)?[0-9a-f]{64}$/.test(film)) throw new Error("the address of the stream names no film");
  address.search = "";
  const token = options.token ?? globalThis.sessionStorage?.getItem(TOKEN) ?? "";
  const source = new StreamSource(address, film, kit, { ...options, token });
  await source.ready;
  return source;
}

/** @implements {FilmSource} */
class StreamSource {
  title = "";
  duration = 0;
  live = false;
  start = 0;
  /** @type {{number: number, start: number, end: number}[]} */
  scenes = [];
  /** @type {FilmSource["header"]} */
  header;
  /** @type {FilmSource["sound"]} */
  sound = { packets: [], complete: false };
  /** @type {FilmSource["subtitles"]} */
  subtitles = [];
  /** @type {Arrivals | null} */
  #arrivals = null;
  #tables;
  #dictionaries;
  #options;
  #address;
  #film;
  /** @type {SocketLink | PullLink} */
  #link;
  #state = "connecting";
  #total = 0;
  #needed = "";
  #kept = { hits: 0, bytes: 0 };
  #tick = 0;
  #told = 0;
  #playing = false;
  #repairs = false;
  #ended = false;
  #asked = 0;
  #heard = Date.now();
  #untold = Date.now();
  /** Scenes that the film has, as told. */
  #count = 0;
  /** @type {Map<number, {since: number, resolve: ((feed: SceneFeed) => void)[]}>} */
  #waiting = new Map();
  /** @type {Part[]} */
  #early = [];
  /** @type {import("./feeds.js").Row[]} */
  #known = [];
  /** @type {[number, number][]} */
  #rates = [];
  #watch;
  /** @type {(error: Error) => void} */
  #fail = () => {};
  /** @type {() => void} */
  #opened = () => {};

  /**
   * @param {URL} address
   * @param {string} film
   * @param {Kit} kit
   * @param {Options} options
   */
  constructor(address, film, kit, options) {
    this.#address = address;
    this.#film = film;
    this.#tables = readTables(/** @type {any} */ (kit.tables));
    this.#dictionaries = [...kit.dictionaries];
    this.#options = options;
    if (options.newest && film.startsWith("live-")) this.#tick = NEWEST;
    // Known once `ready` has resolved, before which nobody has this source.
    this.header = /** @type {any} */ (null);
    this.ready = new Promise((resolve, reject) => {
      this.#opened = () => resolve(undefined);
      this.#fail = reject;
    });
    this.#link = this.#socket();
    this.#watch = setInterval(() => this.#look(), WATCH_MS);
  }

  #socket() {
    const address = new URL(this.#address);
    address.protocol = address.protocol.replace("http", "ws");
    return new SocketLink(address.href, this.#film, this.#ears(), this.#options);
  }

  /** @returns {import("./link.js").Ears} */
  #ears() {
    return {
      told: (message) => this.#hear(message),
      came: (part) => this.#came(part),
      lost: () => this.#lost(),
      wanted: () => {
        this.#ended = false;
        return { at: this.#tick, have: this.#arrivals?.shelf.ranges() ?? [], repairs: this.#repairs };
      },
      state: (state) => {
        this.#state = state;
      },
      waits: () => !this.#ended && (this.#waiting.size > 0 || this.#playing || !this.#arrivals),
    };
  }

  /** @param {number} index @returns {Promise<SceneFeed>} */
  scene(index) {
    const feed = this.#arrivals?.feed(index);
    if (feed) return Promise.resolve(feed);
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(index) ?? { since: Date.now(), resolve: [] };
      waiting.resolve.push(resolve);
      this.#waiting.set(index, waiting);
      this.#advance();
    });
  }

  /** @param {number} tick where the player is */
  need(tick) {
    const now = Date.now();
    const passed = ((now - this.#told) / 1000) * (this.header.time_base[1] / this.header.time_base[0]);
    const speed = passed > 0 ? (tick - this.#tick) / passed : 0;
    const jumped = speed < 0 || speed > 16;
    this.#playing = !jumped && speed > 0.05;
    this.#tick = tick;
    this.#told = now;
    if (jumped && !this.#arrivals?.covers(tick)) this.#link.play();
    else this.#link.at({ tick, playing: this.#playing, speed: this.#playing ? Math.min(4, speed) : 1 });
    this.#arrivals?.forget(this.#indexAt(tick));
  }

  figures() {
    const now = Date.now();
    const recent = this.#rates.filter(([at]) => now - at < 3000);
    this.#rates = recent;
    const bits = recent.reduce((sum, [, count]) => sum + 8 * count, 0);
    const cache = this.#kept.hits ? { ...this.#kept } : null;
    return { bytes: this.#link.bytes, total: this.#total || null, rate: bits / 3000, cache, state: this.#state };
  }

  close() {
    clearInterval(this.#watch);
    this.#link.close();
  }

  /** @param {any} message */
  #hear(message) {
    this.#heard = Date.now();
    if (message.type === "film") this.#begin(message).catch((error) => this.#fail(error));
    else if (message.type === "scenes") this.#rows(message);
    else if (message.type === "enter") this.#arrivals?.enter(message.scene, message.section);
    else if (message.type === "grown") this.#grown(message);
    else if (message.type === "end") this.#end();
    else if (message.type === "error") this.#fail(new Error(message.what));
    this.#advance();
  }

  /** @param {any} message the answer to a request to play */
  async #begin({ title, scenes = 0, duration, live, bytes, dictionary, at = 0 }) {
    this.#state = "playing from the socket";
    this.title = title;
    this.#count = scenes;
    this.duration = duration;
    this.live = live;
    this.#total = bytes;
    if (this.#tick === NEWEST) this.#join(live ? at : 0);
    if (dictionary && dictionary !== this.#needed) {
      this.#needed = dictionary;
      const address = new URL(`/dictionaries/${dictionary}.mtordict`, this.#address);
      const { data, kept } = await fetchKept(address.href, dictionary, this.#options.token);
      if (kept) this.#kept = { hits: this.#kept.hits + 1, bytes: this.#kept.bytes + data.length };
      this.#dictionaries.push(data);
    }
    this.#unpack();
  }

  /** Takes the place at which a viewer begins; of a film that was whole already, its first. @param {number} at */
  #join(at) {
    this.start = at;
    this.#tick = at;
    if (!this.live) this.#link.play();
  }

  /** @param {{first: number, scenes: [number, number, number][]}} message */
  #rows({ first, scenes }) {
    // Those before have been lost on the way: all are asked for again, see `#look`.
    if (first > this.#known.length) return;
    this.#known.splice(first, scenes.length, ...scenes.map(([number, start, section]) => ({ number, start, first: section })));
    this.#arrivals?.rows(this.#known);
    this.#times();
  }

  /** Scenes end where the next starts; the last where the film does. */
  #times() {
    const ends = (/** @type {number} */ place) => this.#known[place + 1]?.start ?? Math.max(this.duration, this.#known[place].start);
    this.scenes = this.#known.map(({ number, start }, place) => ({ number, start, end: ends(place) }));
  }

  /** @param {{duration: number, live: boolean}} message */
  #grown({ duration, live }) {
    this.duration = duration;
    this.live = live;
    this.#times();
  }

  #end() {
    this.#ended = true;
    this.live = false;
    this.sound.complete = true;
    this.#arrivals?.end();
    this.#state = "all received";
  }

  /** @param {Part} part */
  #came(part) {
    this.#heard = Date.now();
    this.#rates.push([this.#heard, part.bytes.length]);
    if (this.#arrivals) this.#arrivals.take(part);
    else {
      this.#early.push(part);
      this.#unpack();
    }
    this.#advance();
  }

  /** Begins as soon as the header and the dictionary that it names are here. */
  #unpack() {
    const header = this.#early.find(({ number, place }) => number === 0 && place === 0);
    if (this.#arrivals || !header) return;
    const arrivals = new Arrivals(this.title || "film", this.#tables, this.sound, this.subtitles);
    arrivals.take(header);
    const held = arrivals.shelf.get(0);
    if (!held) return;
    this.header = readHeader(arrivals.shelf.payload(held));
    const missing = hex(this.header.dictionary);
    try {
      arrivals.begin(this.header, findSeries(this.header.dictionary, this.#dictionaries, this.#tables));
    } catch (error) {
      if (missing && this.#needed !== missing) return;
      if (!missing) this.#fail(/** @type {Error} */ (error));
      return;
    }
    this.#arrivals = arrivals;
    arrivals.rows(this.#known);
    for (const part of this.#early) arrivals.take(part);
    this.#early = [];
    this.#opened();
  }

  /** Hands out the feeds that have begun, and decodes what has come. */
  #advance() {
    const { scenes } = this;
    for (const [index, { resolve }] of this.#waiting) {
      const feed = this.#arrivals?.feed(index);
      if (!feed || !scenes[index]) continue;
      this.#waiting.delete(index);
      for (const done of resolve) done(feed);
    }
  }

  /** Messages were lost on the way: repairs are worth their bytes from now on. */
  #lost() {
    this.#repairs = true;
    this.#wantMissing(true);
  }

  /** Asks again for what is missing around the player's place. @param {boolean} soon */
  #wantMissing(soon = false) {
    const now = Date.now();
    if (!this.#arrivals || now - this.#asked < (soon ? WANT_MS / 4 : WANT_MS)) return;
    const { sections, parts } = this.#arrivals.lacks(this.#indexAt(this.#tick), now - this.#heard > WANT_MS);
    if (!sections.length && !parts.length) return;
    this.#asked = now;
    this.#link.want(sections, parts);
  }

  /** @param {number} tick */
  #indexAt(tick) {
    return Math.max(0, this.#known.findLastIndex(({ start }) => start <= tick));
  }

  /** Whether the header, and the times of the scenes that are wanted, are known; or nothing has come at all. */
  #isTold() {
    if (!this.#arrivals) return !this.#early.length || this.#early.some(({ number }) => number === 0);
    return [...this.#waiting.keys()].every((index) => this.#known[index]) && (this.#known.length > 0 || !this.#count);
  }

  /** What a viewer does about silence: asks again, begins anew, takes another way. */
  #look() {
    const now = Date.now();
    if (!this.#arrivals && this.#link.failures >= TRIES && this.#link instanceof SocketLink) {
      this.#link.close();
      const address = new URL(`/films/${this.#film}.mtor`, this.#address);
      this.#link = new PullLink(address.href, this.#ears(), this.#options.token);
      return;
    }
    this.#wantMissing();
    const late = [...this.#waiting.values()].some(({ since }) => now - since > ASK_AGAIN_MS);
    const silent = now - this.#heard > ASK_AGAIN_MS && (late || !this.#arrivals);
    if (this.#isTold()) this.#untold = now;
    if (this.#link.connected && (silent || now - this.#untold > UNTOLD_MS)) {
      this.#untold = now;
      this.#heard = now;
      for (const waiting of this.#waiting.values()) waiting.since = now;
      this.#link.play();
    }
  }
}
