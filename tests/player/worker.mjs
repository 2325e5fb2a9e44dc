// SPDX-License-Identifier: Apache-2.0
/** Decodes films in a browser's worker: asked by messages, answers each with one (`dumping.mjs` says what). */

import { MtorError } from "/codec/errors.js";
import { openFilm } from "/codec/film.js";
import { answer } from "/dumping.mjs";

const tables = await (await fetch("/tables.json")).json();
addEventListener("message", ({ data }) => postMessage(answer({ openFilm, MtorError }, tables, data)));
postMessage("ready");
