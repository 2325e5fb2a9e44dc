// SPDX-License-Identifier: Apache-2.0
/** What is known inside one packet, which starts from nothing (`docs/format.md`, Packets). */

import { gridOf, OutlineSection } from "./outlines.js";
import { isFine, STILL } from "./places.js";
import { KINDS, NOBODY, SceneMemory } from "./scene_memory.js";

/** @import { Fill, Outline, Place, Point } from "./types.js" */
/** @import { FindTexture } from "./paints.js" */

export const EDIT = KINDS.indexOf("Edit");
export const ENTER = KINDS.indexOf("Enter");
export const LEAVE = KINDS.indexOf("Leave");
export const CAMERA = KINDS.indexOf("CameraMove");
export const BACKDROP = KINDS.indexOf("Background");

/**
 * A token as a packet has it; what it does not change is null (`NOBODY` for ids).
 *
 * @typedef {object} Change
 * @property {number} at tick
 * @property {number} duration ticks
 * @property {number} kind a place in `KINDS`
 * @property {number} shape
 * @property {number} outlineId
 * @property {Outline | null} outline the outline itself if the change defines it
 * @property {number} grid of the outline that the shape then has, where a place is told afresh
 * @property {Place | null} place
 * @property {Fill | null} paint
 * @property {number | null} opacity
 * @property {number} under
 * @property {Place | null} camera
 * @property {Fill | null} backdrop
 * @property {boolean} again it repeats what the film told before
 */

/**
 * What the packet has said of a shape.
 *
 * @typedef {{place: Place | null, motion: Point, paint: Fill | null, opacity: number | null}} Known
 */

/** Of a shape of which the packet has said nothing. @type {Known} */
export const UNKNOWN = { place: null, motion: [0, 0], paint: null, opacity: null };

export class PacketMemory extends SceneMemory {
  /** @type {Map<number, Known>} */
  known = new Map();
  /** The outlines that the packet defines. */
  section = new OutlineSection();
  grid = 0;
  /** The background that the packet has told. @type {Fill | null} */
  backdrop = null;

  /**
   * @param {number} start tick
   * @param {number} nextNew id of the first outline that the packet defines
   * @param {number} nextShape the next shape to enter
   * @param {FindTexture} findTexture
   */
  constructor(start, nextNew, nextShape, findTexture) {
    super(null, STILL, nextNew, start, findTexture);
    this.nextShape = nextShape;
    this.lastNamed = nextShape;
  }

  /** @returns {{shape: number, known: 0 | 1}} the shape that is likely to be named next */
  expected() {
    const shape = this.successor.get(this.named) ?? NOBODY;
    return shape === NOBODY ? { shape: this.lastNamed + 1, known: 0 } : { shape, known: 1 };
  }

  /** @param {Change} change goes on after it */
  take(change) {
    this.kind = change.kind;
    this.durations[change.kind] = change.duration;
    if (change.camera) this.moveCamera(change.camera);
    else if (change.backdrop) {
      this.backdrop = change.backdrop;
      this.paints.add(change.backdrop);
    } else this.#takeShape(change);
  }

  /** @param {Change} change */
  #takeShape(change) {
    const { kind, shape } = change;
    let old = this.known.get(shape) ?? UNKNOWN;
    if (kind === ENTER) {
      old = UNKNOWN;
      if (!change.again) this.nextShape = shape + 1;
    } else this.name(shape);
    this.lastNamed = shape;
    if (kind === LEAVE) {
      this.known.delete(shape);
      this.successor.delete(shape);
      return;
    }
    this.known.set(shape, {
      place: change.place ?? old.place,
      motion: change.place ? this.#moved(old, change.place, change.grid) : old.motion,
      paint: change.paint ?? old.paint,
      opacity: change.opacity ?? old.opacity,
    });
    if (change.outlineId !== NOBODY) this.#tookOutline(change);
    if (change.paint) this.paints.add(change.paint);
    if (kind === EDIT) {
      const fields = [change.place, change.paint, change.outlineId === NOBODY ? null : true, change.opacity];
      this.changes = fields.reduce((/** @type {number} */ told, field, place) => {
        return told | (field === null ? 0 : 1 << place);
      }, 0);
    }
  }

  /**
   * @param {Known} old
   * @param {Place} place
   * @param {number} grid
   * @returns {Point} the shape's last motion afterwards
   */
  #moved(old, place, grid) {
    if (old.place) {
      /** @type {Point} */
      const motion = [place.dx - old.place.dx, place.dy - old.place.dy];
      this.groupMotion = motion;
      return motion;
    }
    this.place = place;
    this.grid = grid;
    if (grid) this.fine = isFine(grid, place);
    return [0, 0];
  }

  /** @param {Change} change */
  #tookOutline({ outlineId, outline, again }) {
    if (outline && !again) this.section.add(outline, gridOf(outline));
    this.use(outlineId);
  }
}
