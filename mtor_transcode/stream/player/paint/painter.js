// SPDX-License-Identifier: Apache-2.0
/**
 * Shows onto a canvas: background, shapes, softness, dissolves.
 *
 * @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Context
 * @typedef {import("../stage/show.js").Show} Show
 * @typedef {import("../stage/show.js").Layer} Layer
 * @typedef {import("../stage/matrix.js").Matrix} Matrix
 * @typedef {import("../textures/desk.js").TextureDesk} TextureDesk
 * @typedef {Exclude<import("../codec/types.js").Paint, import("../codec/types.js").RadialGradient>} FlatPaint
 */
import { compose, throughCamera } from "../stage/matrix.js";
import { Brushes } from "./brushes.js";
import { Colours } from "./colours.js";
import { fieldPattern } from "./fields.js";
import { canvasGradient } from "./gradients.js";
import { fillBox } from "./rings.js";
import { deviation, drawSoft } from "./soften.js";

export class Painter {
  /** @param {HTMLCanvasElement} canvas @param {import("../codec/types.js").FilmHeader} header @param {TextureDesk} desk */
  constructor(canvas, header, desk) {
    this._canvas = canvas;
    this._context = contextOf(canvas, false);
    this._colours = new Colours(header.colour);
    /** @type {[number, number]} */
    this._film = [header.width, header.height];
    this._desk = desk;
    this._brushes = new Brushes(this._colours, desk, this._film);
    /** @type {Map<string, Context>} canvases to work on, by name */
    this._scratch = new Map();
    this._kept = "";
    /** Fewer effects for weak devices: no blur, and scenes cut where they would dissolve. */
    this.plain = false;
    /** Shapes in sight in the picture painted last. */
    this.shapes = 0;
  }

  /** The size in device px. @param {number} width @param {number} height @returns {boolean} whether it is another than before */
  resize(width, height) {
    if (this._canvas.width === width && this._canvas.height === height) return false;
    this._canvas.width = width;
    this._canvas.height = height;
    this._kept = "";
    return true;
  }

  /** Paint black: what a film without scenes shows. */
  clear() {
    this._context.setTransform(1, 0, 0, 1, 0, 0);
    this._context.fillStyle = "#000";
    this._context.fillRect(0, 0, this._canvas.width, this._canvas.height);
  }

  /** Whether all textures of a show are at hand; those that are not are asked for. @param {Show} show */
  ready(show) {
    let all = true;
    for (const layer of [show.below, show.layer]) {
      if (layer && !this._layerReady(layer)) all = false;
    }
    return all;
  }

  /** Whether a show whose textures are late can be painted with older pictures of all of them. @param {Show} show */
  nearly({ layer: { picture } }) {
    if (picture.background.kind !== "TextureShown") return true;
    this._desk.passed(picture.background);
    return this._desk.whole(picture.background, ...this._film) !== null;
  }

  /** Ask for a picture of a texture, over an outline or behind all. @param {import("../stage/shown.js").TextureShown} shown @param {import("../codec/types.js").Outline | null} outline */
  need(shown, outline) {
    if (outline) this._desk.hasTile(shown, outline, this._film);
    else this._desk.hasWhole(shown, ...this._film);
  }

  /** Paint a show. Textures that are not at hand are left out. @param {Show} show */
  paint({ layer, below, share }) {
    if (this.plain && below) {
      this._layer(this._context, share < 0.5 ? below : layer);
    } else if (below) {
      this._dissolve(below, layer, share);
    } else {
      this._layer(this._context, layer);
    }
  }

  /** @param {Layer} below @param {Layer} above @param {number} share */
  _dissolve(below, above, share) {
    const { width, height } = this._canvas;
    const old = this._work("below", width, height);
    if (this._kept !== below.name) {
      this._layer(old, below);
      this._kept = this._layerReady(below) ? below.name : "";
    }
    const on = this._work("above", width, height);
    this._layer(on, above);
    const context = this._context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(old.canvas, 0, 0);
    context.globalAlpha = share;
    context.drawImage(on.canvas, 0, 0);
    context.globalAlpha = 1;
  }

  /** @param {Context} target @param {Layer} layer */
  _layer(target, { picture, softness }) {
    const { width, height } = target.canvas;
    const soft = softness > 0 && !this.plain && picture.background.kind !== "TextureShown" && "filter" in target;
    const context = soft ? this._work("sharp", width, height) : target;
    this._brushes.begin(context);
    /** @type {Matrix} */
    const screen = [width / this._film[0], 0, 0, height / this._film[1], 0, 0];
    this._background(context, picture.background, screen);
    const view = compose(screen, throughCamera(picture.camera, ...this._film));
    this.shapes = this._brushes.draw(context, picture.shapes, view);
    if (!soft) return;
    const sigma = deviation(softness, this._film, [width, height]);
    drawSoft(target, context.canvas, sigma, (w, h) => this._work("wide", w, h));
  }

  /** @param {Context} context @param {import("../stage/stage.js").Picture["background"]} background @param {Matrix} screen */
  _background(context, background, screen) {
    const [width, height] = this._film;
    context.setTransform(...screen);
    if (background.kind === "TextureShown") {
      const image = this._desk.whole(background, width, height);
      if (!image) return;
      context.imageSmoothingQuality = "high";
      context.drawImage(image, 0, 0, width, height);
      context.imageSmoothingQuality = "low";
      return;
    }
    if (background.kind === "RadialGradient") {
      fillBox(context, [0, 0, width, height], background, screen, this._colours);
      return;
    }
    const style = this._ground(context, background, [0, 0, width, height]);
    if (!style) return;
    context.fillStyle = style;
    context.fillRect(0, 0, width, height);
  }

  /** What a canvas fills the frame with. @param {Context} context @param {FlatPaint} paint @param {import("../stage/matrix.js").Box} box */
  _ground(context, paint, box) {
    if (paint.kind === "Solid") return this._colours.css(paint.colour);
    if (paint.kind === "LinearGradient") return canvasGradient(context, paint, box, this._colours);
    return fieldPattern(context, paint, box, 0, this._colours);
  }

  /** @param {Layer} layer */
  _layerReady({ picture }) {
    let all = true;
    if (picture.background.kind === "TextureShown") all = this._desk.hasWhole(picture.background, ...this._film);
    for (const { paint, outline } of picture.shapes) {
      if (paint.kind === "TextureShown" && outline.kind !== "Mask" && !this._desk.hasTile(paint, outline, this._film)) all = false;
    }
    return all;
  }

  /** A canvas to work on, kept while its size stays. @param {string} name @param {number} width @param {number} height @returns {Context} */
  _work(name, width, height) {
    const kept = this._scratch.get(name);
    if (kept && kept.canvas.width === width && kept.canvas.height === height) return kept;
    const context = contextOf(new OffscreenCanvas(width, height), false);
    this._scratch.set(name, context);
    return context;
  }
}

/** @param {HTMLCanvasElement | OffscreenCanvas} canvas @param {boolean} alpha @returns {Context} */
function contextOf(canvas, alpha) {
  const context = /** @type {Context | null} */ (canvas.getContext("2d", { alpha }));
  if (!context) throw new Error("this browser has no canvas to draw on");
  return context;
}
