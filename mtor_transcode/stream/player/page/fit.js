// SPDX-License-Identifier: Apache-2.0
/**
 * The canvas as large as fits the screen, in the film's aspect, sharp at any density of pixels.
 *
 * @typedef {import("../player.js").Player} Player
 */

/** Sides of a canvas that all browsers can do, px. */
const MOST = 8192;

/** Keep the canvas fitted. @param {Player} player @param {HTMLCanvasElement} canvas @param {HTMLElement} screen @returns {() => void} fit it now */
export function keepFitted(player, canvas, screen) {
  const fit = () => {
    const header = player.source?.header;
    if (!header) return;
    const [numerator, denominator] = header.pixel_aspect;
    const [width, height] = [(header.width * numerator) / denominator, header.height];
    const scale = Math.min(screen.clientWidth / width, screen.clientHeight / height);
    const density = player.plain ? Math.min(devicePixelRatio, Math.max(0.1, 1 / scale)) : devicePixelRatio;
    const [across, down] = [device(width * scale, density), device(height * scale, density)];
    canvas.style.width = `${across / density}px`;
    canvas.style.height = `${down / density}px`;
    player.resize(across, down);
  };
  new ResizeObserver(fit).observe(screen);
  const watchDensity = () => {
    matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", () => (fit(), watchDensity()), { once: true });
  };
  watchDensity();
  return fit;
}

/** @param {number} side @param {number} density */
function device(side, density) {
  return Math.max(1, Math.min(MOST, Math.round(side * density)));
}
