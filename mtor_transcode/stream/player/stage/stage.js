// SPDX-License-Identifier: Apache-2.0
/**
 * The stage of a scene: tokens go in, the picture at any later time comes out (the RFC's F(t)). The rules are those of
 * `mtor_transcode/render/stage.py` and docs/format.md, section 14.
 *
 * @typedef {import("../codec/types.js").Token} Token
 * @typedef {import("../codec/types.js").Fill} Fill
 * @typedef {import("../codec/types.js").Place} Place
 * @typedef {import("../codec/types.js").SceneStart} SceneStart
 * @typedef {import("./between.js").Placed} Placed
 * @typedef {import("./shown.js").TextureShown} TextureShown
 *
 * @typedef {object} Picture what is to be painted at one time
 * @property {import("../codec/types.js").Paint | TextureShown} background
 * @property {Place} camera
 * @property {Placed[]} shapes back to front
 * @property {boolean} changed whether it may differ from the picture asked for before
 *
 * @typedef {object} TextureAhead
 * @property {import("../codec/types.js").TexturePaint} paint
 * @property {import("../codec/types.js").Outline | null} outline
 * @property {number} from tick
 */
import { MtorError } from "../codec/errors.js";
import { isPlain, paintCourse, placeCourse, placedCourse } from "./between.js";
import { Course } from "./course.js";
import { EXACT, nextTurn, shownAt } from "./shown.js";

/** Live shapes, with those that still leave (docs/format.md, section 15). */
const MAX_STAGED = 2 * 65_536;

export class Stage {
  /** @param {SceneStart} head @param {import("./shown.js").Cadence} cadence of textures on their way */
  constructor(head, cadence = EXACT) {
    this._cadence = cadence;
    this._step = cadence.step;
    /** @type {Course<Fill>} */
    this._background = new Course(/** @type {Fill} */ (head.background));
    /** @type {Course<Place>} */
    this._camera = new Course(head.camera);
    /** @type {Map<number, Course<Placed>>} */
    this._shapes = new Map();
    /** @type {Map<number, Placed>} */
    this._placed = new Map();
    /** @type {Set<number>} */
    this._stirring = new Set();
    /** @type {Map<number, number>} when the textures of shapes go on to their next pictures */
    this._turns = new Map();
    this._turn = Infinity;
    /** @type {number[]} */
    this._order = [];
    /** @type {Map<number, number>} */
    this._leaving = new Map();
    /** @type {Token[]} */
    this._pending = [];
    this._done = 0;
    this._tick = -Infinity;
    /** @type {Picture | null} */
    this._picture = null;
  }

  /** Tokens to take effect at their times, or at the next question if they are past. @param {Token[]} tokens */
  feed(tokens) {
    if (tokens.length === 0) return;
    const left = this._pending.slice(this._done);
    this._pending = [...left, ...tokens].sort((a, b) => a.at - b.at);
    this._done = 0;
  }

  /** The picture at a time not before the last one. @param {number} tick @returns {Picture} */
  at(tick) {
    const moving = this._moving() && tick !== this._tick;
    this._tick = tick;
    const stirred = this._advance(tick);
    this._keepTime();
    if (this._picture && !stirred && !moving && tick < this._turn && !this._turned(tick)) {
      this._picture = { ...this._picture, changed: false };
      return this._picture;
    }
    const background = this._backdrop(tick);
    this._picture = { background, camera: this._camera.value(tick), shapes: this._standing(tick), changed: true };
    return this._picture;
  }

  /**
   * Textured paints that are shown or come within `[tick, until)`, from when on, and on which outline (null: behind all).
   * @param {number} tick @param {number} until @returns {TextureAhead[]}
   */
  texturesAhead(tick, until) {
    /** @type {TextureAhead[]} */
    const found = [];
    const add = (/** @type {Placed["paint"]} */ paint, /** @type {TextureAhead["outline"]} */ outline, /** @type {number} */ from) => {
      if (paint.kind === "TexturePaint") found.push({ paint, outline, from });
    };
    add(this._background.target, null, tick);
    for (const shape of this._turns.keys()) {
      const { paint, outline } = /** @type {Course<Placed>} */ (this._shapes.get(shape)).target;
      add(paint, outline, tick);
    }
    for (let i = this._done; i < this._pending.length && this._pending[i].at < until; i++) {
      const token = this._pending[i];
      if (token.kind === "Background") add(token.paint, null, token.at);
      else if ("state" in token) add(token.state.paint, token.state.outline, token.at);
    }
    return found;
  }

  /** All live shapes as they are; only those that a token touched, that move or whose texture turns are asked. @param {number} tick */
  _standing(tick) {
    const ask = new Set(this._stirring);
    for (const [shape, turn] of this._turns) if (turn <= tick) ask.add(shape);
    for (const shape of ask) {
      const course = /** @type {Course<Placed>} */ (this._shapes.get(shape));
      let placed = course.value(tick);
      this._turns.delete(shape);
      if (placed.paint.kind === "TexturePaint") {
        this._turns.set(shape, nextTurn(placed.paint, tick, this._step));
        placed = { ...placed, paint: shownAt(placed.paint, tick, this._step) };
      }
      this._placed.set(shape, placed);
      if (!course.moving) this._stirring.delete(shape);
    }
    return this._order.map((shape) => /** @type {Placed} */ (this._placed.get(shape)));
  }

  /** @param {number} tick */
  _backdrop(tick) {
    const paint = this._background.value(tick);
    this._turn = paint.kind === "TexturePaint" ? nextTurn(paint, tick, this._step) : Infinity;
    return paint.kind === "TexturePaint" ? shownAt(paint, tick, this._step) : paint;
  }

  /** Textures are asked again where the cadence has changed. */
  _keepTime() {
    if (this._step === this._cadence.step) return;
    this._step = this._cadence.step;
    if (this._turn < Infinity) this._turn = -Infinity;
    for (const shape of this._turns.keys()) this._turns.set(shape, -Infinity);
  }

  /** @param {number} tick */
  _turned(tick) {
    for (const turn of this._turns.values()) if (turn <= tick) return true;
    return false;
  }

  /** Let all tokens up to a time take effect; whether there was any. @param {number} tick */
  _advance(tick) {
    const before = this._done;
    while (this._done < this._pending.length && this._pending[this._done].at <= tick) {
      const token = this._pending[this._done++];
      this._removeGone(token.at);
      this._apply(token);
    }
    const applied = this._done > before;
    return this._removeGone(tick) || applied;
  }

  /** @param {number} tick */
  _removeGone(tick) {
    let gone = false;
    for (const [shape, end] of this._leaving) {
      if (end > tick) continue;
      gone = true;
      for (const memory of [this._leaving, this._shapes, this._placed, this._turns, this._stirring]) memory.delete(shape);
      this._order.splice(this._order.indexOf(shape), 1);
    }
    return gone;
  }

  /** @param {Token} token */
  _apply(token) {
    const { at } = token;
    if (token.kind === "Enter") this._enter(token);
    else if (token.kind === "Edit") {
      const course = this._live(token.shape, at);
      const { state, shape } = token;
      const target = { shape, ...state, opacity: this._leaving.has(shape) ? 0 : state.opacity };
      course.go(course.value(at), target, at, token.duration, placedCourse);
    } else if (token.kind === "Leave") {
      const course = this._live(token.shape, at);
      this._leaving.set(token.shape, at + token.duration);
      course.go(course.value(at), { ...course.target, opacity: 0 }, at, token.duration, placedCourse);
    } else if (token.kind === "CameraMove") {
      this._camera.go(this._camera.value(at), token.camera, at, token.duration, placeCourse);
    } else {
      const old = this._background.value(at);
      const plain = isPlain(old) && isPlain(token.paint);
      this._background.go(old, token.paint, at, plain ? token.duration : 0, /** @type {any} */ (paintCourse));
    }
  }

  /** @param {import("../codec/types.js").Enter} token */
  _enter(token) {
    const { at, shape, state, under, duration } = token;
    if (this._shapes.has(shape)) throw new MtorError(`shape ${shape} enters but is there already`, `tick ${at}`);
    if (this._order.length >= MAX_STAGED) throw new MtorError("there are too many shapes", `tick ${at}`);
    const course = new Course(/** @type {Placed} */ ({ shape, ...state }));
    course.go({ ...course.target, opacity: 0 }, course.target, at, duration, placedCourse);
    this._shapes.set(shape, course);
    this._stirring.add(shape);
    this._order.splice(Math.max(0, this._order.length - under), 0, shape);
  }

  /** The course of a shape that a token is about to touch. @param {number} shape @param {number} at */
  _live(shape, at) {
    const course = this._shapes.get(shape);
    if (!course) throw new MtorError(`shape ${shape} is not there to be changed`, `tick ${at}`);
    this._stirring.add(shape);
    return course;
  }

  _moving() {
    return this._camera.moving || this._background.moving || this._stirring.size > 0;
  }
}
