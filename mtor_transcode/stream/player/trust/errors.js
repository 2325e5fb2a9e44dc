// SPDX-License-Identifier: Apache-2.0
/** The error of films that cannot be trusted or opened. */

import { MtorError } from "../codec/errors.js";

export const DO_NOT_PLAY = "do not play it; fetch it again from its publisher";

/** A signature is missing or wrong, something is not as it was signed, a film is sealed to others, or nothing can be checked here. */
export class TrustError extends MtorError {
  /**
   * @param {string} what
   * @param {string} where
   * @param {string} remedy
   */
  constructor(what, where = "", remedy = DO_NOT_PLAY) {
    super(what, where, remedy);
    this.name = "TrustError";
  }
}
