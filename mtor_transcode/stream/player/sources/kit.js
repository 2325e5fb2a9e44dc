// SPDX-License-Identifier: Apache-2.0
/**
 * What decoders need beside a film: the codec's tables, and dictionaries of series.
 *
 * @typedef {import("./source.js").Kit} Kit
 */

/** Where the tables are: beside the player as `mtor serve` has it, or in the package's own folders. */
const TABLES = ["../tables.json", "../../../codec/tables_v1.json"];

/** @returns {Promise<Kit>} */
export async function fetchKit() {
  // Only now, so that the page is there before it: that is ten small modules.
  const trust = import("../trust/keyring.js");
  for (const place of TABLES) {
    const answer = await fetch(new URL(place, import.meta.url)).catch(() => null);
    if (answer?.ok) return { tables: await answer.json(), dictionaries: [], ring: new (await trust).Keyring() };
  }
  throw new Error("the player's tables could not be fetched: reload the page");
}
