// SPDX-License-Identifier: Apache-2.0
/**
 * Between two outlines: which point goes where. The rule is that at the head of `mtor_transcode/render/morph.py`:
 * equal structures go over node by node; else contours pair up in order, one without a partner shrinks to (grows
 * from) the mean of its nodes, and pairs of unequal kinds are flattened, turned alike, and get vertices at the union
 * of both contours' fractions of arc length.
 *
 * @typedef {import("../codec/types.js").Vector} Vector
 * @typedef {import("../codec/types.js").Contour} Contour
 * @typedef {import("../codec/types.js").Point} Point
 */
import { traceContour } from "./curves.js";

/** Lines that stand for one curve. */
const FLAT_STEPS = 8;
const UNITS_PER_PX = 16;

/** Two outlines of equal structure that look like `a` and `b`. @param {Vector} a @param {Vector} b @returns {[Vector, Vector]} */
export function matched(a, b) {
  if (a.contours.length === b.contours.length && a.contours.every((p, i) => alike(p, b.contours[i]))) return [a, b];
  const count = Math.max(a.contours.length, b.contours.length);
  const pairs = [];
  for (let i = 0; i < count; i++) pairs.push(matchedContours(a.contours[i], b.contours[i]));
  return [
    { kind: "Outline", contours: pairs.map(([p]) => p), stroke_width: a.stroke_width },
    { kind: "Outline", contours: pairs.map(([, q]) => q), stroke_width: b.stroke_width },
  ];
}

/** The outline at `u` (0-1) of the way between outlines of equal structure. @param {Vector} a @param {Vector} b @param {number} u @returns {Vector} */
export function outlineBetween(a, b, u) {
  const v = 1 - u;
  const contours = a.contours.map((p, i) => {
    const to = b.contours[i].points;
    /** @type {Point[]} */
    const points = p.points.map(([x, y], k) => [v * x + u * to[k][0], v * y + u * to[k][1]]);
    return { points, kinds: p.kinds, closed: p.closed };
  });
  return { kind: "Outline", contours, stroke_width: v * a.stroke_width + u * b.stroke_width };
}

/** @param {Contour} p @param {Contour} q */
function alike(p, q) {
  return p.closed === q.closed && p.kinds.length === q.kinds.length && p.kinds.every((kind, i) => kind === q.kinds[i]);
}

/** @param {Contour | undefined} p @param {Contour | undefined} q @returns {[Contour, Contour]} */
function matchedContours(p, q) {
  if (!p || p.points.length === 0) {
    const none = { points: [], kinds: [], closed: true };
    return q && q.points.length ? [shrunk(q), q] : [none, none];
  }
  if (!q || q.points.length === 0) return [p, shrunk(p)];
  if (alike(p, q)) return [p, q];
  const closed = p.closed && q.closed;
  const first = vertices(p, closed);
  const second = vertices(q, closed);
  const atFirst = fractions(first, closed);
  const atSecond = fractions(second, closed);
  const all = [...new Set([...atFirst, ...atSecond])].sort((x, y) => x - y);
  return [polygon(sampled(first, atFirst, all, closed), closed), polygon(sampled(second, atSecond, all, closed), closed)];
}

/** @param {Contour} contour @returns {Contour} */
function shrunk(contour) {
  const count = contour.points.length;
  let [x, y] = [0, 0];
  for (const point of contour.points) {
    x += point[0] / count;
    y += point[1] / count;
  }
  return { points: contour.points.map(() => [x, y]), kinds: contour.kinds, closed: contour.closed };
}

/** @param {Point[]} points @param {boolean} closed @returns {Contour} */
function polygon(points, closed) {
  return { points, kinds: points.map(() => 0), closed };
}

/** The flattened contour in units, begun and turned by the rule. @param {Contour} contour @param {boolean} closed @returns {Point[]} */
function vertices(contour, closed) {
  const pen = new FlatPen();
  traceContour(contour, pen);
  /** @type {Point[]} */
  let found = pen.points.map(([x, y]) => [x * UNITS_PER_PX, y * UNITS_PER_PX]);
  const last = found.length - 1;
  if (!contour.closed) return higher(found[last], found[0]) ? found.reverse() : found;
  if (last > 0 && found[0][0] === found[last][0] && found[0][1] === found[last][1]) found.pop();
  const count = found.length;
  let area = 0;
  for (let i = 0; i < count; i++) {
    const after = found[(i + 1) % count];
    area += found[i][0] * after[1] - found[i][1] * after[0];
  }
  if (area < 0) found.reverse();
  let start = 0;
  for (let i = 1; i < count; i++) if (higher(found[i], found[start])) start = i;
  found = [...found.slice(start), ...found.slice(0, start)];
  return closed ? found : [...found, found[0]];
}

/** Whether a point lies above another, or beside it to the left. @param {Point} a @param {Point} b */
function higher(a, b) {
  return a[1] < b[1] || (a[1] === b[1] && a[0] < b[0]);
}

/** Where each vertex lies along the contour, 0-1; evenly spread if that has no length. @param {Point[]} points @param {boolean} closed */
function fractions(points, closed) {
  const ring = closed ? [...points, points[0]] : points;
  let run = [0];
  for (let i = 1; i < ring.length; i++) {
    run.push(run[i - 1] + Math.hypot(ring[i][0] - ring[i - 1][0], ring[i][1] - ring[i - 1][1]));
  }
  if (run[run.length - 1] === 0) run = run.map((_, i) => i);
  const whole = Math.max(run[run.length - 1], 1e-300);
  const along = run.map((at) => at / whole);
  return closed ? along.slice(0, -1) : along;
}

/** The contour's points at places along it. @param {Point[]} points @param {number[]} at @param {number[]} wanted @param {boolean} closed @returns {Point[]} */
function sampled(points, at, wanted, closed) {
  const ring = closed ? [...points, points[0]] : points;
  const places = closed ? [...at, 1] : at;
  let k = 0;
  return wanted.map((place) => {
    while (k < places.length - 1 && places[k + 1] <= place) k++;
    if (k >= places.length - 1) return ring[ring.length - 1];
    const share = (place - places[k]) / (places[k + 1] - places[k]);
    const [x, y] = ring[k];
    return [x + (ring[k + 1][0] - x) * share, y + (ring[k + 1][1] - y) * share];
  });
}

/** Collects the vertices of one contour, each curve as FLAT_STEPS lines. */
class FlatPen {
  constructor() {
    /** @type {Point[]} */
    this.points = [];
  }

  /** @param {number} x @param {number} y */
  moveTo(x, y) {
    this.points.push([x, y]);
  }

  /** @param {number} x @param {number} y */
  lineTo(x, y) {
    this.points.push([x, y]);
  }

  /** @param {number} x1 @param {number} y1 @param {number} x @param {number} y */
  quadraticCurveTo(x1, y1, x, y) {
    const [x0, y0] = this.points[this.points.length - 1];
    for (let step = 1; step <= FLAT_STEPS; step++) {
      const t = step / FLAT_STEPS;
      const s = 1 - t;
      this.points.push([s * s * x0 + 2 * t * s * x1 + t * t * x, s * s * y0 + 2 * t * s * y1 + t * t * y]);
    }
  }

  /** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {number} x @param {number} y */
  bezierCurveTo(x1, y1, x2, y2, x, y) {
    const [x0, y0] = this.points[this.points.length - 1];
    for (let step = 1; step <= FLAT_STEPS; step++) {
      const t = step / FLAT_STEPS;
      const s = 1 - t;
      const [a, b, c, d] = [s * s * s, 3 * t * s * s, 3 * t * t * s, t * t * t];
      this.points.push([a * x0 + b * x1 + c * x2 + d * x, a * y0 + b * y1 + c * y2 + d * y]);
    }
  }

  closePath() {}
}
