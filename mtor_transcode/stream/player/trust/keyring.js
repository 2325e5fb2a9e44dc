// SPDX-License-Identifier: Apache-2.0
/**
 * The keys that a viewer has given to the page, and what they mean for films: once there is a publisher's key, only
 * films signed by it (or by a key that a rotation leads to) are let through.
 */

import { TrustError } from "./errors.js";
import { signerOf, verifyFilm } from "./film.js";
import { privateKey, publicKey, rotation, trusted } from "./keys.js";
import { isSealed, openSealed, parsePreamble } from "./sealed.js";

/** @import { Bytes } from "./bytes.js" */
/** @import { PrivateKey, PublicKey } from "./keys.js" */

/** Key files are far smaller. */
const MOST_KEY_BYTES = 1 << 14;

/**
 * A film that may be played.
 *
 * @typedef {object} Admitted
 * @property {Uint8Array} bytes of the film, opened if it was sealed
 * @property {string} title that a sealed film tells, or empty
 * @property {boolean} sealed whether it was
 * @property {string} signer the id of the key that it says it is signed by, or empty
 * @property {boolean} verified whether that was checked, and all of the film with it
 */

export class Keyring {
  /** @type {PublicKey[]} */
  #publishers = [];
  /** @type {{old: PublicKey, new: PublicKey}[]} */
  #rotations = [];
  /** @type {PrivateKey[]} */
  #own = [];

  /** Whether films have to be signed. */
  get strict() {
    return this.#publishers.length > 0;
  }

  /**
   * Takes a file if it is a key or a rotation.
   *
   * @param {string} name
   * @param {Uint8Array} bytes
   * @returns {Promise<string>} what it was, in words for the viewer; empty if it is none
   */
  async take(name, bytes) {
    if (bytes.length > MOST_KEY_BYTES) return "";
    const text = new TextDecoder().decode(bytes);
    if (text.includes("-----BEGIN PRIVATE KEY-----")) {
      const key = await privateKey(text, name);
      this.#own.push(key);
      return `key ${key.id} opens films that are sealed to it`;
    }
    if (text.includes("-----BEGIN PUBLIC KEY-----")) {
      const key = await publicKey(text, name);
      this.#publishers.push(key);
      return `only films signed by key ${key.id} are played`;
    }
    if (!text.trimStart().startsWith("{") || !text.includes('"mtor_rotation"')) return "";
    const step = await rotation(text, name);
    this.#rotations.push(step);
    return `key ${step.new.id} takes the place of key ${step.old.id}`;
  }

  /**
   * Lets a film through, or throws: a TrustError if it is sealed to nobody here, or not signed as asked for.
   *
   * @param {string} name
   * @param {Uint8Array} bytes of a whole film, sealed or not
   * @returns {Promise<Admitted>}
   */
  async admit(name, bytes) {
    const sealed = isSealed(bytes);
    const { title, film } = sealed ? await this.#opened(name, bytes) : { title: "", film: bytes };
    if (!this.strict) return { bytes: film, title, sealed, signer: signerOf(film, name), verified: false };
    const { key } = await verifyFilm(film, trusted(this.#publishers, this.#rotations), name);
    return { bytes: film, title, sealed, signer: key, verified: true };
  }

  /**
   * @param {string} name
   * @param {Uint8Array} bytes
   * @returns {Promise<{title: string, film: Bytes}>}
   */
  async #opened(name, bytes) {
    const { title } = parsePreamble(bytes, name);
    if (!this.#own.length) {
      const which = title ? `"${title}" is sealed` : "is sealed";
      throw new TrustError(which, name, "give the .key file that it was sealed to");
    }
    /** @type {unknown} */
    let wrong = null;
    for (const key of this.#own) {
      try {
        return await openSealed(bytes, key, name);
      } catch (error) {
        if (!(error instanceof TrustError)) throw error;
        wrong = error;
      }
    }
    throw wrong;
  }
}
