// SPDX-License-Identifier: Apache-2.0
/**
 * One scene played forwards: spans are put on stage as their time comes. Where spans are missing, what moved goes on.
 *
 * @typedef {import("../sources/source.js").SceneFeed} SceneFeed
 */
import { Momentum } from "./momentum.js";
import { Stage } from "./stage.js";

/** Seconds for which a motion goes on where packets are missing and nothing says where to. */
const GOES_ON = 0.25;

export class ScenePlayer {
  /** @param {SceneFeed} feed @param {import("../codec/types.js").Ratio} timeBase seconds a tick @param {import("./shown.js").Cadence} cadence */
  constructor(feed, timeBase, cadence) {
    this.feed = feed;
    this._stage = new Stage(feed.head, cadence);
    this._momentum = new Momentum(feed.head.camera, Math.round((GOES_ON * timeBase[1]) / timeBase[0]));
    this._next = 0;
    /** The time asked for last. */
    this.tick = feed.head.start;
    /** Ticks up to which the scene is at hand. */
    this.known = feed.head.start;
  }

  /** The picture at a time not before `tick`; from the scene's end on, its state at the end. @param {number} tick */
  at(tick) {
    const { feed } = this;
    this.tick = feed.complete || tick < feed.end ? Math.min(tick, feed.end) : tick;
    this._take(this.tick);
    return this._stage.at(this.tick);
  }

  /**
   * Textures to have at hand until a time: see `Stage.texturesAhead`.
   * @param {number} until
   */
  texturesAhead(until) {
    this._take(until);
    return this._stage.texturesAhead(this.tick, until);
  }

  /** Ticks up to which the scene has come, Infinity if nothing more is to come. */
  get until() {
    const { spans, complete, head } = this.feed;
    return complete ? Infinity : (spans.at(-1)?.end ?? head.start);
  }

  /** @param {number} tick */
  _take(tick) {
    const { spans } = this.feed;
    while (this._next < spans.length && this.known <= tick) {
      const span = spans[this._next++];
      this._stage.feed([...this._momentum.overGap(span), ...span.tokens]);
      this._momentum.take(span);
      this.known = span.end;
    }
  }
}
