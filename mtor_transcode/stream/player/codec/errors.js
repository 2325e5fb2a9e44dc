// SPDX-License-Identifier: Apache-2.0
/** The one error of the decoder: what is wrong, where, and what can be done. */

export const FETCH_AGAIN = "the file is damaged; fetch it again";

export class MtorError extends Error {
  /**
   * @param {string} what
   * @param {string} where the file, section or packet
   * @param {string} remedy
   */
  constructor(what, where = "", remedy = FETCH_AGAIN) {
    super(`${where ? `${where}: ` : ""}${what} (${remedy})`);
    this.name = "MtorError";
    this.what = what;
    this.where = where;
    this.remedy = remedy;
    /** SHA-256 (hex) of the series dictionary that is missing, or empty. */
    this.needs = "";
  }
}
