// SPDX-License-Identifier: Apache-2.0
/** The page works without a link once it was loaded: a service worker keeps its files (HTTPS or localhost only). */
export function keepOffline() {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register(new URL("../offline.js", import.meta.url)).catch(() => {});
}
