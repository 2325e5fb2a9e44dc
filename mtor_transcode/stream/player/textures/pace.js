// SPDX-License-Identifier: Apache-2.0
/**
 * How finely textures go on between two pictures while a film plays: as the worker can. At first as often as the film
 * has frames; twice as often where that is little work for it, half as often or not at all where it is too much.
 */

/** Frames of the film for which a picture on its way stands, from the least work to the most. */
const STEPS = [Infinity, 2, 1, 0.5];
const START = 2;

/** Milliseconds of playing between looks at how the worker does. */
const LOOK = 1000;

/** Shares of the time that the worker is at work: from the one on it has too much to do, up to the other little. */
const BUSY = 0.8;
const CALM = 0.4;

/** Looks in a row at which it must have had too much to do before it gets less: its first second starts decoders and compiles. */
const TRIALS = 2;

/** Looks in a row at which it must have little to do before it gets more; doubled each time that it was too much. */
const PATIENCE = 2;
const MOST_PATIENCE = 64;

export class Pace {
  constructor() {
    this._at = START;
    this._worked = 0;
    this._calm = 0;
    this._busy = 0;
    this._patience = PATIENCE;
    this._looked = -Infinity;
  }

  /** Frames of the film for which a picture on its way stands; Infinity: until the next picture. */
  get frames() {
    return STEPS[this._at];
  }

  /** A picture has been made. @param {number} took milliseconds */
  made(took) {
    this._worked += took;
  }

  /**
   * Look how it goes, at most once a second; to be called while the film plays.
   * @param {number} now milliseconds @param {number} rate frames a second @param {number} turns pictures a second that the display shows
   */
  look(now, rate, turns) {
    const passed = now - this._looked;
    if (passed < LOOK) return;
    this._looked = now;
    const share = this._worked / passed;
    this._worked = 0;
    if (share <= BUSY || passed > 2 * LOOK) this._busy = 0;
    if (passed > 2 * LOOK) return; // it was at rest meanwhile
    if (share > BUSY) this._slower();
    else if (share > CALM) this._calm = 0;
    else if (++this._calm >= this._patience) this._faster(rate, turns);
  }

  _slower() {
    this._calm = 0;
    if (++this._busy < TRIALS || this._at === 0) return;
    this._at--;
    this._patience = Math.min(2 * this._patience, MOST_PATIENCE);
  }

  /** @param {number} rate @param {number} turns */
  _faster(rate, turns) {
    this._calm = 0;
    const finer = STEPS[this._at + 1];
    if (finer && rate / finer <= 1.05 * turns) this._at++;
  }
}
