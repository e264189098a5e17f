// The columns of an attention map: every typed character, then the padding, one by one or summed up in one column.

/** @import { Strings } from "./texts.js" */
import { PADDING, spoken, visible } from "./characters.js";
import { fill } from "./texts.js";

/**
 * @typedef {object} Source
 * @property {string[]} source the typed characters, then the padding
 * @property {number} textLength how many of them were typed
 * @property {Strings} strings
 */

/**
 * @typedef {object} Column
 * @property {number} from the first source character
 * @property {number} to the one after the last
 * @property {string} label how it looks
 * @property {string} name what it is called
 * @property {boolean} padding
 * @property {number} folded how many padding characters are summed up in it; 0 for a character's own column
 */

/**
 * @param {Source} payload
 * @returns {Column[]}
 */
export function typedColumns({ source, textLength, strings }) {
  return source.slice(0, textLength).map((character, i) => ({
    from: i,
    to: i + 1,
    label: visible(character),
    name: spoken(character, strings),
    padding: false,
    folded: 0,
  }));
}

/**
 * @param {Source} payload
 * @param {boolean} showPadding whether every padding character has a column of its own
 * @returns {Column[]}
 */
export function columnsOf(payload, showPadding) {
  return [...typedColumns(payload), ...(showPadding ? paddingColumns(payload) : foldedColumn(payload))];
}

/**
 * @param {Source} payload
 * @returns {Column[]}
 */
function paddingColumns({ source, textLength, strings }) {
  const look = { label: PADDING, name: strings.padding_space, padding: true, folded: 0 };
  return source.slice(textLength).map((_, k) => ({ from: textLength + k, to: textLength + k + 1, ...look }));
}

/**
 * @param {Source} payload
 * @returns {Column[]} none where there is no padding
 */
function foldedColumn({ source, textLength, strings }) {
  const count = source.length - textLength;
  if (count === 0) return [];
  const look = { label: `+${count}`, name: fill(strings.fold, { count }), padding: true, folded: count };
  return [{ from: textLength, to: source.length, ...look }];
}

/**
 * The weight of a column: the sum over its characters.
 *
 * @param {ArrayLike<number>} weights one for every source character
 * @param {Column} column
 */
export function weightOf(weights, column) {
  let sum = 0;
  for (let i = column.from; i < column.to; i++) sum += weights[i];
  return sum;
}
