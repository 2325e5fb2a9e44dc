// SPDX-License-Identifier: Apache-2.0
/** Sealed films (`docs/format.md`, Sealed films): what anyone may read, and the boxes that recipients open. */

import { beginsWith } from "../codec/container.js";
import { hex, joined, number, Reader, same, sha256, utf8 } from "./bytes.js";
import { TrustError } from "./errors.js";
import { open } from "./hpke.js";
import { subtle } from "./webcrypto.js";

/** @import { Bytes } from "./bytes.js" */
/** @import { PrivateKey } from "./keys.js" */

const MAGIC = "MTOS";
const TAG_BYTES = 16;
const NO_START = 0xffff;
const HIDDEN = "0".repeat(16);
const AGAIN = "fetch it again";

/**
 * @typedef {object} Preamble
 * @property {number} box bytes of a box
 * @property {string} title
 * @property {{id: string, enc: Bytes, wrapped: Bytes}[]} slots
 * @property {Bytes} open the bytes before the slots
 * @property {Bytes} transcript those and the slots
 * @property {Bytes} commitment
 * @property {number} length in bytes
 */

/**
 * @param {Uint8Array} bytes
 * @returns {boolean} whether a file is a sealed film
 */
export function isSealed(bytes) {
  return beginsWith(bytes, MAGIC);
}

/**
 * @param {Uint8Array} bytes of a sealed film, from its start on
 * @param {string} name stands for it in errors
 * @returns {Preamble} what everyone may read
 */
export function parsePreamble(bytes, name = "film") {
  const damaged = () => new TrustError("its preamble is damaged", name, AGAIN);
  if (!isSealed(bytes)) throw new TrustError("is not a sealed film", name, "give a file made by mtor seal");
  const reader = new Reader(bytes, damaged);
  reader.take(MAGIC.length);
  if (reader.number(1) !== 1) {
    throw new TrustError("is sealed in a way this program does not know", name, "use a newer player");
  }
  const box = reader.number(2);
  const length = reader.number(2);
  if (box < 64 || box > 32768 || length > 1024) throw damaged();
  const title = decoded(reader.take(length));
  const head = reader.place;
  const count = reader.number(2);
  if (title === null || count < 1 || count > 4096) throw damaged();
  const slots = Array.from({ length: count }, () => {
    return { id: hex(reader.take(8)), enc: reader.take(32), wrapped: reader.take(32) };
  });
  const transcript = bytes.slice(0, reader.place);
  const commitment = reader.take(16);
  return { box, title, slots, open: bytes.slice(0, head), transcript, commitment, length: reader.place };
}

/** Opens the boxes of one sealed film, each by its number, in any order. */
export class Boxes {
  /**
   * @param {CryptoKey} key
   * @param {string} name
   */
  constructor(key, name) {
    this.key = key;
    this.name = name;
  }

  /**
   * @param {number} at the box's number
   * @param {boolean} last whether it is the film's last
   * @param {Uint8Array} box
   * @returns {Promise<{start: number, piece: Bytes}>} a piece of the film, and where in it the first section
   *   starts (-1: none does)
   */
  async open(at, last, box) {
    const iv = joined(number(Number(last), 1), new Uint8Array(3), number(at, 8));
    const additionalData = joined(utf8("mtor box v1\0"), iv);
    const algorithm = { name: "AES-GCM", iv, additionalData };
    const content = await opened(subtle().decrypt(algorithm, this.key, Uint8Array.from(box)));
    if (!content) throw new TrustError(`box ${at} is not as it was sealed`, this.name, AGAIN);
    const start = content[0] * 256 + content[1];
    let end = content.length;
    if (last) {
      while (end > 2 && content[end - 1] === 0) end--;
      if (end <= 2 || content[--end] !== 0x80) throw new TrustError("ends wrongly", this.name, AGAIN);
    }
    return { start: start === NO_START ? -1 : start, piece: content.slice(2, end) };
  }
}

/**
 * @param {Preamble} preamble
 * @param {PrivateKey} key
 * @param {string} name stands for the film in errors
 * @returns {Promise<Boxes>}
 */
export async function unlock(preamble, key, name = "film") {
  const info = joined(utf8("mtor sealed key v1\0"), await sha256(preamble.open));
  for (const { id, enc, wrapped } of preamble.slots) {
    if (id !== key.id && id !== HIDDEN) continue;
    const secret = await opened(open(key, enc, wrapped, info, new Uint8Array()));
    if (!secret) continue;
    const { boxes, commitment } = await derived(secret, preamble);
    if (!same(commitment, preamble.commitment)) throw new TrustError("its preamble was altered", name, AGAIN);
    return new Boxes(boxes, name);
  }
  const remedy = "use a key it is sealed to, or ask its owner";
  throw new TrustError(`is not sealed to key ${key.id}, or was altered`, name, remedy);
}

/**
 * Opens a whole sealed film.
 *
 * @param {Uint8Array} bytes
 * @param {PrivateKey} key of `privateKey`
 * @param {string} name stands for it in errors
 * @returns {Promise<{title: string, film: Bytes}>}
 */
export async function openSealed(bytes, key, name = "film") {
  const preamble = parsePreamble(bytes, name);
  const boxes = await unlock(preamble, key, name);
  const count = (bytes.length - preamble.length) / preamble.box;
  if (count < 1 || !Number.isInteger(count)) throw new TrustError("is cut", name, "fetch the whole film");
  const pieces = [];
  for (let at = 0; at < count; at++) {
    const place = preamble.length + at * preamble.box;
    const box = bytes.subarray(place, place + preamble.box);
    pieces.push((await boxes.open(at, at === count - 1, box)).piece);
  }
  return { title: preamble.title, film: joined(...pieces) };
}

/**
 * The key of the boxes and the commitment: HKDF-SHA256 of the content key.
 *
 * @param {Bytes} secret
 * @param {Preamble} preamble
 * @returns {Promise<{boxes: CryptoKey, commitment: Bytes}>}
 */
async function derived(secret, preamble) {
  const info = joined(utf8("mtor sealed film v1\0"), await sha256(preamble.transcript));
  const key = await subtle().importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const algorithm = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  const made = new Uint8Array(await subtle().deriveBits(algorithm, key, 256));
  const boxes = await subtle().importKey("raw", made.slice(0, TAG_BYTES), "AES-GCM", false, ["decrypt"]);
  return { boxes, commitment: made.slice(TAG_BYTES) };
}

/**
 * @param {Promise<ArrayBuffer | Bytes>} attempt
 * @returns {Promise<Bytes | null>} null if what was to be opened is not what was sealed
 */
async function opened(attempt) {
  try {
    return new Uint8Array(await attempt);
  } catch (error) {
    if (error instanceof DOMException && ["OperationError", "DataError"].includes(error.name)) return null;
    throw error;
  }
}

/**
 * @param {Uint8Array} data
 * @returns {string | null} null if it is no UTF-8
 */
function decoded(data) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return null;
  }
}
