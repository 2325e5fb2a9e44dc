// SPDX-License-Identifier: Apache-2.0
/** Signatures and sealing in the browser: what the player needs of them. */

export { TrustError } from "./errors.js";
export { signerOf, verifyFilm } from "./film.js";
export { Guard } from "./guard.js";
export { Keyring } from "./keyring.js";
export { privateKey, publicKey, rotation, trusted } from "./keys.js";
export { isSealed, openSealed, parsePreamble, unlock } from "./sealed.js";
