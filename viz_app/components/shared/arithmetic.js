// Plain arithmetic.

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** @param {number} value */
export const tenths = (value) => Math.round(10 * value) / 10;

/** @param {number} value */
export const hundredths = (value) => Math.round(100 * value) / 100;

/**
 * The place of the largest of some weights, the first where there are several.
 *
 * @param {ArrayLike<number>} weights
 */
export function strongest(weights) {
  return Array.from(weights).reduce((best, weight, i, all) => (weight > all[best] ? i : best), 0);
}
