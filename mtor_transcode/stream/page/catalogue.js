// SPDX-License-Identifier: Apache-2.0
// The catalogue: films with their posters, searched as one types.

const TOKEN = "mtor.token";
const LIVE_MS = 5000;

/**
 * @typedef {object} Film
 * @property {string} key
 * @property {string} title
 * @property {string} name
 * @property {number} duration  seconds
 * @property {number} bytes
 * @property {number} width
 * @property {number} height
 * @property {boolean} sound
 * @property {boolean} live
 * @property {string} poster  address, or empty
 */

/**
 * A sealed film: the server knows no more of it.
 *
 * @typedef {object} Sealed
 * @property {string} title  may be empty
 * @property {number} bytes
 * @property {string} film  address
 */

/** @type {(id: string) => HTMLElement} */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const words = /** @type {HTMLInputElement} */ (byId("words"));
const token = /** @type {HTMLInputElement} */ (byId("token"));

/** @type {Film[]} */
let films = [];
/** @type {Sealed[]} */
let sealed = [];

/**
 * Fetches with the viewer's token, if there is one.
 * @param {string} address
 * @returns {Promise<Response>}
 */
function get(address) {
  const known = sessionStorage.getItem(TOKEN);
  return fetch(address, known ? { headers: { Authorization: `Bearer ${known}` } } : {});
}

/** @param {number} seconds */
function lengthOf(seconds) {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, place) => (place ? String(part).padStart(2, "0") : String(part))).join(":");
}

/** @param {number} bytes */
function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  const [count, unit] = bytes < 1e6 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
  return `${count < 10 ? count.toFixed(1) : Math.round(count)} ${unit}`;
}

/**
 * @param {string} kind
 * @param {string} name
 * @param {string} text
 */
function element(kind, name, text) {
  const made = document.createElement(kind);
  made.className = name;
  made.textContent = text;
  return made;
}

/** @param {Film} film */
function addressOf(film) {
  const stream = `/socket?film=${film.key}`;
  return `/player/page/index.html?${new URLSearchParams({ stream, title: film.title })}`;
}

/**
 * Fills a poster in, with the token where one is needed (an img element sends none).
 * @param {HTMLImageElement} image
 * @param {string} address
 */
async function drawn(image, address) {
  if (!sessionStorage.getItem(TOKEN)) {
    image.src = address;
    return;
  }
  const answer = await get(address);
  if (answer.ok) image.src = URL.createObjectURL(await answer.blob());
}

/** @param {Film} film */
function cardOf(film) {
  const card = document.createElement("li");
  const link = document.createElement("a");
  link.href = addressOf(film);
  const image = document.createElement("img");
  image.className = "poster";
  image.alt = "";
  image.loading = "lazy";
  image.width = 320;
  image.height = 180;
  if (film.poster) drawn(image, film.poster);
  const facts = element("span", "facts", `${lengthOf(film.duration)} · ${sizeOf(film.bytes)} · ${film.width}×${film.height}`);
  if (film.live) facts.prepend(element("span", "live", "live"), " ");
  link.append(image, element("span", "title", film.title), facts);
  card.append(link);
  return card;
}

/** @param {Sealed} film */
function sealedCardOf(film) {
  const card = document.createElement("li");
  const link = document.createElement("a");
  const title = film.title || "A sealed film";
  link.href = `/player/page/index.html?${new URLSearchParams({ film: film.film, title })}`;
  link.append(element("span", "title", title), element("span", "facts", `sealed · ${sizeOf(film.bytes)}`));
  card.append(link);
  return card;
}

/** Shows the films that have all words in their title or name. */
function show() {
  const asked = words.value.toLowerCase().split(/\s+/).filter(Boolean);
  /** @param {string} text */
  const fits = (text) => asked.every((word) => text.toLowerCase().includes(word));
  const found = films.filter((film) => fits(`${film.title} ${film.name}`));
  const closed = sealed.filter((film) => fits(film.title));
  const all = films.length + sealed.length;
  byId("films").replaceChildren(...found.map(cardOf), ...closed.map(sealedCardOf));
  byId("count").textContent = `${found.length + closed.length} of ${all} ${all === 1 ? "film" : "films"}`;
}

async function load() {
  const answer = await get("/catalogue.json").catch(() => null);
  byId("entry").hidden = answer?.status !== 401;
  if (!answer?.ok) {
    byId("count").textContent = answer?.status === 401 ? "A token is needed" : "The server does not answer";
    return;
  }
  ({ films, sealed } = await answer.json());
  show();
  if (films.some((film) => film.live)) setTimeout(load, LIVE_MS);
}

words.addEventListener("input", show);
byId("search").addEventListener("submit", (event) => event.preventDefault());
byId("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(TOKEN, token.value.trim());
  load();
});
load();
