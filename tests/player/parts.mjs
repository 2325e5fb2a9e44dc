// SPDX-License-Identifier: Apache-2.0
/** Parts of the decoder, each asked alone, line by line on stdin: bins, numbers, packets, SHA-256, deflated data. */

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [, , player, tablesPath] = process.argv;
const part = (name) => import(pathToFileURL(`${player}/codec/${name}.js`).href);
const { readTables } = await part("contexts");
const { Contexts, RangeDecoder } = await part("range_decoder");
const { sha256 } = await part("sha256");
const { inflated } = await part("inflate");
const { Container, Kind } = await part("container");
const { PacketTable } = await part("packet_table");
const { PacketSceneReader } = await part("packet_scenes");
const tables = readTables(JSON.parse(readFileSync(tablesPath, "utf-8")));

const hex = (data) => Buffer.from(data).toString("hex");

const answers = {
  /** The bins of the contexts, with 6 raw bits after each of context 4. */
  bins(data, { contexts }) {
    const decoder = new RangeDecoder(data, new Contexts(tables), "");
    return contexts.map((context) => [decoder.bit(context), context === 4 ? decoder.raw(6) : null]);
  },
  numbers(data, { numbers, signed, trees }) {
    const decoder = new RangeDecoder(data, new Contexts(tables), "");
    const many = (count, read) => Array.from({ length: count }, read);
    return [
      many(numbers, () => decoder.number(0)),
      many(signed, () => decoder.signed(40)),
      many(trees, () => decoder.tree(82, 6)),
    ];
  },
  sha256: (data) => hex(sha256(data)),
  /** The spans of a film in packets, which came in this order of its sections; settled and read after each. */
  arriving(data, { order }) {
    const container = new Container(data);
    const table = new PacketTable(tables, [], "");
    let scenes = [];
    const read = () => scenes.map((scene) => [...new PacketSceneReader(table, scene, () => null).spans()]);
    for (const place of order) {
      const section = container.sections[place];
      const payload = container.payload(section);
      if (section.kind === Kind.PACKET) table.addPacket(payload);
      else if (section.kind === Kind.REPAIR) table.addRepair(payload);
      else continue;
      scenes = table.settle();
      read();
    }
    return read();
  },
  inflate(data, { most }) {
    const plain = inflated(data, most);
    return plain && hex(plain);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { what, bytes, ...asked } = JSON.parse(line);
  const answer = answers[what](new Uint8Array(Buffer.from(bytes, "hex")), asked);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
