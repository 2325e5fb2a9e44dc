// SPDX-License-Identifier: Apache-2.0
/** WebCrypto, or a clear word that it is not there: nothing is ever taken for checked that was not. */

import { TrustError } from "./errors.js";

/**
 * @returns {SubtleCrypto}
 * @throws {TrustError} where the page may not use it
 */
export function subtle() {
  const found = globalThis.crypto?.subtle;
  if (!found) {
    throw new TrustError(
      "signatures cannot be checked and sealed films not opened on this page",
      "WebCrypto",
      "open it over HTTPS or from localhost",
    );
  }
  return found;
}

/**
 * @template T
 * @param {string} algorithm what is needed, for the error
 * @param {Promise<T>} attempt
 * @returns {Promise<T>}
 * @throws {TrustError} if this browser does not have the algorithm
 */
export async function needing(algorithm, attempt) {
  try {
    return await attempt;
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotSupportedError") {
      throw new TrustError(`this browser has no ${algorithm}`, "WebCrypto", "use a newer browser");
    }
    throw error;
  }
}
