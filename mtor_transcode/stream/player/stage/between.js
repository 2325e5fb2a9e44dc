// SPDX-License-Identifier: Apache-2.0
/**
 * The RFC's F(t) = (1 - t/T) V_start + (t/T) V_end for each thing that a state holds. Each `...Course` takes both
 * ends once and returns the function of u = t/T (0-1).
 *
 * @typedef {import("../codec/types.js").Place} Place
 * @typedef {import("../codec/types.js").Outline} Outline
 * @typedef {import("../codec/types.js").Paint} Paint
 * @typedef {import("../codec/types.js").Fill} Fill
 * @typedef {import("../codec/types.js").Gradient} Gradient
 * @typedef {import("../codec/types.js").Border} Border
 * @typedef {import("../codec/types.js").Colour} Colour
 *
 * @typedef {object} Placed a shape at one time
 * @property {number} shape
 * @property {Outline} outline
 * @property {Fill | import("./shown.js").TextureShown} paint in a picture never a TexturePaint but what it shows
 * @property {Place} transform
 * @property {number} opacity 0-255
 */
import { TURN, samePlace } from "./matrix.js";
import { matched, outlineBetween } from "./morph.js";

const GRADIENT_ANGLES = 64;

/** @param {number} a @param {number} b @param {number} u */
function numberBetween(a, b, u) {
  return a + (b - a) * u;
}

/** The shortest way round; clockwise if both ways are half a turn. @param {number} a @param {number} b @param {number} u @param {number} turn */
export function turnBetween(a, b, u, turn) {
  const half = turn / 2;
  const way = (half - (b - a)) % turn;
  return a + (half - (way < 0 ? way + turn : way)) * u;
}

/** @param {Place} a @param {Place} b @param {number} u @returns {Place} */
function placeBetween(a, b, u) {
  return {
    dx: numberBetween(a.dx, b.dx, u),
    dy: numberBetween(a.dy, b.dy, u),
    scale: numberBetween(a.scale, b.scale, u),
    angle: turnBetween(a.angle, b.angle, u, TURN),
  };
}

/** @param {Colour} a @param {Colour} b @param {number} u @returns {Colour} */
function colourBetween(a, b, u) {
  return [
    Math.floor(numberBetween(a[0], b[0], u) + 0.5),
    Math.floor(numberBetween(a[1], b[1], u) + 0.5),
    Math.floor(numberBetween(a[2], b[2], u) + 0.5),
  ];
}

/**
 * Linear in colours (whole codes), geometry and border; a solid is a gradient of equal ends. From one kind of gradient
 * to another, or to a field of another grid, it is `b` at once. @param {Paint} a @param {Paint} b @param {number} u @returns {Paint}
 */
export function paintBetween(a, b, u) {
  const border = borderBetween(a.border, b.border, u);
  if (a.kind === "Solid" && b.kind === "Solid") {
    return { kind: "Solid", colour: colourBetween(a.colour, b.colour, u), border };
  }
  const first = asGradient(a, b);
  const last = asGradient(b, a);
  const ends = { first: colourBetween(first.first, last.first, u), last: colourBetween(first.last, last.last, u) };
  if (first.kind === "RadialGradient" && last.kind === "RadialGradient") {
    return {
      kind: "RadialGradient",
      ...ends,
      x: numberBetween(first.x, last.x, u),
      y: numberBetween(first.y, last.y, u),
      rx: numberBetween(first.rx, last.rx, u),
      ry: numberBetween(first.ry, last.ry, u),
      inner: numberBetween(first.inner, last.inner, u),
      border,
    };
  }
  if (first.kind === "ShadingField" && last.kind === "ShadingField" && alike(first, last)) {
    const [n, m] = [first.steps, last.steps];
    const levels = first.levels.map((level, place) => numberBetween(level / n, last.levels[place] / m, u));
    return { kind: "ShadingField", ...ends, columns: first.columns, levels, steps: 1, border };
  }
  if (first.kind !== "LinearGradient" || last.kind !== "LinearGradient") return { ...last, border };
  return {
    kind: "LinearGradient",
    ...ends,
    angle: turnBetween(first.angle, last.angle, u, GRADIENT_ANGLES),
    start: numberBetween(first.start, last.start, u),
    end: numberBetween(first.end, last.end, u),
    border,
  };
}

/** @param {import("../codec/types.js").ShadingField} a @param {import("../codec/types.js").ShadingField} b */
function alike(a, b) {
  return a.columns === b.columns && a.levels.length === b.levels.length;
}

/** @param {Paint} paint @param {Paint} other @returns {Gradient} */
function asGradient(paint, other) {
  if (paint.kind !== "Solid") return paint;
  const like = /** @type {Gradient} */ (other);
  return { ...like, first: paint.colour, last: paint.colour };
}

/** Rounded width and colour; none is one of width 0 in the other's colour; corners hold. @param {Border | null} a @param {Border | null} b @param {number} u @returns {Border | null} */
function borderBetween(a, b, u) {
  const first = a ?? b;
  const last = b ?? a;
  if (!first || !last) return null;
  const width = Math.floor(numberBetween(a ? a.width : 0, b ? b.width : 0, u) + 0.5);
  return width ? { width, colour: colourBetween(first.colour, last.colour, u), sharp: first.sharp } : null;
}

/** How a shape goes over. @param {Placed} a @param {Placed} b @returns {(u: number) => Placed} */
export function placedCourse(a, b) {
  const outline = outlineCourse(a.outline, b.outline);
  const still = samePlace(a.transform, b.transform);
  const filling = fillingCourse(a.paint, b.paint);
  return (u) => ({
    shape: b.shape,
    outline: outline(u),
    paint: filling(u),
    transform: still ? a.transform : placeBetween(a.transform, b.transform, u),
    opacity: numberBetween(a.opacity, b.opacity, u),
  });
}

/** How an outline goes over. A mask holds until it jumps, and so does what is filled if the other is stroked. @param {Outline} a @param {Outline} b @returns {(u: number) => Outline} */
function outlineCourse(a, b) {
  if (a === b || a.kind === "Mask" || b.kind === "Mask") return () => a;
  if ((a.stroke_width === 0) !== (b.stroke_width === 0)) return () => a;
  const [first, last] = matched(a, b);
  return (u) => outlineBetween(first, last, u);
}

/** How what fills a shape goes over; to and from a texture it jumps at once. @param {Placed["paint"]} a @param {Placed["paint"]} b @returns {(u: number) => Placed["paint"]} */
function fillingCourse(a, b) {
  if (a === b) return () => b;
  if (!isPlain(a) || !isPlain(b)) return () => b;
  return paintCourse(a, b);
}

/** @param {Placed["paint"]} paint @returns {paint is Paint} */
export function isPlain(paint) {
  return paint.kind !== "TexturePaint" && paint.kind !== "TextureShown";
}

/** @param {Paint} a @param {Paint} b @returns {(u: number) => Paint} */
export function paintCourse(a, b) {
  return (u) => paintBetween(a, b, u);
}

/** How a camera goes over. @param {Place} a @param {Place} b @returns {(u: number) => Place} */
export function placeCourse(a, b) {
  return (u) => placeBetween(a, b, u);
}
