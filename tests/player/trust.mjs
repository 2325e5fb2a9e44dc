// SPDX-License-Identifier: Apache-2.0
// Signatures and sealing of the player in node: reads a JSON question a line, answers each with one.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [player] = process.argv.slice(2);
const folder = `${pathToFileURL(player)}/trust`;
const { Guard, Keyring, openSealed, privateKey, publicKey, rotation, signerOf, trusted, verifyFilm } = await import(`${folder}/index.js`);
const { MtorError } = await import(`${pathToFileURL(player)}/codec/errors.js`);
const { open } = await import(`${folder}/hpke.js`);

const bytes = (text) => Uint8Array.from(Buffer.from(text, "hex"));
const hex = (data) => Buffer.from(data).toString("hex");

async function keysOf({ keys, rotations = [] }) {
  const known = await Promise.all(keys.map((key) => publicKey(key)));
  return trusted(known, await Promise.all(rotations.map((text) => rotation(text))));
}

const jobs = {
  verify: async (asked) => verifyFilm(bytes(asked.film), await keysOf(asked), "film"),
  signer: async ({ film }) => signerOf(bytes(film)),
  // Which of the single flipped bits are not found.
  flips: async (asked) => {
    const film = bytes(asked.film);
    const keys = asked.seal ? await privateKey(asked.seal) : await keysOf(asked);
    const passed = [];
    for (let bit = 0; bit < 8 * film.length; bit += asked.step ?? 1) {
      film[bit >> 3] ^= 1 << (bit & 7);
      try {
        await (asked.seal ? openSealed(film, keys) : verifyFilm(film, keys));
        passed.push(bit);
      } catch (error) {
        if (!(error instanceof MtorError)) throw error;
      }
      film[bit >> 3] ^= 1 << (bit & 7);
    }
    return passed;
  },
  // Events in any order: [number, payload] is a signature, [number, kind, payload] a section.
  guard: async (asked) => {
    const guard = await Guard.open(await keysOf(asked), bytes(asked.header), bytes(asked.first));
    const told = [];
    for (const event of asked.events) {
      try {
        const [number, ...rest] = event;
        const took = rest.length === 1 ? guard.signature(number, bytes(rest[0])) : guard.section(number, rest[0], bytes(rest[1]));
        told.push(await took);
      } catch (error) {
        if (!(error instanceof MtorError)) throw error;
        told.push(error.what);
      }
    }
    return told;
  },
  open: async ({ film, key }) => {
    const opened = await openSealed(bytes(film), await privateKey(key), "film");
    return { title: opened.title, film: hex(opened.film) };
  },
  // A viewer gives files, one after the other: what is said of each.
  keyring: async ({ files }) => {
    const ring = new Keyring();
    const told = [];
    for (const [name, data] of files) {
      try {
        const words = await ring.take(name, bytes(data));
        if (words) told.push(words);
        else {
          const film = await ring.admit(name, bytes(data));
          told.push({ ...film, bytes: hex(film.bytes) });
        }
      } catch (error) {
        if (!(error instanceof MtorError)) throw error;
        told.push(`${error.name}: ${error.message}`);
      }
    }
    return told;
  },
  hpke: async ({ key, enc, sealed, info, aad }) => hex(await open(await privateKey(key), ...[enc, sealed, info, aad].map(bytes))),
  insecure: async (asked) => {
    const keys = await keysOf(asked);
    const there = Object.getOwnPropertyDescriptor(globalThis, "crypto");
    Object.defineProperty(globalThis, "crypto", { value: {}, configurable: true });
    try {
      return await verifyFilm(bytes(asked.film), keys, "film");
    } finally {
      Object.defineProperty(globalThis, "crypto", there);
    }
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let answer;
  try {
    answer = { answer: await jobs[asked.job](asked) };
  } catch (error) {
    answer = error instanceof MtorError ? { error: String(error.message), kind: error.name } : { crash: String(error.stack) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
