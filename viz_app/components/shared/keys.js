// Keys that move what is played, and who else needs them.

import { clamp } from "./arithmetic.js";

// Keys for writing and for moving inside a widget are the widget's own.
const KEEPS =
  "textarea, canvas, [contenteditable=true], [role=textbox], [role=searchbox], [role=combobox], [role=listbox], " +
  "[role=option], [role=menu], [role=tree], [role=grid], [role=dialog], input[type=range]:not(.slider), " +
  "input:not([type=checkbox], [type=radio], [type=range], [type=button], [type=submit])";
const PRESSES =
  "button, a[href], summary, select, input:not([type=range]), [role=button], [role=link], [role=switch], [role=tab]";
const MOVES =
  "select, input[type=radio], input[type=range], [role=radio], [role=slider], [role=spinbutton], [role=tab], .scroll";

/** @type {ReadonlyMap<string, Action>} */
const ACTIONS = new Map([
  ["ArrowLeft", "back"],
  ["ArrowRight", "forward"],
  ["Home", "first"],
  ["End", "last"],
  [" ", "play"],
]);

/** @typedef {"first" | "back" | "play" | "forward" | "last"} Action */

/**
 * What a key asks for; null for a key that asks for nothing, or for something of the browser's.
 *
 * @param {KeyboardEvent} event
 * @returns {Action | null}
 */
export function actionOf(event) {
  if (event.defaultPrevented || event.isComposing) return null;
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return null;
  return ACTIONS.get(event.key) ?? null;
}

/**
 * Does the element that has the focus need this key itself? A button that was clicked has the focus too, but whoever
 * clicks an example and then presses an arrow means the picture.
 *
 * @param {EventTarget | undefined} target
 * @param {string} key
 * @param {boolean} pointed whether a pointer, and not the tab key, has put the focus there
 */
export function needsKey(target, key, pointed) {
  if (!(target instanceof Element)) return false;
  if (target.closest(KEEPS)) return true;
  return !pointed && target.matches(key === " " ? PRESSES : MOVES);
}

/**
 * Where a key moves to in a list, from a place in it; null for a key that does not move.
 *
 * @param {string} key
 * @param {number} from
 * @param {number} last
 */
export function placeAfterKey(key, from, last) {
  const places = new Map([
    ["ArrowLeft", from - 1],
    ["ArrowUp", from - 1],
    ["ArrowRight", from + 1],
    ["ArrowDown", from + 1],
    ["Home", 0],
    ["End", last],
  ]);
  const place = places.get(key);
  return place === undefined ? null : clamp(place, 0, last);
}
