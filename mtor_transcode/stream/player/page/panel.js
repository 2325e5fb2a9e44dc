// SPDX-License-Identifier: Apache-2.0
/**
 * The live panel: what the film takes and what the player does.
 *
 * @typedef {import("../player.js").Player} Player
 */
import { element } from "./elements.js";
import { byteWords, rateWords } from "./words.js";

export class Panel {
  /** @param {Player} player */
  constructor(player) {
    this._player = player;
    this._panel = element("panel");
    this._button = element("figures");
    this._button.addEventListener("click", () => this.toggle());
    player.addEventListener("time", () => this.show());
  }

  toggle() {
    this._panel.hidden = !this._panel.hidden;
    this._button.setAttribute("aria-pressed", String(!this._panel.hidden));
    this.show();
  }

  show() {
    const player = this._player;
    if (this._panel.hidden || !player.source || !player.desk || !player.sound) return;
    const { bytes, total, rate, cache, state } = player.source.figures();
    const mean = total && player.duration ? (total * 8) / 1000 / player.duration : null;
    const words = {
      rate: [rate > 0 ? rateWords(rate) : "", mean === null ? "" : `film ${rateWords(mean)}`],
      bytes: [total === null || total === bytes ? byteWords(bytes) : `${byteWords(bytes)} of ${byteWords(total)}`],
      shapes: [String(player.shapes)],
      fps: [`${player.meter.fps(performance.now())} a second`, player.plain ? "fewer effects" : ""],
      cache: [cache ? `${cache.hits} outlines, ${byteWords(cache.bytes)}` : "", player.desk.made ? `${player.desk.made} texture pictures made` : ""],
      sound: [player.sound.trouble || "plays"],
      source: [state, player.desk.trouble],
    };
    for (const [name, parts] of Object.entries(words)) {
      element(`panel-${name}`).textContent = parts.filter(Boolean).join(", ") || "–";
    }
  }
}
