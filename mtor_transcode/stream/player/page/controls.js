// SPDX-License-Identifier: Apache-2.0
/**
 * Buttons and sliders, and what they do to the player.
 *
 * @typedef {import("../player.js").Player} Player
 */
import { element } from "./elements.js";
import { clockWords, spokenTime } from "./words.js";

/** Milliseconds without a hand on anything until the controls of the full screen hide. */
const QUIET = 2500;

export class Controls {
  /** @param {Player} player */
  constructor(player) {
    this._player = player;
    this._frame = element("player");
    this._seek = /** @type {HTMLInputElement} */ (element("seek"));
    this._volume = /** @type {HTMLInputElement} */ (element("volume"));
    this._speed = /** @type {HTMLSelectElement} */ (element("speed"));
    this._muted = false;
    this._seeking = false;
    this._quiet = 0;
    this._listen();
    player.addEventListener("change", () => this.show());
    player.addEventListener("time", () => this.show());
  }

  /** Let a film be played. */
  enable() {
    for (const id of ["seek", "play", "mute", "volume", "speed", "figures", "fullscreen"]) {
      /** @type {HTMLButtonElement} */ (element(id)).disabled = false;
    }
    const silent = !this._player.source?.header.audio;
    /** @type {HTMLButtonElement} */ (element("mute")).disabled = silent;
    this._volume.disabled = silent;
    element("fullscreen").hidden = !document.fullscreenEnabled;
    this._player.speed(Number(this._speed.value));
    this._loud();
    this.show();
  }

  toggle() {
    if (this._player.paused || this._player.ended) this._player.play();
    else this._player.pause();
  }

  /** @param {number} seconds */
  by(seconds) {
    this._player.seek(this._player.time + seconds);
  }

  /** @param {number} change of the volume, of 1 */
  louder(change) {
    this._muted = false;
    this._volume.value = String(Number(this._volume.value) + change);
    this._loud();
  }

  mute() {
    this._muted = !this._muted;
    this._loud();
  }

  /** @param {number} steps through the speeds on offer */
  faster(steps) {
    const last = this._speed.options.length - 1;
    this._speed.selectedIndex = Math.min(last, Math.max(0, this._speed.selectedIndex + steps));
    this._player.speed(Number(this._speed.value));
  }

  /** @param {number} count of the film's frames */
  step(count) {
    const [numerator, denominator] = this._player.source?.header.frame_rate ?? [25, 1];
    this._player.pause();
    const frame = Math.round((this._player.time * numerator) / denominator) + count;
    this._player.seek((frame * denominator) / numerator);
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this._frame.requestFullscreen?.().catch(() => {});
  }

  /** Show what the player does. */
  show() {
    const player = this._player;
    if (!player.source) return;
    const playing = !player.paused;
    this._frame.dataset.state = playing ? "playing" : "paused";
    element("play").setAttribute("aria-label", playing ? "Pause" : "Play");
    element("big-play").hidden = playing || player.time > 0;
    const { time, duration } = player;
    element("time").textContent = `${clockWords(time)} / ${clockWords(duration)}`;
    this._seek.max = String(duration);
    if (!this._seeking) this._seek.value = String(time);
    const edge = element("edge");
    edge.hidden = !player.source.live;
    edge.setAttribute("aria-pressed", String(player.atEdge));
    this._seek.setAttribute("aria-valuetext", `${spokenTime(time)} of ${spokenTime(duration)}`);
  }

  _listen() {
    element("controls").addEventListener("submit", (event) => event.preventDefault());
    for (const id of ["play", "big-play", "picture"]) element(id).addEventListener("click", () => this.toggle());
    element("picture").addEventListener("dblclick", () => this.fullScreen());
    element("fullscreen").addEventListener("click", () => this.fullScreen());
    element("mute").addEventListener("click", () => this.mute());
    element("edge").addEventListener("click", () => this._player.toEdge());
    this._volume.addEventListener("input", () => this.louder(0));
    this._speed.addEventListener("change", () => this.faster(0));
    this._seek.addEventListener("input", () => {
      this._seeking = true;
      this._player.seek(Number(this._seek.value));
    });
    this._seek.addEventListener("change", () => (this._seeking = false));
    for (const kind of ["pointermove", "pointerdown", "keydown"]) addEventListener(kind, () => this._stir());
  }

  /** Controls of the full screen hide while nobody does anything. */
  _stir() {
    this._frame.classList.remove("quiet");
    clearTimeout(this._quiet);
    this._quiet = setTimeout(() => this._frame.classList.toggle("quiet", !this._player.paused), QUIET);
  }

  _loud() {
    const volume = Number(this._volume.value);
    this._player.sound?.loudness(volume, this._muted);
    const button = element("mute");
    button.setAttribute("aria-pressed", String(this._muted || volume === 0));
  }
}
