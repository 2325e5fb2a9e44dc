// SPDX-License-Identifier: Apache-2.0
/** Keys: public ones to check signatures with, private ones to open sealed films with; PEM as `mtor keys` writes it. */

import { hex, joined, sha256, unhex, utf8 } from "./bytes.js";
import { TrustError } from "./errors.js";
import { needing, subtle } from "./webcrypto.js";

/** @import { Bytes } from "./bytes.js" */

/**
 * @typedef {object} PublicKey a key that signs films
 * @property {Bytes} raw 32 bytes
 * @property {string} id 16 hex digits
 * @property {CryptoKey} native
 */

/**
 * @typedef {object} PrivateKey a key that films are sealed to; its bytes stay in WebCrypto
 * @property {CryptoKey} native
 * @property {Bytes} publicRaw 32 bytes
 * @property {string} id 16 hex digits
 */

const KEY_BYTES = 32;
const ID_BYTES = 8;
/** What precedes the 32 bytes in SubjectPublicKeyInfo and PKCS #8. */
const ED25519_PUBLIC = unhex("302a300506032b6570032100");
const X25519_PRIVATE = unhex("302e020100300506032b656e04220420");

/**
 * @param {"ed25519" | "x25519"} algorithm
 * @param {Uint8Array} raw
 * @returns {Promise<string>} a key's id in hex
 */
export async function keyId(algorithm, raw) {
  const digest = await sha256(utf8("mtor key v1\0"), utf8(`${algorithm}\0`), raw);
  return hex(digest.subarray(0, ID_BYTES));
}

/**
 * @param {string | Uint8Array} key PEM, 64 hex digits, or 32 bytes
 * @param {string} name stands for it in errors
 * @returns {Promise<PublicKey>}
 */
export async function publicKey(key, name = "key") {
  const raw = typeof key === "string" ? rawPublic(key, name) : Uint8Array.from(key);
  if (raw.length !== KEY_BYTES) throw wrongKey(name);
  const native = await needing("Ed25519", subtle().importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]));
  return { raw, id: await keyId("ed25519", raw), native };
}

/**
 * @param {string} pem a private key for sealing
 * @param {string} name stands for it in errors
 * @returns {Promise<PrivateKey>}
 */
export async function privateKey(pem, name = "key") {
  const der = fromPem(pem, "PRIVATE KEY");
  if (!der || !startsWith(der, X25519_PRIVATE) || der.length !== X25519_PRIVATE.length + KEY_BYTES) {
    throw new TrustError("is no private key for sealing", name, "choose the .key file that the film was sealed to");
  }
  const importing = subtle().importKey("pkcs8", der, { name: "X25519" }, false, ["deriveBits"]);
  const native = await needing("X25519", importing);
  der.fill(0);
  const publicRaw = await publicOf(native);
  return { native, publicRaw, id: await keyId("x25519", publicRaw) };
}

/**
 * The rotation that a statement tells of, if the old key signed it.
 *
 * @param {string} text of a `.rotation` file
 * @param {string} name stands for it in errors
 * @returns {Promise<{old: PublicKey, new: PublicKey}>}
 */
export async function rotation(text, name = "rotation") {
  const { fields, signature, day } = rotationFields(text, name);
  const old = await publicKey(fields.old, name);
  const made = await publicKey(fields.new, name);
  const message = joined(utf8("mtor rotation v1\0"), old.raw, made.raw, utf8(day));
  if (!(await verifies(old, signature, message))) {
    throw new TrustError(`is not signed by the key it replaces (${old.id})`, name, "do not trust it");
  }
  return { old, new: made };
}

/**
 * @param {PublicKey[]} keys
 * @param {{old: PublicKey, new: PublicKey}[]} rotations
 * @returns {PublicKey[]} the keys, and those that rotations lead to from them, in any number of steps
 */
export function trusted(keys, rotations) {
  const found = [...keys];
  const ids = () => new Set(found.map((key) => hex(key.raw)));
  for (const key of found) {
    for (const step of rotations) {
      if (hex(step.old.raw) === hex(key.raw) && !ids().has(hex(step.new.raw))) found.push(step.new);
    }
  }
  return found;
}

/**
 * @param {PublicKey} key
 * @param {Uint8Array} signature
 * @param {Bytes} message
 * @returns {Promise<boolean>}
 */
export async function verifies(key, signature, message) {
  const exact = Uint8Array.from(signature);
  return needing("Ed25519", subtle().verify({ name: "Ed25519" }, key.native, exact, message));
}

/**
 * @param {CryptoKey} native an X25519 private key
 * @returns {Promise<Bytes>} its public half: X25519 with the base point 9
 */
async function publicOf(native) {
  const base = new Uint8Array(KEY_BYTES);
  base[0] = 9;
  const point = await subtle().importKey("raw", base, { name: "X25519" }, false, []);
  return new Uint8Array(await subtle().deriveBits({ name: "X25519", public: point }, native, 256));
}

/**
 * @param {string} text
 * @param {string} name
 * @returns {Bytes}
 */
function rawPublic(text, name) {
  const plain = unhex(text.trim());
  if (plain) return plain;
  const der = fromPem(text, "PUBLIC KEY");
  if (!der || !ED25519_PUBLIC || !startsWith(der, ED25519_PUBLIC)) throw wrongKey(name);
  return der.slice(ED25519_PUBLIC.length);
}

/**
 * @param {string} text
 * @param {string} label
 * @returns {Bytes | null}
 */
function fromPem(text, label) {
  const found = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`).exec(text);
  if (!found) return null;
  try {
    return Uint8Array.from(atob(found[1].replace(/\s/g, "")), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

/**
 * @param {Uint8Array} data
 * @param {Uint8Array | null} start
 * @returns {start is Bytes}
 */
function startsWith(data, start) {
  return start !== null && start.every((byte, at) => data[at] === byte);
}

/**
 * @param {string} name
 * @returns {TrustError}
 */
function wrongKey(name) {
  return new TrustError("is no public key that signs films", name, "choose the publisher's .pub file");
}

/**
 * @param {string} text
 * @param {string} name
 * @returns {{fields: {old: string, new: string}, signature: Bytes, day: string}}
 */
function rotationFields(text, name) {
  const wrong = new TrustError("is no rotation of keys", name, "fetch it again from the publisher");
  /** @type {any} */
  let fields;
  try {
    fields = JSON.parse(text);
  } catch {
    throw wrong;
  }
  const names = fields && typeof fields === "object" ? Object.keys(fields).sort().join() : "";
  if (names !== "day,mtor_rotation,new,old,signature" || fields.mtor_rotation !== 1) throw wrong;
  const texts = [fields.old, fields.new, fields.signature, fields.day];
  if (!texts.every((value) => typeof value === "string") || !/^[\x00-\x7f]*$/.test(fields.day)) throw wrong;
  const signature = unhex(fields.signature);
  if (!signature || unhex(fields.old)?.length !== KEY_BYTES || unhex(fields.new)?.length !== KEY_BYTES) throw wrong;
  return { fields, signature, day: fields.day };
}
