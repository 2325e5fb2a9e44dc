// SPDX-License-Identifier: Apache-2.0
/** Figures in words. */

/** `1:05`, `1:00:05`. @param {number} seconds */
export function clockWords(seconds) {
  const whole = Math.max(0, Math.floor(seconds + 1e-6));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `812 bytes`, `12.3 kB`, `4.56 MB`. @param {number} bytes */
export function byteWords(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
}

/** `0.83 kbit/s`, `14.2 kbit/s`. @param {number} kbps */
export function rateWords(kbps) {
  return `${kbps < 10 ? kbps.toFixed(2) : kbps.toFixed(1)} kbit/s`;
}

/** What a screen reader says of a time. @param {number} seconds */
export function spokenTime(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [m, s] = [Math.floor(whole / 60), whole % 60];
  return m ? `${m} minutes ${s} seconds` : `${s} seconds`;
}
