// SPDX-License-Identifier: Apache-2.0
/**
 * Coverage masks in their colours: small pictures that a canvas lays over others, bilinear between cells. A cell of
 * value v covers floor((510 v + levels) / (2 levels)) 255ths (docs/format.md, "Masks"); those of a palette patch that
 * are not empty are full, in their own colours.
 *
 * @typedef {import("../codec/types.js").Mask} Mask
 * @typedef {import("../codec/types.js").Paint} Paint
 * @typedef {import("./colours.js").Colours} Colours
 */
import { pxBounds } from "../stage/curves.js";
import { between, sharesOf } from "./gradients.js";

/** Empty cells around a sprite, to interpolate towards. */
const BORDER = 1;

/** Sprites of one mask that are kept: a mask that changes its colour all the time keeps no more. */
const KEPT_COLOURS = 24;

export class Sprites {
  /** @param {Colours} colours */
  constructor(colours) {
    this._colours = colours;
    /** @type {WeakMap<Mask, Map<string, ImageBitmap>>} */
    this._kept = new WeakMap();
  }

  /** The picture of a mask in a paint. @param {Mask} mask @param {Paint} paint @returns {ImageBitmap} */
  get(mask, paint) {
    let kept = this._kept.get(mask);
    if (!kept) this._kept.set(mask, (kept = new Map()));
    const key = mask.colours.length ? "" : nameOf(paint); // A patch has its own colours.
    let sprite = kept.get(key);
    if (!sprite) {
      if (kept.size >= KEPT_COLOURS) kept.clear();
      sprite = this._made(mask, paint);
      kept.set(key, sprite);
    }
    return sprite;
  }

  /** @param {Mask} mask @param {Paint} paint */
  _made(mask, paint) {
    const [width, height] = [mask.width + 2 * BORDER, mask.height + 2 * BORDER];
    const pixels = new ImageData(width, height);
    const colourAt = this._cellColour(mask, paint);
    for (let y = 0; y < mask.height; y++) {
      for (let x = 0; x < mask.width; x++) {
        const value = mask.values[y * mask.width + x];
        if (value === 0) continue;
        const at = 4 * ((y + BORDER) * width + x + BORDER);
        if (mask.colours.length) {
          pixels.data.set([...this._colours.rgb(mask.colours[value - 1]), 255], at);
          continue;
        }
        pixels.data.set(colourAt(x, y), at);
        pixels.data[at + 3] = Math.floor((510 * value + mask.levels) / (2 * mask.levels));
      }
    }
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("this browser has no canvas to draw on");
    context.putImageData(pixels, 0, 0);
    return canvas.transferToImageBitmap();
  }

  /** The colour of each cell, a gradient's at the cell's centre. @param {Mask} mask @param {Paint} paint @returns {(x: number, y: number) => number[]} */
  _cellColour(mask, paint) {
    if (paint.kind === "Solid") {
      const rgb = this._colours.rgb(paint.colour);
      return () => rgb;
    }
    const box = pxBounds(mask);
    const share = sharesOf(paint, box);
    const [first, last] = [this._colours.exact(paint.first), this._colours.exact(paint.last)];
    return (x, y) => between(first, last, share(x + 0.5 + box[0], y + 0.5 + box[1]));
  }
}

/** Where a sprite's upper left corner lies in the mask's own px. @param {Mask} mask @returns {[number, number]} */
export function spriteCorner(mask) {
  return [-(mask.width >> 1) - BORDER, -mask.height - BORDER];
}

/** @param {Paint} paint */
function nameOf(paint) {
  if (paint.kind === "Solid") return String(paint.colour);
  const ends = `${paint.first} ${paint.last}`;
  if (paint.kind === "RadialGradient") return `${ends} ${paint.x} ${paint.y} ${paint.rx} ${paint.ry} ${paint.inner}`;
  if (paint.kind === "ShadingField") return `${ends} ${paint.columns} ${paint.steps} ${paint.levels}`;
  return `${ends} ${paint.angle} ${paint.start} ${paint.end}`;
}
