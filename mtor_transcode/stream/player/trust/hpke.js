// SPDX-License-Identifier: Apache-2.0
/**
 * HPKE (RFC 9180), the receiver's side of base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, one message.
 */

import { joined, number, utf8 } from "./bytes.js";
import { subtle } from "./webcrypto.js";

/** @import { Bytes } from "./bytes.js" */
/** @import { PrivateKey } from "./keys.js" */

const KEM = joined(utf8("KEM"), number(0x20, 2));
const SUITE = joined(utf8("HPKE"), number(0x20, 2), number(1, 2), number(1, 2));
const HASH_BYTES = 32;
const KEY_BYTES = 16;
const NONCE_BYTES = 12;

/**
 * Opens what was sealed to a key.
 *
 * @param {PrivateKey} key
 * @param {Bytes} enc the sender's public key, 32 bytes
 * @param {Bytes} sealed
 * @param {Bytes} info
 * @param {Bytes} aad
 * @returns {Promise<Bytes>}
 * @throws {DOMException} OperationError if it was sealed to another key, or altered
 */
export async function open(key, enc, sealed, info, aad) {
  const shared = await decapsulated(key, enc);
  const context = joined(
    number(0, 1),
    await extracted(SUITE, new Uint8Array(), "psk_id_hash", new Uint8Array()),
    await extracted(SUITE, new Uint8Array(), "info_hash", info),
  );
  const secret = await extracted(SUITE, shared, "secret", new Uint8Array());
  const raw = await expanded(SUITE, secret, "key", context, KEY_BYTES);
  const iv = await expanded(SUITE, secret, "base_nonce", context, NONCE_BYTES);
  const aead = await subtle().importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
  return new Uint8Array(await subtle().decrypt({ name: "AES-GCM", iv, additionalData: aad }, aead, sealed));
}

/**
 * @param {PrivateKey} key
 * @param {Bytes} enc
 * @returns {Promise<Bytes>} the shared secret
 */
async function decapsulated(key, enc) {
  const sender = await subtle().importKey("raw", enc, { name: "X25519" }, false, []);
  const dh = new Uint8Array(await subtle().deriveBits({ name: "X25519", public: sender }, key.native, 256));
  const secret = await extracted(KEM, new Uint8Array(), "eae_prk", dh);
  return expanded(KEM, secret, "shared_secret", joined(enc, key.publicRaw), HASH_BYTES);
}

/**
 * LabeledExtract.
 *
 * @param {Bytes} suite
 * @param {Bytes} salt
 * @param {string} label
 * @param {Bytes} material
 * @returns {Promise<Bytes>}
 */
function extracted(suite, salt, label, material) {
  return hmac(salt, joined(utf8("HPKE-v1"), suite, utf8(label), material));
}

/**
 * LabeledExpand, to at most 32 bytes.
 *
 * @param {Bytes} suite
 * @param {Bytes} secret
 * @param {string} label
 * @param {Bytes} info
 * @param {number} count
 * @returns {Promise<Bytes>}
 */
async function expanded(suite, secret, label, info, count) {
  const labelled = joined(number(count, 2), utf8("HPKE-v1"), suite, utf8(label), info);
  return (await hmac(secret, joined(labelled, number(1, 1)))).slice(0, count);
}

/**
 * @param {Bytes} secret zeros of the hash's length stand for none: HMAC pads with zeros, WebCrypto takes no empty key
 * @param {Bytes} data
 * @returns {Promise<Bytes>}
 */
async function hmac(secret, data) {
  const raw = secret.length ? secret : new Uint8Array(HASH_BYTES);
  const key = await subtle().importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await subtle().sign("HMAC", key, data));
}
