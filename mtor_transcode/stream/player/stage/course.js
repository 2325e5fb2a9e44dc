// SPDX-License-Identifier: Apache-2.0
/** One value's way through time: at most one transition, and the target at which it comes to rest. @template T */
export class Course {
  /** @param {T} target */
  constructor(target) {
    this.target = target;
    this._start = target;
    /** @type {((u: number) => T) | null} */
    this._blend = null;
    this._at = 0;
    this._duration = 0;
  }

  /**
   * Begin a transition at `at`; without a duration, a jump.
   * @param {T} start @param {T} target @param {number} at @param {number} duration
   * @param {(a: T, b: T) => (u: number) => T} between
   */
  go(start, target, at, duration, between) {
    this._start = start;
    this.target = target;
    this._blend = duration > 0 && start !== target ? between(start, target) : null;
    this._at = at;
    this._duration = duration;
  }

  /** The value at a time, half-open: from the end of the transition on it is the target. @param {number} tick @returns {T} */
  value(tick) {
    if (!this._blend) return this.target;
    if (tick >= this._at + this._duration) {
      this._blend = null;
      this._start = this.target;
      return this.target;
    }
    return tick <= this._at ? this._start : this._blend((tick - this._at) / this._duration);
  }

  /** Whether the value asked for last was on its way. */
  get moving() {
    return this._blend !== null;
  }
}
