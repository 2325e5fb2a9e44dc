// SPDX-License-Identifier: Apache-2.0
/**
 * A player: a film's pictures on a canvas and its sound, at the time of a clock. It knows nothing of the page around.
 * Events: `change` (what it does changed), `time` (about four times a second), `trouble` (`message` says what).
 *
 * @typedef {import("./sources/source.js").FilmSource} FilmSource
 * @typedef {import("./stage/show.js").Show} Show
 */
import { Clock } from "./clock.js";
import { Meter } from "./meter.js";
import { affine } from "./paint/colours.js";
import { Painter } from "./paint/painter.js";
import { Sound } from "./sound/sound.js";
import { FilmShow } from "./stage/show.js";
import { nextTurn, shownAt } from "./stage/shown.js";
import { TextureDesk } from "./textures/desk.js";

/** Milliseconds for which a picture waits for its textures before it is shown with what is there. */
const WAITS = 400;

/** Seconds for which textures are made ahead. */
const AHEAD = 0.5;

/** Pictures of one texture that are asked for ahead. */
const MOST_AHEAD = 10;

/** Seconds for which the picture goes on where the source has nothing yet: what moved is held, and time passes. */
const GRACE = 0.5;

/** Seconds that have to be at hand before time goes on after it was held. */
const RESUMES = 0.7;

/** Seconds behind the newest of a film that is being written at which its viewers are put, and up to which they count as live. */
const BEHIND = 1.5;
const NEAR = 6;

/** Seconds between the times at which a source is told where the player is. */
const TELLS = 1;

export class Player extends EventTarget {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    super();
    this._canvas = canvas;
    this.clock = new Clock();
    this.meter = new Meter();
    /** @type {FilmSource | null} */
    this.source = null;
    /** @type {Sound | null} */
    this.sound = null;
    /** @type {TextureDesk | null} */
    this.desk = null;
    /** @type {Painter | null} */
    this._painter = null;
    /** @type {FilmShow | null} */
    this._show = null;
    /** @type {import("./stage/shown.js").Cadence} */
    this._cadence = { step: 0 };
    this._late = 0;
    this._made = 0;
    this._told = 0;
    this._announced = 0;
    this._dirty = true;
    this._loop = 0;
    this._plain = false;
    /** Whether the scene of this time cannot be had: nothing is asked for until somebody seeks. */
    this._failed = false;
    /** Whether the player waits for the source. */
    this.holding = false;
  }

  /** Take another film, where its viewers begin, at rest. @param {FilmSource} source */
  async load(source) {
    this.close();
    this.source = source;
    this.desk = new TextureDesk(affine(source.header.colour));
    this._painter = new Painter(this._canvas, source.header, this.desk);
    this._painter.plain = this._plain;
    this._show = new FilmShow(source, this._cadence);
    this.clock = new Clock();
    this.sound = new Sound(source, this.clock);
    this.meter = new Meter();
    await this.sound.prepare();
    await this.seek(this._seconds(source.start ?? 0));
    this._frame();
  }

  close() {
    cancelAnimationFrame(this._loop);
    this.sound?.close();
    this.desk?.close();
    this.source?.close();
    this.source = this._show = null;
  }

  /** Media time, seconds, within the film. */
  get time() {
    return Math.min(this.clock.time, this.duration);
  }

  /** Seconds known so far. */
  get duration() {
    return this.source ? this._seconds(this.source.duration) : 0;
  }

  get paused() {
    return !this.clock.running && !this.holding;
  }

  get ended() {
    return !!this.source && !this.source.live && this.clock.time >= this.duration;
  }

  /** Whether what is shown is nearly the newest of a film that is being written. */
  get atEdge() {
    return !!this.source?.live && this.duration - this.clock.time < NEAR;
  }

  /** Go to the newest of a film that is being written, and on from there. */
  async toEdge() {
    await this.seek(this.duration - BEHIND);
    await this.play();
  }

  async play() {
    if (!this.source) return;
    if (this.ended) await this.seek(0);
    this.holding = false;
    this.sound?.start();
    this.clock.start();
    this.sound?.again();
    this._changed();
  }

  pause() {
    this.holding = false;
    this.clock.stop();
    this.sound?.stop();
    this._changed();
  }

  /** Go to a time; resolves when its picture is there. @param {number} seconds */
  async seek(seconds) {
    const { source, _show: show } = this;
    if (!source || !show) return;
    this.clock.seek(Math.min(Math.max(0, seconds), this.duration));
    source.need(this._tick());
    this.desk?.drop();
    this.sound?.again();
    this._dirty = true;
    this._failed = false;
    this._changed();
    await this._prepare(show, this._tick());
  }

  /** Have the scene of a time fetched. @param {FilmShow} show @param {number} tick */
  async _prepare(show, tick) {
    try {
      await show.prepare(tick);
    } catch (error) {
      if (show !== this._show || this._failed) return;
      this._failed = true;
      this.holding = false;
      this._trouble(/** @type {Error} */ (error));
    }
  }

  /** @param {number} rate 1 is the film's own speed */
  speed(rate) {
    this.clock.speed(rate);
    this.sound?.again();
    this._changed();
  }

  /** Fewer effects, same content. @param {boolean} plain */
  plainly(plain) {
    this._plain = plain;
    if (this._painter) this._painter.plain = plain;
    this._dirty = true;
  }

  get plain() {
    return this._plain;
  }

  /** The size of the picture in device px. @param {number} width @param {number} height */
  resize(width, height) {
    if (this._painter?.resize(width, height)) this._dirty = true;
  }

  /** Shapes in sight. */
  get shapes() {
    return this._painter?.shapes ?? 0;
  }

  /** Resolves when the picture of this very time, with all its textures, is on the canvas. */
  async settled() {
    const { _show: show, _painter: painter, desk } = this;
    if (!show || !painter || !desk) return;
    this._keepTime();
    await show.prepare(this._tick());
    const now = show.at(this._tick());
    while (now && !painter.ready(now)) await desk.another();
    if (now) painter.paint(now);
    else painter.clear();
  }

  _frame() {
    this._loop = requestAnimationFrame(() => this._frame());
    const { source } = this;
    if (!source) return;
    try {
      this._advance(source);
    } catch (error) {
      this.pause();
      this._trouble(/** @type {Error} */ (error));
    }
  }

  /** @param {FilmSource} source */
  _advance(source) {
    const now = performance.now();
    this.meter.turned(now);
    if (this.clock.running && this.ended) {
      this.clock.stop();
      this.clock.seek(this.duration);
      this.sound?.stop();
      this._changed();
    }
    const tick = this._tick();
    if (now - this._told > 1000 * TELLS) {
      this._told = now;
      source.need(tick);
    }
    if (now - this._announced > 250) {
      this._announced = now;
      this.dispatchEvent(new Event("time"));
    }
    this._picture(tick, now);
    if (this.clock.running) this._show?.ahead(tick);
  }

  /** @param {number} tick @param {number} now milliseconds */
  _picture(tick, now) {
    const { _show: show, _painter: painter, desk } = this;
    if (!show || !painter || !desk) return;
    if (this.clock.running) desk.pace.look(now, this._rate(), this.meter.turns(now));
    this._keepTime();
    const seen = show.at(tick);
    if (!seen || this._starved(seen, tick)) this._hold();
    else this._release();
    if (!seen) {
      if (!this._failed) this._prepare(show, tick);
      return;
    }
    if (!seen.changed && !this._dirty && !this._late) return;
    const ready = painter.ready(seen);
    if (!ready) {
      this._late ||= now;
      const newer = this._made !== desk.made && painter.nearly(seen);
      if (!newer && now - this._late < WAITS) {
        this._askAhead(tick);
        return;
      }
    }
    this._late = ready ? 0 : now;
    this._made = desk.made;
    this._dirty = false;
    painter.paint(seen);
    this.meter.painted(now);
    this._askAhead(tick);
  }

  /** Whether too little of the film has come for time to go on. @param {Show} seen @param {number} tick */
  _starved(seen, tick) {
    if (!seen.begun) return true;
    // Where a film is being written, the clock may run beyond what there is of it.
    const place = this.source?.live ? this._ticks(this.clock.time) : tick;
    return seen.until < place + this._ticks(this.holding ? RESUMES : -GRACE);
  }

  /** Media time waits for the source. */
  _hold() {
    if (!this.clock.running) return;
    this.clock.stop();
    this.sound?.stop();
    this.holding = true;
    this._changed();
  }

  _release() {
    if (!this.holding) return;
    this.holding = false;
    // A film that was waited for may turn out to be over: to play it would be to begin it again.
    if (this.ended) this._changed();
    else this.play();
  }

  /** Ask for the pictures of textures that come next. @param {number} tick */
  _askAhead(tick) {
    const { source, desk, _show: show, _painter: painter } = this;
    if (!source || !desk || !show || !painter || !this.clock.running) return;
    const until = tick + this._ticks(AHEAD * this.clock.rate);
    for (const { paint, outline, from } of show.texturesAhead(tick, until)) {
      let at = from;
      for (let count = 0; count < MOST_AHEAD && at < until; count++) {
        painter.need(shownAt(paint, at, this._cadence.step), outline);
        at = nextTurn(paint, at, this._cadence.step);
      }
    }
  }

  /** Textures on their way: exact at rest, else as finely as the worker can, and held where effects are fewer. */
  _keepTime() {
    const { clock, desk } = this;
    if (this._plain) this._cadence.step = Infinity;
    else this._cadence.step = clock.running && desk ? this._ticks((desk.pace.frames * clock.rate) / this._rate()) : 0;
  }

  /** The film's frames a second. */
  _rate() {
    const [numerator, denominator] = this.source?.header.frame_rate ?? [25, 1];
    return numerator / denominator;
  }

  _tick() {
    const { source } = this;
    if (!source) return 0;
    const [numerator, denominator] = source.header.time_base;
    return (this.time * denominator) / numerator;
  }

  /** @param {number} seconds */
  _ticks(seconds) {
    const [numerator, denominator] = this.source?.header.time_base ?? [1, 1];
    return (seconds * denominator) / numerator;
  }

  /** @param {number} ticks */
  _seconds(ticks) {
    const [numerator, denominator] = this.source?.header.time_base ?? [1, 1];
    return (ticks * numerator) / denominator;
  }

  _changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Error} error */
  _trouble(error) {
    this.dispatchEvent(Object.assign(new Event("trouble"), { message: error.message }));
  }
}
