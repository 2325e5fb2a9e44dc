// SPDX-License-Identifier: Apache-2.0
/** What browsers keep between films, by hash: dictionaries of series, so that a second episode starts with them. */

import { hex } from "../codec/series.js";
import { sha256 } from "../codec/sha256.js";

const NAME = "mtor-by-hash-1";

/** Entries that are kept; of more, those put there first go. */
const MOST = 64;

/**
 * @param {string} address of immutable bytes
 * @param {string} digest their SHA-256 in hex
 * @param {string} [token] of the viewer
 * @returns {Promise<{data: Uint8Array, kept: boolean}>} the bytes, and whether they were here
 */
export async function fetchKept(address, digest, token) {
  const cache = await globalThis.caches?.open(NAME).catch(() => null);
  const known = await cache?.match(address);
  if (known) {
    const data = new Uint8Array(await known.arrayBuffer());
    if (hex(sha256(data)) === digest) return { data, kept: true };
  }
  const answer = await fetch(address, token ? { headers: { Authorization: `Bearer ${token}` } } : {});
  if (!answer.ok) throw new Error(`the film's dictionary could not be fetched: the server answered ${answer.status}`);
  const data = new Uint8Array(await answer.arrayBuffer());
  if (hex(sha256(data)) !== digest) throw new Error("the film's dictionary is damaged or another one: reload the page");
  if (cache) await keep(cache, address, data).catch(() => {});
  return { data, kept: false };
}

/**
 * @param {Cache} cache
 * @param {string} address
 * @param {Uint8Array} data
 */
async function keep(cache, address, data) {
  await cache.put(address, new Response(/** @type {Uint8Array<ArrayBuffer>} */ (data)));
  const all = await cache.keys();
  for (const old of all.slice(0, Math.max(0, all.length - MOST))) await cache.delete(old);
}
