// Texts on the stage's map, and the colours of it.

import { textAt } from "../shared/attention_map.js";

/**
 * CSS colours, and the font of numbers.
 *
 * `now` is what belongs to the current step, and nothing else has it.
 *
 * @typedef {{ text: string, muted: string, hair: string, ground: string, now: string, onNow: string, font: string }} Palette
 */

export const MONOSPACE = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono', monospace";

/**
 * @param {Palette} palette
 * @param {string} content
 * @param {number} x
 * @param {number} y
 */
export function mapText(palette, content, x, y) {
  const text = textAt(content, x, y);
  text.style.fill = palette.text;
  text.style.pointerEvents = "none";
  return text;
}

/**
 * What a header says to a screen reader where its letter is drawn elsewhere, or nothing is: an empty one is left out.
 *
 * @param {string} content
 * @param {{ x: number, y: number }} place
 */
export function textForReaders(content, { x, y }) {
  const text = textAt(content, x, y, { class: "for-readers", fill: "transparent" });
  text.style.fontSize = "1px";
  text.style.pointerEvents = "none";
  return text;
}
