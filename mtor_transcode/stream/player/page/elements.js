// SPDX-License-Identifier: Apache-2.0
/** The page's elements by their ids. */

/** @template {HTMLElement} [T=HTMLElement] @param {string} id @returns {T} */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return /** @type {T} */ (found);
}
