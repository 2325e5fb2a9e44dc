// SPDX-License-Identifier: Apache-2.0
/**
 * Shading fields as functions: uniform cubic B-splines over a box (`docs/format.md`, Shading fields).
 *
 * @typedef {import("../codec/types.js").ShadingField} ShadingField
 * @typedef {import("../stage/matrix.js").Box} Box
 */

/** Least side of a box in px. */
const LEAST_SIDE = 1;

/** Width and height of a box as fields take it. @param {Box} box @returns {[number, number]} */
export function fieldSides([x0, y0, x1, y1]) {
  return [Math.max(x1 - x0, LEAST_SIDE), Math.max(y1 - y0, LEAST_SIDE)];
}

/** How far a field is from its first colour to its last at a place. @param {ShadingField} field @param {Box} box @returns {(x: number, y: number) => number} */
export function fieldShare(field, box) {
  const { columns, levels, steps } = field;
  const rows = levels.length / columns;
  const [width, height] = fieldSides(box);
  return (x, y) => {
    const across = splineWeights(columns, (x - box[0]) / width);
    const down = splineWeights(rows, (y - box[1]) / height);
    let share = 0;
    for (const [row, much] of down) {
      for (const [column, part] of across) share += much * part * levels[row * columns + column];
    }
    return share / steps;
  };
}

/** The shares at all of a grid of places of 0 to 1, row by row. @param {ShadingField} field @param {number[]} xs @param {number[]} ys */
export function fieldShares({ columns, levels, steps }, xs, ys) {
  const rows = levels.length / columns;
  const across = xs.map((place) => splineWeights(columns, place));
  const shares = new Float64Array(xs.length * ys.length);
  ys.forEach((place, y) => {
    const line = new Float64Array(columns);
    for (const [row, much] of splineWeights(rows, place)) {
      for (let column = 0; column < columns; column++) line[column] += much * levels[row * columns + column];
    }
    across.forEach((weights, x) => {
      let share = 0;
      for (const [column, part] of weights) share += part * line[column];
      shares[y * xs.length + x] = share / steps;
    });
  });
  return shares;
}

/** Which control points count at a place in 0 to 1 along a side, and how much. @param {number} nodes @param {number} place @returns {[number, number][]} */
function splineWeights(nodes, place) {
  const at = Math.min(1, Math.max(0, place)) * (nodes - 1);
  const left = Math.min(Math.floor(at), nodes - 2);
  const f = at - left;
  const parts = [(1 - f) ** 3 / 6, (4 - 6 * f * f + 3 * f ** 3) / 6, (1 + 3 * f + 3 * f * f - 3 * f ** 3) / 6, f ** 3 / 6];
  /** @type {[number, number][]} */
  const weights = [];
  parts.forEach((part, k) => {
    const node = left + k - 1;
    // Beyond the ends the grid goes on in straight lines.
    if (node < 0) weights.push([0, 2 * part], [1, -part]);
    else if (node >= nodes) weights.push([nodes - 1, 2 * part], [nodes - 2, -part]);
    else weights.push([node, part]);
  });
  return weights;
}
