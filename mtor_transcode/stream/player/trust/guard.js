// SPDX-License-Identifier: Apache-2.0
/**
 * The guard of a signed film: takes signatures and sections as they come, in any order, twice or late, and says
 * which can be trusted. What was altered, or cut out of another film or place, throws a TrustError.
 */

import { joined, number as coded, same, sha256, utf8 } from "./bytes.js";
import { TrustError } from "./errors.js";
import { verifies } from "./keys.js";
import { damaged, FIRST_NUMBER, parseManifest } from "./manifest.js";

/** @import { Bytes } from "./bytes.js" */
/** @import { PublicKey } from "./keys.js" */
/** @import { Manifest, Unit } from "./manifest.js" */

const MAX_HELD = 1 << 16;
const MAX_NUMBER = 1 << 24;
const ID_BYTES = 16;
const REPAIR = 11;

export class Guard {
  /** @type {Map<number, Manifest>} by the first number; an opening that covers nothing yet is at 0 */
  #manifests = new Map();
  /** @type {number[]} */
  #starts = [];
  /** Places of manifests by the number of their section. @type {Map<number, number>} */
  #signatures = new Map();
  /** @type {Map<number, Bytes>} */
  #held = new Map();
  /** @type {Map<number, Bytes>} */
  #repairs = new Map();
  /** @type {Map<number, Bytes>} */
  #trusted = new Map();
  /** @type {Promise<unknown>} what is being checked: one thing after the other */
  #turn = Promise.resolve();

  /**
   * @param {PublicKey} key
   * @param {Bytes} film its id
   * @param {boolean} several
   * @param {string} name
   */
  constructor(key, film, several, name) {
    this.key = key;
    this.name = name;
    this.film = film;
    this.several = several;
  }

  /**
   * @param {PublicKey[]} keys one of which must have signed the film
   * @param {Uint8Array} header payload of HEADER
   * @param {Uint8Array} first payload of the first SIGNATURE
   * @param {string} name stands for the film in errors
   * @returns {Promise<Guard>}
   */
  static async open(keys, header, first, name = "film") {
    const opening = parseManifest(first, `${name}: first signature`);
    if (!opening.keyId) throw damaged(`${name}: first signature`);
    const key = keys.find((each) => each.id === opening.keyId);
    if (!key) {
      const known = keys.map((each) => each.id).join(", ");
      const remedy = "choose the publisher's key, or a rotation that leads to it";
      throw new TrustError(`is signed by key ${opening.keyId}, not by ${known}`, name, remedy);
    }
    const id = await sha256(utf8("mtor film v1\0"), key.raw, opening.nonce, await sha256(header));
    const guard = new Guard(key, id.slice(0, ID_BYTES), opening.nonce.length > 0, name);
    await guard.signature(1, first);
    return guard;
  }

  /**
   * Takes the payload of a SIGNATURE section; the same one twice is harmless.
   *
   * @param {number} number of the section
   * @param {Uint8Array} payload
   * @returns {Promise<number[]>} numbers of sections that came before and can be trusted from now on
   */
  signature(number, payload) {
    return this.#inTurn(() => this.#signature(number, payload));
  }

  /**
   * Takes a section.
   *
   * @param {number} number
   * @param {number} kind
   * @param {Uint8Array} payload
   * @returns {Promise<number[]>} numbers that can be trusted from now on; empty while it has to wait, or if it
   *   came before. If it is not the film's, all sections of its unit have to come again.
   */
  section(number, kind, payload) {
    return this.#inTurn(() => this.#section(number, kind, payload));
  }

  /**
   * Takes a repair of a film that is checked as a whole. In a stream repairs need no check: what they bring back
   * is checked by `section`.
   *
   * @param {number} number
   * @param {Uint8Array} payload
   */
  async repair(number, payload) {
    this.#repairs.set(number, await this.#leaf(number, REPAIR, payload));
  }

  /**
   * @param {number} number
   * @returns {boolean} whether this section has come and was the right one
   */
  trusts(number) {
    return this.#trusted.has(number);
  }

  /**
   * @param {number} number of a section that has come
   * @returns {number[]} the sections that have to come before it can be trusted; empty if it is, or if its
   *   signature has not come
   */
  lacks(number) {
    const unit = this.#of(number)?.units.find((each) => number >= each.first && number < each.first + each.count);
    if (!unit || this.#trusted.has(number)) return [];
    const numbers = Array.from({ length: unit.count }, (_, at) => unit.first + at);
    return numbers.filter((each) => each !== number && !this.#held.has(each));
  }

  /**
   * Checks that a film is all there.
   *
   * @param {number} count its sections, header and signatures among them
   */
  async finish(count) {
    await this.#turn;
    await this.#checkRepairs();
    /** @type {Set<number>} */
    const covered = new Set();
    for (const { first, sections } of this.#manifests.values()) {
      for (let number = first; number < first + sections; number++) covered.add(number);
    }
    for (let number = FIRST_NUMBER; number < count; number++) {
      if (!covered.has(number) && !this.#signatures.has(number)) {
        throw this.#refused(`section ${number} is not signed`);
      }
    }
    const missing = [...covered].filter((number) => !this.#trusted.has(number) && !this.#repairs.has(number));
    if (missing.length) {
      throw this.#refused(`section ${Math.min(...missing)} is missing, or not the one that was signed`);
    }
    const ends = this.#starts.filter((start) => this.#manifests.get(start)?.last);
    if (ends.length !== 1 || ends[0] !== this.#starts.at(-1)) {
      throw this.#refused("it does not end where its signatures do");
    }
    const order = [...this.#signatures.keys()].sort((one, other) => one - other);
    if (order.some((number, at) => this.#signatures.get(number) !== this.#starts[at])) {
      throw this.#refused("its signatures are not in their order");
    }
  }

  async #checkRepairs() {
    let signed = 0;
    for (const { mended, repairs } of this.#manifests.values()) {
      const own = mended.map((number) => this.#repairs.get(number) ?? new Uint8Array());
      signed += mended.length;
      const digest = await sha256(utf8("mtor unit v1\0"), ...own);
      if (!same(digest.subarray(0, repairs.length), repairs) || own.some((leaf) => !leaf.length)) {
        throw this.#refused("the repairs are not those that were signed");
      }
    }
    if (signed !== this.#repairs.size) throw this.#refused("the repairs are not those that were signed");
  }

  /**
   * @param {number} number
   * @param {Uint8Array} payload
   * @returns {Promise<number[]>}
   */
  async #signature(number, payload) {
    const found = parseManifest(payload, `${this.name}: signature`);
    const place = placeOf(found);
    const known = this.#manifests.get(place);
    if (known && same(known.signed, found.signed)) return [];
    if (known || this.#overlaps(found) || (this.#manifests.size && !this.several)) {
      throw this.#refused("two signatures claim the same sections");
    }
    if (!found.whole) await this.#check(found, new Uint8Array());
    this.#manifests.set(place, found);
    this.#sortStarts();
    this.#signatures.set(number, place);
    return this.#settleAll(found);
  }

  /**
   * @param {number} number
   * @param {number} kind
   * @param {Uint8Array} payload
   * @returns {Promise<number[]>}
   */
  async #section(number, kind, payload) {
    if (!(number >= FIRST_NUMBER && number < MAX_NUMBER)) throw this.#refused(`there is no section ${number}`);
    const leaf = await this.#leaf(number, kind, payload);
    const before = this.#trusted.get(number);
    if (before) {
      if (!same(before, leaf)) throw this.#refused(`section ${number} is not the one that was signed`);
      return [];
    }
    const held = this.#held.get(number);
    if (held && !same(held, leaf)) throw this.#refused(`two sections came for number ${number}`);
    if (!held && this.#held.size >= MAX_HELD) throw this.#refused("too many sections wait for their signature");
    this.#held.set(number, leaf);
    const manifest = this.#of(number);
    if (!manifest) return [];
    const unit = manifest.units.find((each) => number >= each.first && number < each.first + each.count);
    if (unit) return this.#settle(manifest, unit);
    this.#held.delete(number);
    throw this.#refused(`section ${number} is not as signed`);
  }

  /**
   * @param {number} number
   * @param {number} kind
   * @param {Uint8Array} payload
   * @returns {Promise<Bytes>}
   */
  #leaf(number, kind, payload) {
    const head = joined(coded(number, 4), coded(kind, 1), coded(payload.length, 4));
    return sha256(utf8("mtor section v1\0"), this.film, head, payload);
  }

  /**
   * @param {Manifest} manifest
   * @returns {Promise<number[]>}
   */
  async #settleAll(manifest) {
    /** @type {number[]} */
    const settled = [];
    /** @type {unknown} */
    let wrong = null;
    for (const unit of manifest.units) {
      try {
        settled.push(...(await this.#settle(manifest, unit)));
      } catch (error) {
        wrong = error;
      }
    }
    if (wrong) throw wrong;
    return settled;
  }

  /**
   * @param {Manifest} manifest
   * @param {Unit} unit
   * @returns {Promise<number[]>}
   */
  async #settle(manifest, unit) {
    const numbers = Array.from({ length: unit.count }, (_, at) => unit.first + at);
    const leaves = numbers.map((number) => this.#held.get(number));
    /** @type {Bytes[]} */
    const there = leaves.filter((leaf) => leaf !== undefined);
    if (there.length < numbers.length) return [];
    for (const number of numbers) this.#held.delete(number);
    const digest = await sha256(utf8("mtor unit v1\0"), ...there);
    if (!unit.hash) await this.#checkWhole(manifest, digest);
    else if (!same(digest.subarray(0, unit.hash.length), unit.hash)) {
      const which = unit.count > 1 ? `a section of ${unit.first} to ${numbers.at(-1)}` : `section ${unit.first}`;
      throw this.#refused(`${which} is not as signed`);
    }
    numbers.forEach((number, at) => this.#trusted.set(number, there[at]));
    return numbers;
  }

  /**
   * A signature over sections without a table; a wrong one is forgotten with them.
   *
   * @param {Manifest} manifest
   * @param {Bytes} digest
   */
  async #checkWhole(manifest, digest) {
    try {
      await this.#check(manifest, digest);
    } catch (error) {
      this.#manifests.delete(placeOf(manifest));
      this.#sortStarts();
      throw error;
    }
  }

  /**
   * @param {Manifest} manifest
   * @param {Bytes} digest
   */
  async #check(manifest, digest) {
    const message = joined(utf8("mtor manifest v1\0"), this.film, manifest.signed, digest);
    if (!(await verifies(this.key, manifest.signature, message))) {
      throw this.#refused(`the signature is not key ${this.key.id}'s, or what it signs was altered`);
    }
  }

  /**
   * @param {number} number
   * @returns {Manifest | undefined}
   */
  #of(number) {
    const start = this.#starts.findLast((each) => each <= number);
    const manifest = start === undefined ? undefined : this.#manifests.get(start);
    return manifest && number < manifest.first + manifest.sections ? manifest : undefined;
  }

  /**
   * @param {Manifest} found
   * @returns {boolean}
   */
  #overlaps(found) {
    const end = found.first + found.sections;
    return [...this.#manifests.values()].some(
      (each) => each.sections > 0 && each.first < end && found.first < each.first + each.sections,
    );
  }

  #sortStarts() {
    this.#starts = [...this.#manifests.keys()].sort((one, other) => one - other);
  }

  /**
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  #inTurn(work) {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  /**
   * @param {string} what
   * @returns {TrustError}
   */
  #refused(what) {
    return new TrustError(what, this.name);
  }
}

/**
 * @param {Manifest} manifest
 * @returns {number}
 */
function placeOf(manifest) {
  return manifest.sections ? manifest.first : 0;
}
