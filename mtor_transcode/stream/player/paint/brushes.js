// SPDX-License-Identifier: Apache-2.0
/**
 * Shapes onto a canvas: fills, strokes, borders, masks and textures, each placed by a matrix.
 *
 * @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Context
 * @typedef {import("../stage/between.js").Placed} Placed
 * @typedef {import("../stage/matrix.js").Matrix} Matrix
 * @typedef {import("../stage/matrix.js").Box} Box
 * @typedef {import("../codec/types.js").Vector} Vector
 * @typedef {import("../codec/types.js").Border} Border
 * @typedef {import("../codec/types.js").Paint} Paint
 * @typedef {import("../textures/desk.js").TextureDesk} TextureDesk
 */
import { isPlain } from "../stage/between.js";
import { boxThrough, compose, placed } from "../stage/matrix.js";
import { EDGE, tileSize } from "../textures/desk.js";
import { fieldPattern } from "./fields.js";
import { canvasGradient } from "./gradients.js";
import { boxOf, pathOf } from "./paths.js";
import { fillRings, ringPattern } from "./rings.js";
import { spriteCorner, Sprites } from "./sprites.js";

const UNITS_PER_PX = 16;

/** Widths of a stroke that a mitred corner may be long; longer ones are bevelled. */
const MITRE = 2;

export class Brushes {
  /** @param {import("./colours.js").Colours} colours @param {TextureDesk} desk @param {[number, number]} film */
  constructor(colours, desk, film) {
    this._colours = colours;
    this._desk = desk;
    this._film = film;
    this._sprites = new Sprites(colours);
  }

  /** Settings that all drawing shares. @param {Context} context */
  begin(context) {
    context.lineCap = "round";
    context.lineJoin = "round";
    context.miterLimit = MITRE;
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "low"; // bilinear, as the format asks of masks
  }

  /** Draw shapes back to front; how many are in sight. @param {Context} context @param {Placed[]} shapes @param {Matrix} view */
  draw(context, shapes, view) {
    const { width, height } = context.canvas;
    let seen = 0;
    for (const shape of shapes) {
      if (shape.opacity <= 0) continue;
      const matrix = compose(view, placed(shape.transform));
      const [x0, y0, x1, y1] = boxThrough(matrix, reachOf(shape));
      if (x1 < 0 || y1 < 0 || x0 > width || y0 > height) continue;
      context.globalAlpha = shape.opacity / 255;
      this._shape(context, shape, matrix);
      seen++;
    }
    context.globalAlpha = 1;
    return seen;
  }

  /** @param {Context} context @param {Placed} shape @param {Matrix} matrix */
  _shape(context, { outline, paint }, matrix) {
    if (outline.kind === "Mask") {
      if (!isPlain(paint)) return;
      const place = compose(matrix, [1, 0, 0, 1, ...spriteCorner(outline)]);
      context.setTransform(...place);
      context.drawImage(this._sprites.get(outline, paint), 0, 0);
      return;
    }
    context.setTransform(...matrix);
    const path = pathOf(outline);
    if (isPlain(paint)) {
      if (paint.border) this._border(context, path, outline, paint.border);
      this._plain(context, path, outline, paint, matrix);
    } else if (paint.kind === "TextureShown") {
      const style = this._pattern(context, paint, boxOf(outline));
      if (style) this._paint(context, path, outline, style);
    }
  }

  /** @param {Context} context @param {Path2D} path @param {Vector} outline @param {Paint} paint @param {Matrix} matrix */
  _plain(context, path, outline, paint, matrix) {
    const [box, colours] = [boxOf(outline), this._colours];
    if (paint.kind === "Solid") this._paint(context, path, outline, colours.css(paint.colour));
    else if (paint.kind === "LinearGradient") this._paint(context, path, outline, canvasGradient(context, paint, box, colours));
    else if (paint.kind === "RadialGradient" && !outline.stroke_width) fillRings(context, path, paint, box, matrix, colours);
    else {
      const reach = outline.stroke_width / UNITS_PER_PX + bulgeOf(box);
      const style =
        paint.kind === "RadialGradient"
          ? ringPattern(context, paint, box, reach, colours)
          : fieldPattern(context, paint, box, reach, colours);
      if (style) this._paint(context, path, outline, style);
    }
  }

  /** Fill even-odd, or stroke. @param {Context} context @param {Path2D} path @param {Vector} outline @param {string | CanvasGradient | CanvasPattern} style */
  _paint(context, path, outline, style) {
    if (outline.stroke_width) {
      context.strokeStyle = style;
      context.lineWidth = outline.stroke_width / UNITS_PER_PX;
      context.stroke(path);
    } else {
      context.fillStyle = style;
      context.fill(path, "evenodd");
    }
  }

  /** @param {Context} context @param {Path2D} path @param {Vector} outline @param {Border} border */
  _border(context, path, outline, border) {
    context.strokeStyle = this._colours.css(border.colour);
    context.lineWidth = (outline.stroke_width + 2 * border.width) / UNITS_PER_PX;
    if (border.sharp) context.lineJoin = "miter";
    context.stroke(path);
    if (border.sharp) context.lineJoin = "round";
  }

  /** A texture's picture over a box, its edge going on around it. @param {Context} context @param {import("../stage/shown.js").TextureShown} shown @param {Box} box */
  _pattern(context, shown, box) {
    const [width, height] = tileSize(box, this._film);
    const image = this._desk.tile(shown, width, height);
    const pattern = image && context.createPattern(image, "no-repeat");
    if (!pattern || !image) return null;
    const [x, y] = [(box[2] - box[0]) / width, (box[3] - box[1]) / height];
    pattern.setTransform(new DOMMatrix([x, 0, 0, y, box[0] - EDGE * x, box[1] - EDGE * y]));
    return pattern;
  }
}

/** Px by which smooth nodes carry a contour out of the box of its nodes, at most. @param {Box} box */
function bulgeOf([x0, y0, x1, y1]) {
  return Math.max(x1 - x0, y1 - y0) / 3 + 1;
}

/** A box in local px that holds all that is drawn: handles of smooth nodes, strokes and borders included. @param {Placed} shape @returns {Box} */
function reachOf({ outline, paint }) {
  const [x0, y0, x1, y1] = boxOf(outline);
  if (outline.kind === "Mask") return [x0 - 1, y0 - 1, x1 + 1, y1 + 1];
  const border = isPlain(paint) && paint.border ? paint.border.width : 0;
  const stroke = (MITRE * (outline.stroke_width / 2 + border)) / UNITS_PER_PX;
  const reach = stroke + bulgeOf([x0, y0, x1, y1]);
  return [x0 - reach, y0 - reach, x1 + reach, y1 + reach];
}
