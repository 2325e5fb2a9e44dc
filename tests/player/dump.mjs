// SPDX-License-Identifier: Apache-2.0
/** Decodes films in node: asked line by line on stdin, answers each with a line (`dumping.mjs` says what). */

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

import { answer } from "./dumping.mjs";

const [, , player, tablesPath] = process.argv;
const part = (name) => import(pathToFileURL(`${player}/codec/${name}.js`).href);
const decoder = { ...(await part("film")), ...(await part("errors")) };
const tables = JSON.parse(readFileSync(tablesPath, "utf-8"));

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${answer(decoder, tables, JSON.parse(line))}\n`);
}
