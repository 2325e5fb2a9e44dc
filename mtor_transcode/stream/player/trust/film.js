// SPDX-License-Identifier: Apache-2.0
/** Whole films: whether one is signed, and whether all of it is as it was signed. */

import { Container, Kind } from "../codec/container.js";
import { TrustError } from "./errors.js";
import { Guard } from "./guard.js";
import { parseManifest } from "./manifest.js";

/** @import { PublicKey } from "./keys.js" */

/** Kind of the sections that hold signatures. */
export const SIGNATURE = 0x41;

/**
 * @param {Uint8Array} bytes a film
 * @param {string} name stands for it in errors
 * @returns {string} the id of the key that it says it is signed by, or empty; nothing is checked
 */
export function signerOf(bytes, name = "film") {
  const container = new Container(bytes, name);
  const first = container.sections[1];
  return first?.kind === SIGNATURE ? parseManifest(container.payload(first).data, `${name}: first signature`).keyId : "";
}

/**
 * Checks that a film is whole and as one of the keys signed it.
 *
 * @param {Uint8Array} bytes the whole file
 * @param {PublicKey[]} keys of `publicKey` and `trusted`
 * @param {string} name stands for the film in errors
 * @returns {Promise<{key: string, signatures: number, sections: number}>} the id of the key that signed it
 */
export async function verifyFilm(bytes, keys, name = "film") {
  const container = new Container(bytes, name);
  if (container.truncated) throw new TrustError("the file is cut", name, "fetch the whole film");
  const parts = container.sections.map(({ kind }, at) => ({ kind, data: container.payload(container.sections[at]).data }));
  const signatures = parts.filter((part) => part.kind === SIGNATURE).length;
  if (!signatures) throw new TrustError("is not signed", name, "ask its publisher for a signed one");
  if (parts[1]?.kind !== SIGNATURE) throw new TrustError("its first signature is missing", name, "fetch it again");
  const guard = await Guard.open(keys, parts[0].data, parts[1].data, name);
  for (let number = 2; number < parts.length; number++) {
    const { kind, data } = parts[number];
    if (kind === SIGNATURE) await guard.signature(number, data);
    else if (kind === Kind.REPAIR) await guard.repair(number, data);
    else await guard.section(number, kind, data);
  }
  await guard.finish(parts.length);
  return { key: guard.key.id, signatures, sections: parts.length - signatures };
}
