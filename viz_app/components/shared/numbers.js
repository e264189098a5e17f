// Numbers in words: the rules of viz_app/text, which say the same things on the server. Both sides are held to one table,
// tests/viz_app/components/numbers.json.

/** @import { Strings } from "./texts.js" */
import { fill } from "./texts.js";

const MINUS = "−";
const FLOAT32_DIGITS = 9;
// What is left of 100 * 0.57 in binary is no reason for 56.
const BINARY_REST = 1e-6;

/** @param {string} text */
export const signed = (text) => text.replace("-", MINUS);

/**
 * As many digits after the point; a number in the middle goes to the even digit, as in Python.
 *
 * @param {number} value
 * @param {number} digits
 */
export function fixed(value, digits) {
  const text = value.toFixed(digits);
  const isTie = Math.abs(value * 2 ** (digits + 1)) % 2 === 1;
  const isOdd = "13579".includes(text.slice(-1));
  return isTie && isOdd ? (value * (1 - Number.EPSILON)).toFixed(digits) : text;
}

/**
 * A share in percent, rounded down, so that nothing but everything reads 100.
 *
 * @param {number} share
 * @param {number} digits after the point
 */
export function percentDown(share, digits = 0) {
  const whole = 10 ** digits;
  return fixed(Math.floor(100 * whole * share + BINARY_REST) / whole, digits);
}

/**
 * A share in percent, to the nearest. A rounded 0 or 100 would claim a certainty that is not there: those are "under" the
 * least and "over" the largest number that can be said.
 *
 * @param {number} share
 * @param {number} digits after the point
 * @returns {{ is: "about" | "under" | "over", number: string }}
 */
export function percentNearest(share, digits) {
  const least = 10 ** -digits;
  const half = least / 200;
  if (share > 0 && share < half) return { is: "under", number: fixed(least, digits) };
  if (share < 1 && share >= 1 - half) return { is: "over", number: fixed(100 - least, digits) };
  return { is: "about", number: fixed(100 * share, digits) };
}

/**
 * The nearest percentage in words.
 *
 * @param {number} share
 * @param {number} digits
 * @param {Strings} strings
 */
export function percent(share, digits, strings) {
  const { is, number } = percentNearest(share, digits);
  const templates = { about: strings.percent, under: strings.percent_under, over: strings.percent_over };
  return fill(templates[is], { number });
}

/**
 * In whole numbers, where there is at least one.
 *
 * @param {number} share
 * @param {Strings} strings
 */
export function wholePercent(share, strings) {
  const isNothing = fixed(100 * share, 0) === "0";
  return isNothing ? "" : percent(share, 0, strings);
}

/**
 * The fewest digits that still name this float32, so that what is read off the screen is the number itself.
 *
 * @param {number} value
 */
export function float32Digits(value) {
  for (let precision = 1; precision < FLOAT32_DIGITS; precision++) {
    const short = Number(value.toPrecision(precision));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(FLOAT32_DIGITS)));
}

/**
 * This float32 itself, with a minus sign that is one.
 *
 * @param {number} value
 */
export const exactNumber = (value) => signed(float32Digits(value));

/**
 * A term of a sum: four digits, and so close to what it stands for.
 *
 * @param {number} value
 */
export function shortNumber(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 100_000)) return signed(value.toExponential(2));
  return signed(fixed(value, size >= 100 ? 1 : size >= 10 ? 2 : 4));
}

/**
 * Where there is no room for more: a number of a column, which is told exactly elsewhere.
 *
 * @param {number} value
 */
export function briefNumber(value) {
  const size = Math.abs(value);
  if (size !== 0 && size < 0.00005) return signed(value.toExponential(0));
  return size < 1 ? signed(fixed(value, 4)) : shortNumber(value);
}

/**
 * A term that follows a sign: what is negative stands in brackets.
 *
 * @param {number} value
 */
export const bracketed = (value) => (value < 0 ? `(${shortNumber(value)})` : shortNumber(value));
