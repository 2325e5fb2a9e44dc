// SPDX-License-Identifier: Apache-2.0
/**
 * From the nodes of an outline to drawing commands (docs/format.md, section 14, "Contours"). A pen takes local px;
 * a Path2D is one.
 *
 * @typedef {import("../codec/types.js").Contour} Contour
 * @typedef {import("../codec/types.js").Outline} Outline
 * @typedef {import("../codec/types.js").Point} Point
 * @typedef {import("./matrix.js").Box} Box
 *
 * @typedef {object} Pen
 * @property {(x: number, y: number) => void} moveTo
 * @property {(x: number, y: number) => void} lineTo
 * @property {(x1: number, y1: number, x: number, y: number) => void} quadraticCurveTo
 * @property {(x1: number, y1: number, x2: number, y2: number, x: number, y: number) => void} bezierCurveTo
 * @property {() => void} closePath
 */

const CORNER = 0;
const SMOOTH = 1;
const CONTROL = 2;

/** Length in px of the line that stands for a contour of one node, so that its round caps draw a dot. */
const DOT = 1 / 64;
const UNIT = 1 / 16;

/** Draw all contours of an outline. @param {Contour[]} contours @param {Pen} pen */
export function trace(contours, pen) {
  for (const contour of contours) traceContour(contour, pen);
}

/** Draw one contour; nothing if it has no nodes. @param {Contour} contour @param {Pen} pen */
export function traceContour(contour, pen) {
  const { points, kinds, closed } = contour;
  if (points.length === 0) return;
  if (points.length === 1) {
    const [x, y] = points[0];
    pen.moveTo(x * UNIT, y * UNIT);
    pen.lineTo(x * UNIT + DOT, y * UNIT);
    return;
  }
  if (kinds.every((kind) => kind === CORNER)) {
    pen.moveTo(points[0][0] * UNIT, points[0][1] * UNIT);
    for (let i = 1; i < points.length; i++) pen.lineTo(points[i][0] * UNIT, points[i][1] * UNIT);
  } else {
    traceCurved(points.map(([x, y]) => [x * UNIT, y * UNIT]), kinds, closed, pen);
  }
  if (closed) pen.closePath();
}

/** @param {Point[]} nodes @param {number[]} kinds @param {boolean} closed @param {Pen} pen */
function traceCurved(nodes, kinds, closed, pen) {
  const count = nodes.length;
  const on = [];
  for (let i = 0; i < count; i++) {
    if (kinds[i] !== CONTROL || (!closed && (i === 0 || i === count - 1))) on.push(i);
  }
  if (on.length === 0) {
    const start = middle(nodes[count - 1], nodes[0]);
    pen.moveTo(...start);
    quadratics(nodes, start, pen);
    return;
  }
  pen.moveTo(...nodes[on[0]]);
  for (let i = 1; i < on.length; i++) segment(nodes, kinds, closed, on[i - 1], on[i], pen);
  if (closed) segment(nodes, kinds, closed, on[on.length - 1], on[0] + count, pen);
}

/**
 * From one node on the curve to the next; `there` may run past the last.
 * @param {Point[]} nodes @param {number[]} kinds @param {boolean} closed @param {number} here @param {number} there
 * @param {Pen} pen
 */
function segment(nodes, kinds, closed, here, there, pen) {
  const count = nodes.length;
  const target = there % count;
  const end = nodes[target];
  if (there > here + 1) {
    const controls = [];
    for (let i = here + 1; i < there; i++) controls.push(nodes[i % count]);
    if (controls.length === 2) pen.bezierCurveTo(...controls[0], ...controls[1], ...end);
    else quadratics(controls, end, pen);
  } else if (kinds[here] !== SMOOTH && kinds[target] !== SMOOTH) {
    pen.lineTo(...end);
  } else {
    const [x1, y1] = handle(nodes, kinds, closed, here, target, 1);
    const [x2, y2] = handle(nodes, kinds, closed, target, here, -1);
    pen.bezierCurveTo(x1, y1, x2, y2, ...end);
  }
}

/** Quadratics whose inner points lie half way between controls. @param {Point[]} controls @param {Point} end @param {Pen} pen */
function quadratics(controls, end, pen) {
  for (let i = 1; i < controls.length; i++) {
    pen.quadraticCurveTo(...controls[i - 1], ...middle(controls[i - 1], controls[i]));
  }
  pen.quadraticCurveTo(...controls[controls.length - 1], ...end);
}

/**
 * The handle of node `at` on the segment to `other`, forwards (side 1) or backwards (-1).
 * @param {Point[]} nodes @param {number[]} kinds @param {boolean} closed @param {number} at @param {number} other
 * @param {number} side @returns {Point}
 */
function handle(nodes, kinds, closed, at, other, side) {
  const count = nodes.length;
  const [x, y] = nodes[at];
  if (kinds[at] !== SMOOTH || (!closed && (at === 0 || at === count - 1))) return [x, y];
  const before = nodes[(at + count - 1) % count];
  const after = nodes[(at + 1) % count];
  const chordX = after[0] - before[0];
  const chordY = after[1] - before[1];
  const chord = Math.hypot(chordX, chordY);
  if (chord === 0) return [x, y];
  const reach = (side * Math.hypot(nodes[other][0] - x, nodes[other][1] - y)) / (3 * chord);
  return [x + chordX * reach, y + chordY * reach];
}

/** @param {Point} a @param {Point} b @returns {Point} */
function middle(a, b) {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

/** The bounding box, in px, of all points (of a mask: its cells); zeros if there are none. @param {Outline} outline @returns {Box} */
export function pxBounds(outline) {
  if (outline.kind === "Mask") {
    const left = -(outline.width >> 1);
    return [left, -outline.height, left + outline.width, 0];
  }
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { points } of outline.contours) {
    for (const [x, y] of points) {
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      if (y > y1) y1 = y;
    }
  }
  return x0 > x1 ? [0, 0, 0, 0] : [x0 * UNIT, y0 * UNIT, x1 * UNIT, y1 * UNIT];
}
