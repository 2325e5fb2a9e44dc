// SPDX-License-Identifier: Apache-2.0
/**
 * What a film shows at any time: the scene that is on, and the end of the one before while it dissolves.
 *
 * @typedef {import("../sources/source.js").FilmSource} FilmSource
 * @typedef {import("../sources/source.js").SceneFeed} SceneFeed
 * @typedef {import("./stage.js").Picture} Picture
 *
 * @typedef {object} Layer
 * @property {Picture} picture
 * @property {number} softness quarters of a px
 * @property {string} name equal for equal pictures that rest (the end of a scene), else empty
 *
 * @typedef {object} Show what is to be seen at one time
 * @property {Layer} layer
 * @property {Layer | null} below what the layer dissolves from
 * @property {number} share how much of `layer` is seen over `below`, 0-1
 * @property {boolean} changed whether it may differ from the show asked for before
 * @property {boolean} begun whether anything of the scene has come
 * @property {number} until ticks up to which the scene has come, Infinity if all of it has
 */
import { ScenePlayer } from "./scene_player.js";

const DISSOLVE = 1;

export class FilmShow {
  /** @param {FilmSource} source @param {import("./shown.js").Cadence} cadence of textures on their way */
  constructor(source, cadence) {
    this._source = source;
    this._cadence = cadence;
    /** @type {Map<number, SceneFeed>} feeds of the scenes around the present one */
    this._feeds = new Map();
    /** @type {Map<number, Promise<void>>} */
    this._coming = new Map();
    /** @type {{index: number, player: ScenePlayer} | null} */
    this._on = null;
    /** @type {{feed: SceneFeed, layer: Layer} | null} */
    this._end = null;
    this._last = "";
  }

  /** The scene of a time: the last that has begun, or the first. @param {number} tick */
  indexAt(tick) {
    const { scenes } = this._source;
    let low = 0;
    let high = scenes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (scenes[middle].start <= tick) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  /** Forget what was fetched: after a seek in a stream. */
  forget() {
    this._feeds.clear();
    this._coming.clear();
    this._on = null;
  }

  /** Resolves when `at(tick)` has something to show. @param {number} tick */
  async prepare(tick) {
    const index = this.indexAt(tick);
    if (this._source.scenes.length === 0) return;
    await this._fetch(index);
    if (this._share(index, tick) < 1) await this._fetch(index - 1);
  }

  /** Ask for the scene that follows, so that it is at hand. @param {number} tick */
  ahead(tick) {
    const index = this.indexAt(tick);
    if (index + 1 < this._source.scenes.length) this._fetch(index + 1).catch(() => {});
    for (const kept of this._feeds.keys()) if (kept < index - 1 || kept > index + 1) this._feeds.delete(kept);
  }

  /** What is to be seen, null if its scene has not come yet. @param {number} tick @returns {Show | null} */
  at(tick) {
    if (this._source.scenes.length === 0) return null;
    const index = this.indexAt(tick);
    const player = this._player(index, tick);
    if (!player) return null;
    const share = this._share(index, tick);
    const below = share < 1 ? this._ending(index - 1) : null;
    const { head } = player.feed;
    const picture = player.at(Math.max(tick, head.start));
    const layer = { picture, softness: head.softness, name: "" };
    const mark = `${index} ${below ? share : 1}`;
    const changed = picture.changed || mark !== this._last;
    this._last = mark;
    const { until } = player;
    return { layer, below, share: below ? share : 1, changed, begun: until > head.start, until };
  }

  /** Textured paints to be seen within `[tick, until)`, and from when on. @param {number} tick @param {number} until */
  texturesAhead(tick, until) {
    const index = this.indexAt(tick);
    const found = this._on?.index === index ? this._on.player.texturesAhead(until) : [];
    const next = this._source.scenes[index + 1];
    const feed = this._feeds.get(index + 1);
    if (!next || !feed || next.start >= until) return found;
    const player = this._newPlayer(feed);
    return [...found, ...player.texturesAhead(until)];
  }

  /** @param {number} index @returns {Promise<void>} */
  _fetch(index) {
    if (this._feeds.has(index)) return Promise.resolve();
    let coming = this._coming.get(index);
    if (!coming) {
      const ask = this._source.scene(index).then((feed) => {
        if (this._coming.get(index) === ask) this._feeds.set(index, feed);
      });
      const over = () => this._coming.get(index) === ask && this._coming.delete(index);
      ask.then(over, over);
      this._coming.set(index, ask);
      coming = ask;
    }
    return coming;
  }

  /** The player of a scene, not yet past a time: the one at work, or a new one. @param {number} index @param {number} tick */
  _player(index, tick) {
    let feed = this._feeds.get(index);
    if (feed?.replaced) {
      feed = feed.replaced;
      this._feeds.set(index, feed);
    }
    if (!feed) return null;
    if (this._on?.index !== index || this._on.player.feed !== feed || this._on.player.tick > tick) {
      this._on = { index, player: this._newPlayer(feed) };
    }
    return this._on.player;
  }

  /** @param {SceneFeed} feed */
  _newPlayer(feed) {
    return new ScenePlayer(feed, this._source.header.time_base, this._cadence);
  }

  /** How much of a scene is seen over the end of the one before: 1 but in a dissolve. @param {number} index @param {number} tick */
  _share(index, tick) {
    const head = this._feeds.get(index)?.head;
    const before = this._source.scenes[index - 1];
    if (!head || !before || before.end !== head.start || head.transition !== DISSOLVE) return 1;
    if (tick >= head.start + head.transition_duration) return 1;
    return Math.max(0, tick - head.start) / head.transition_duration;
  }

  /** The picture that a scene ends with. @param {number} index @returns {Layer | null} */
  _ending(index) {
    const feed = this._feeds.get(index);
    if (!feed) return null;
    if (this._end?.feed !== feed) {
      const player = this._newPlayer(feed);
      const picture = player.at(feed.end);
      this._end = { feed, layer: { picture, softness: feed.head.softness, name: `end ${feed.head.number}` } };
    }
    return this._end.layer;
  }
}
