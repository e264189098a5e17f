// How much room a map and its sentence get on the page.

import { clamp } from "./arithmetic.js";
import { element, every, one } from "./elements.js";

const NARROW = 760;

/**
 * What stands above and below the rows of a map, the limits of a row, and its height on a narrow page where it is another.
 *
 * @typedef {{ below: number, limits: readonly [number, number], narrow: number | null }} Heights
 */

/**
 * A row of the map is as high as lets everything stand on the screen together, below the page's own field and buttons.
 *
 * @param {HTMLElement} root
 * @param {number} rows
 * @param {Heights} heights
 */
export function rowHeightIn(root, rows, { below, limits, narrow }) {
  if (narrow !== null && root.clientWidth < NARROW) return narrow;
  return clamp(Math.floor((window.innerHeight - below) / rows), ...limits);
}

/**
 * Every sentence lies unseen behind the one that is shown, so that nothing below moves from place to place.
 *
 * @param {HTMLElement} root
 * @param {readonly { sentence: string }[]} places
 */
export function reserveRoom(root, places) {
  for (const ghost of every(root, ".ghost")) ghost.remove();
  const ghost = (/** @type {string} */ textContent) =>
    element("p", { className: "ghost", ariaHidden: true, textContent });
  one(root, ".sentences", HTMLElement).append(...places.map(({ sentence }) => ghost(sentence)));
}
