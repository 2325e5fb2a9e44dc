// SPDX-License-Identifier: Apache-2.0
/**
 * The service worker of the player: keeps the player's own files, so that it opens without a link. The link comes
 * first, so a new version is taken at once; what is kept answers where the link does not. Which files there are, it
 * finds by reading the page and following what modules import.
 */

const STORE = "mtor-player-1";
const PAGE = "page/index.html";

/** Files that no module names in a way that can be followed; those that a server lacks are left out. */
const BESIDE = ["tables.json"];

/** Milliseconds for which the link may keep the player waiting before what is kept answers. */
const PATIENCE = 3000;

const worker = /** @type {any} */ (self);

worker.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil(keepAll().then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  event.waitUntil(worker.clients.claim());
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  if (request.method === "GET" && request.url.startsWith(worker.registration.scope) && !request.headers.has("range")) {
    event.respondWith(answer(request));
  }
});

/** From the link, or what is kept. @param {Request} request */
async function answer(request) {
  const store = await caches.open(STORE);
  const kept = () => store.match(request, { ignoreSearch: true });
  const fresh = fetch(request).then((found) => {
    if (found.ok && !new URL(request.url).search) store.put(request, found.clone());
    return found;
  });
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE)).then(kept);
  const first = await Promise.race([fresh, late]).catch(kept);
  return first ?? fresh;
}

/** Keep the page and all that it needs. */
async function keepAll() {
  const store = await caches.open(STORE);
  const scope = worker.registration.scope;
  const known = new Set([PAGE, ...BESIDE].map((path) => new URL(path, scope).href));
  for (const url of known) {
    const found = await fetch(url, { cache: "no-cache" }).catch(() => null);
    if (!found?.ok) continue;
    await store.put(url, found.clone());
    for (const name of named(await found.text())) {
      const needed = new URL(name, url).href;
      if (needed.startsWith(scope)) known.add(needed);
    }
  }
}

/** What a file names: modules, workers, styles and pictures. @param {string} text */
function named(text) {
  const found = text.matchAll(/(?:\bfrom|\bimport|new URL\()\s*\(?"([^"]+\.js)"|(?:src|href)="([^"#]+)"/g);
  return [...found].map((match) => match[1] ?? match[2]);
}
