// SPDX-License-Identifier: Apache-2.0
/**
 * The player's page, put together.
 *
 * @typedef {import("../sources/source.js").FilmSource} FilmSource
 */
import { Player } from "../player.js";
import { Captions } from "./captions.js";
import { Controls } from "./controls.js";
import { takeEffects } from "./effects.js";
import { element } from "./elements.js";
import { keepFitted } from "./fit.js";
import { takeKeys } from "./keys.js";
import { keepOffline } from "./offline.js";
import { named, takeFiles } from "./opening.js";
import { Panel } from "./panel.js";

const canvas = /** @type {HTMLCanvasElement} */ (element("picture"));
const player = new Player(canvas);
const controls = new Controls(player);
const captions = new Captions(player);
const panel = new Panel(player);
const fit = keepFitted(player, canvas, element("screen"));
const more = /** @type {HTMLDialogElement} */ (element("more"));

/** Show a line, or none. @param {"status" | "trouble"} where @param {string} line */
function say(where, line) {
  element(where).textContent = line;
  element(where).hidden = line === "";
}

/** Which opening is the latest: an earlier one that ends later is forgotten. */
let opening = 0;

/** Open a film and show its first picture. @param {() => Promise<FilmSource>} open */
async function take(open) {
  const number = ++opening;
  more.close();
  say("trouble", "");
  say("status", "Opening…");
  try {
    const source = await open();
    if (number !== opening) return source.close();
    await player.load(source);
    show(source);
  } catch (error) {
    if (number === opening) say("trouble", line(error));
  } finally {
    if (number === opening) say("status", "");
  }
}

/** The page of a film that was opened. @param {FilmSource} source */
function show(source) {
  const asked = new URLSearchParams(location.search);
  const title = asked.get("title") ?? source.title;
  document.title = `${title} · MTOR player`;
  element("title").textContent = title;
  element("welcome").hidden = true;
  canvas.setAttribute("aria-label", `Picture of ${title}`);
  captions.reset();
  controls.enable();
  fit();
  const at = Number(asked.get("t"));
  if (at > 0) player.seek(at);
}

/** One line on what went wrong. @param {unknown} error */
function line(error) {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0] || "the film could not be opened";
}

player.addEventListener("trouble", (event) => say("trouble", /** @type {Event & {message: string}} */ (event).message));
player.addEventListener("change", () => say("status", player.holding ? "Waiting for the film…" : ""));
const choose = takeFiles(take);
const help = () => (more.open ? more.close() : more.showModal());
element("menu").addEventListener("click", help);
takeKeys({ player, controls, captions, panel, choose, help });
takeEffects(player, fit);
keepOffline();
const open = named((text) => say("status", text));
if (open) take(open);

// For tests and the curious: the player behind the page.
Object.assign(window, { mtor: { player, take } });
