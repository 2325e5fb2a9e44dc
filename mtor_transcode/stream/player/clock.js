// SPDX-License-Identifier: Apache-2.0
/**
 * The player's clock: media time in seconds, after whatever leads. At first that is the page's own time; while sound
 * plays it is the sound card's, so the picture follows what is heard.
 */
export class Clock {
  constructor() {
    /** @type {() => number} seconds that never go back */
    this._base = pageTime;
    this._delay = 0;
    this._from = 0;
    this._at = 0;
    this._rate = 1;
    this._running = false;
  }

  /** Media time, seconds. */
  get time() {
    if (!this._running) return this._at;
    return this._at + Math.max(0, this._base() - this._delay - this._from) * this._rate;
  }

  get running() {
    return this._running;
  }

  get rate() {
    return this._rate;
  }

  /** When, in the seconds of what leads, a media time is to be played. @param {number} time */
  whenOf(time) {
    return this._from + (time - this._at) / this._rate;
  }

  start() {
    this._anchor(this._at);
    this._running = true;
  }

  stop() {
    this._at = this.time;
    this._running = false;
  }

  /** @param {number} time seconds */
  seek(time) {
    this._anchor(time);
  }

  /** @param {number} rate 1 is the film's own speed */
  speed(rate) {
    this._anchor(this.time);
    this._rate = rate;
  }

  /**
   * Follow another time; media time goes on from where it is. `delay`: seconds until what is played is heard.
   * @param {() => number} base @param {number} delay
   */
  follow(base, delay) {
    const time = this.time;
    this._base = base;
    this._delay = delay;
    this._anchor(time);
  }

  /** Follow the page's own time again. */
  alone() {
    if (this._base !== pageTime) this.follow(pageTime, 0);
  }

  /** From now on media time is `time`, as soon as what is played now is heard. @param {number} time */
  _anchor(time) {
    this._at = time;
    this._from = this._base();
  }
}

function pageTime() {
  return performance.now() / 1000;
}
