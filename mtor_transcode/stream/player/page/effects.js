// SPDX-License-Identifier: Apache-2.0
/**
 * Fewer effects where a device is too weak for all: no blur, no dissolves, no more px than the film has.
 *
 * @typedef {import("../player.js").Player} Player
 */
import { element } from "./elements.js";

/** Looks in a row, a second each, at which a device must be too slow. */
const SLOW_LOOKS = 3;

/** Share of the pictures that were due, below which a device is too slow. */
const ENOUGH = 0.7;

/** Milliseconds between looks. */
const LOOK = 1000;

/** Let people choose, or watch how the device does. @param {Player} player @param {() => void} fit the canvas */
export function takeEffects(player, fit) {
  const choice = /** @type {HTMLSelectElement} */ (element("effects"));
  let slow = 0;
  let painted = 0;
  const set = (/** @type {boolean} */ plain) => {
    player.plainly(plain);
    fit();
  };
  choice.addEventListener("change", () => {
    slow = 0;
    set(choice.value === "plain");
  });
  setInterval(() => {
    const [numerator, denominator] = player.source?.header.frame_rate ?? [25, 1];
    const due = Math.min(30, numerator / denominator);
    const { meter } = player;
    const works = player.clock.running && !document.hidden && meter.count > painted;
    painted = meter.count;
    slow = works && meter.turns(performance.now()) < ENOUGH * due ? slow + 1 : 0;
    if (slow >= SLOW_LOOKS && choice.value === "auto" && !player.plain) set(true);
  }, LOOK);
}
