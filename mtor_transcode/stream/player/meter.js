// SPDX-License-Identifier: Apache-2.0
/** What happened how often in the last second: pictures that were painted, and turns in which one could have been. */
export class Meter {
  constructor() {
    /** @type {number[]} */
    this._pictures = [];
    /** @type {number[]} */
    this._turns = [];
    /** Pictures painted in all. */
    this.count = 0;
  }

  /** @param {number} now milliseconds */
  painted(now) {
    this.count++;
    this._pictures.push(now);
  }

  /** @param {number} now milliseconds */
  turned(now) {
    this._turns.push(now);
    lately(this._turns, now);
  }

  /** Pictures a second. @param {number} now milliseconds */
  fps(now) {
    return lately(this._pictures, now);
  }

  /** Turns a second: what the browser leaves time for. @param {number} now milliseconds */
  turns(now) {
    return lately(this._turns, now);
  }
}

/** How many times lie in the last second; older ones are forgotten. @param {number[]} times @param {number} now */
function lately(times, now) {
  let old = 0;
  while (old < times.length && times[old] <= now - 1000) old++;
  times.splice(0, old);
  return times.length;
}
