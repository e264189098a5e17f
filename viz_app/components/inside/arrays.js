// Arrays of Python, and what is computed of them: only products of two of their numbers, which float64 holds exactly.

/** @import { Packed } from "./payload.js" */

/** @typedef {Float32Array | Float64Array} Row */

/**
 * The numbers of an array, in the order of memory.
 *
 * @param {Packed} array
 * @returns {Row}
 */
export function unpackFlat({ dtype, data }) {
  const { buffer } = Uint8Array.from(atob(data), (byte) => byte.charCodeAt(0));
  return dtype === "float64" ? new Float64Array(buffer) : new Float32Array(buffer);
}

/**
 * The rows of an array of two axes.
 *
 * @param {Packed} array
 */
export const unpackRows = (array) => split(unpackFlat(array), array.shape[0]);

/**
 * The rows of an array of three axes, by the first.
 *
 * @param {Packed} array
 */
export const unpackTables = (array) =>
  split(unpackFlat(array), array.shape[0]).map((table) => split(table, array.shape[1]));

/**
 * @param {Row} flat
 * @param {number} count
 */
function split(flat, count) {
  const size = flat.length / count;
  return Array.from({ length: count }, (_, i) => flat.subarray(i * size, (i + 1) * size));
}

/** @param {ArrayLike<number>} values */
export const largest = (values) => Array.from(values).reduce((size, value) => Math.max(size, Math.abs(value)), 0);

/**
 * The places of the values that are farthest from 0.
 *
 * @param {ArrayLike<number>} values
 * @param {number} count
 */
export function topUnits(values, count) {
  const bySize = (/** @type {number} */ a, /** @type {number} */ b) =>
    Math.abs(values[b]) - Math.abs(values[a]) || a - b;
  return Array.from({ length: values.length }, (_, unit) => unit)
    .sort(bySize)
    .slice(0, count);
}

/**
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
export const product = (a, b) => Float64Array.from(a, (value, k) => value * b[k]);

/**
 * @param {ArrayLike<number>} a
 * @param {number} factor
 */
export const scaled = (a, factor) => Float64Array.from(a, (value) => value * factor);

/**
 * By how much exp(value) is less than the sum over all: 1 / softmax.
 *
 * @param {ArrayLike<number>} values
 * @param {number} value
 */
export const sumOfExponents = (values, value) =>
  Array.from(values).reduce((sum, other) => sum + Math.exp(other - value), 0);
