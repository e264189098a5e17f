// Characters: how they look and what they are called.

/** @import { Strings } from "./texts.js" */

const NAMES = new Map([
  [" ", "space"],
  [",", "comma"],
  ["-", "hyphen"],
  ["/", "slash"],
  ["_", "start"],
]);

export const PADDING = "·";

/** @param {string} character */
export const visible = (character) => (character === " " ? "␣" : character);

/**
 * What a screen reader is to say: a name where a sign would not be heard.
 *
 * @param {string} character
 * @param {Strings} strings
 */
export const spoken = (character, strings) => strings[NAMES.get(character) ?? ""] ?? character;
