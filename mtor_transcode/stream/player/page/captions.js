// SPDX-License-Identifier: Apache-2.0
/**
 * Captions over the picture.
 *
 * @typedef {import("../player.js").Player} Player
 */
import { element } from "./elements.js";

export class Captions {
  /** @param {Player} player */
  constructor(player) {
    this._player = player;
    this._line = element("captions");
    this._button = /** @type {HTMLButtonElement} */ (element("captions-toggle"));
    this._tracks = /** @type {HTMLSelectElement} */ (element("caption-track"));
    this._on = false;
    this._text = "";
    this._button.addEventListener("click", () => this.toggle());
    this._tracks.addEventListener("change", () => this.show());
    player.addEventListener("time", () => this.show());
    player.addEventListener("change", () => this.show());
  }

  /** After another film was opened. */
  reset() {
    const tracks = this._player.source?.header.subtitles ?? [];
    this._button.hidden = tracks.length === 0;
    element("caption-choice").hidden = tracks.length < 2;
    this._tracks.replaceChildren(...tracks.map(({ language }, i) => new Option(language || `track ${i + 1}`, String(i))));
    this._set(false);
  }

  toggle() {
    if (!this._button.hidden) this._set(!this._on);
  }

  /** Show the lines of the present time. */
  show() {
    const { source, time } = this._player;
    const at = time * 1000;
    const track = Number(this._tracks.value);
    const lines = this._on && source ? source.subtitles.filter((line) => line.track === track && line.start <= at && at < line.end) : [];
    const text = lines.map((line) => line.text).join("\n");
    if (text === this._text) return;
    this._text = text;
    this._line.textContent = text;
    this._line.hidden = text === "";
  }

  /** @param {boolean} on */
  _set(on) {
    this._on = on;
    this._button.setAttribute("aria-pressed", String(on));
    this.show();
  }
}
