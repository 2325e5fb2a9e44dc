// SPDX-License-Identifier: Apache-2.0
/** Motion between planes, what textures show when, and how finely while playing, asked line by line on stdin, answered with a line each. */

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [, , player] = process.argv;
const part = (name) => import(pathToFileURL(`${player}/${name}.js`).href);
const { motionBetween } = await part("textures/motion");
const { onTheWay, sharper } = await part("textures/on_the_way");
const { nextTurn, shownAt } = await part("stage/shown");
const { Pace } = await part("textures/pace");

const planeOf = ({ width, height, data }) => ({ width, height, data: new Uint8Array(Buffer.from(data, "base64")) });
const told = (planes) => planes.map(({ data }) => Buffer.from(data).toString("base64"));

const answers = {
  /** The motion from one luma plane to another, and pictures at these parts of the way. */
  way({ first, second, parts }) {
    const [from, to] = [first.map(planeOf), second.map(planeOf)];
    const field = motionBetween(from[0], to[0]);
    const { rows, columns, halvings, vectors } = field;
    return { rows, columns, halvings, vectors: [...vectors], ways: parts.map((at) => told(onTheWay(from, to, field, at))) };
  },
  sharper: ({ plane, sharpness }) => told([sharper(planeOf(plane), sharpness)])[0],
  /** What a paint shows at these ticks, and when it turns; `step` of a cadence. */
  shown({ times, moves, start, ticks, step }) {
    const paint = { kind: "TexturePaint", start, texture: { times, moves } };
    return ticks.map((tick) => {
      const { index, part } = shownAt(paint, tick, step);
      const turn = nextTurn(paint, tick, step);
      return [index, part, turn === Infinity ? null : turn];
    });
  },
  /** The steps, in frames, after each second in which the worker worked for so many milliseconds; 0: endless. */
  paces({ worked, rate, turns }) {
    const pace = new Pace();
    pace.look(1000, rate, turns);
    return worked.map((took, second) => {
      pace.made(took);
      pace.look(1000 * (second + 2), rate, turns);
      return pace.frames === Infinity ? 0 : pace.frames;
    });
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { what, ...asked } = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(answers[what](asked))}\n`);
}
