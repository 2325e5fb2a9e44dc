// SPDX-License-Identifier: Apache-2.0
/**
 * Keyboard shortcuts. Keys that an element in focus needs itself are left to it.
 *
 * @typedef {{player: import("../player.js").Player, controls: import("./controls.js").Controls,
 *   captions: import("./captions.js").Captions, panel: import("./panel.js").Panel, choose: () => void, help: () => void}} Parts
 */

/** What elements do with keys by themselves. @type {Record<string, RegExp>} */
const OWN = {
  BUTTON: /^( |Enter)$/,
  SELECT: /^( |Enter|Arrow.*|Home|End|.)$/,
  INPUT: /^(Arrow.*|Home|End|Page.*)$/,
  DIALOG: /./,
};

/** @param {Parts} parts */
export function takeKeys({ player, controls, captions, panel, choose, help }) {
  /** @type {Record<string, () => void>} */
  const keys = {
    " ": () => controls.toggle(),
    k: () => controls.toggle(),
    ArrowLeft: () => controls.by(-5),
    ArrowRight: () => controls.by(5),
    j: () => controls.by(-10),
    l: () => controls.by(10),
    ArrowUp: () => controls.louder(0.1),
    ArrowDown: () => controls.louder(-0.1),
    Home: () => player.seek(0),
    End: () => player.seek(player.duration),
    ",": () => controls.step(-1),
    ".": () => controls.step(1),
    "<": () => controls.faster(-1),
    ">": () => controls.faster(1),
    m: () => controls.mute(),
    c: () => captions.toggle(),
    i: () => panel.toggle(),
    f: () => controls.fullScreen(),
  };
  for (let tenth = 0; tenth < 10; tenth++) keys[tenth] = () => player.seek((player.duration * tenth) / 10);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const target = /** @type {HTMLElement} */ (event.target);
    // For a moment after a dialog has closed the focus is still in it.
    if (!target.closest("dialog") && OWN[target.tagName]?.test(event.key)) return;
    const act = event.key === "o" ? choose : event.key === "?" ? help : player.source ? keys[event.key] : undefined;
    if (!act) return;
    event.preventDefault();
    act();
  });
}
