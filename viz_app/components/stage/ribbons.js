// The ribbons of a step in numbers: from the source characters to the character that is written, as thick as the weights.

/** @import { Column } from "../shared/columns.js" */
/** @import { MapSize } from "./map_size.js" */
import { hundredths } from "../shared/arithmetic.js";

/** Of the weight of all characters together; what gets less has no ribbon of its own. */
export const LEAST_DRAWN = 0.02;

// Of its own thickness, and at most of its height.
const STRAIGHT = { share: 0.5, most: 0.2 };

/** @typedef {{ column: number, x: number }} SourcePlace the column of a source character, and its middle */
/** @typedef {{ column: number, thickness: number, path: string }} Ribbon */

/**
 * Where every source character stands, those of a folded column side by side in it.
 *
 * @param {readonly Column[]} columns
 * @param {MapSize} size
 * @returns {SourcePlace[]}
 */
export function sourcePlaces(columns, { x, widths }) {
  return columns.flatMap(({ from, to }, column) => {
    const width = widths[column] / (to - from);
    return Array.from({ length: to - from }, (_, k) => ({ column, x: hundredths(x[column] + (k + 0.5) * width) }));
  });
}

/**
 * The ribbons of a step. Side by side they are as thick as all attention.
 *
 * @param {ArrayLike<number>} weights one for every source character
 * @param {readonly SourcePlace[]} places
 * @param {{ x: number, from: number, to: number, thickness: number }} way middle of their end, top, bottom, and how thick
 *   all attention is
 * @returns {{ ribbons: Ribbon[], rest: number, side: number }} the rest is the weight that has no ribbon; the side that
 *   they come from is negative left of their end
 */
export function ribbonsOf(weights, places, { x, from, to, thickness }) {
  const drawn = places.map((place, i) => ({ ...place, weight: weights[i] })).filter((one) => one.weight >= LEAST_DRAWN);
  const sum = drawn.reduce((total, { weight }) => total + weight, 0);
  const middle = hundredths((from + to) / 2);
  let edge = x - (thickness * sum) / 2;
  const ribbons = drawn.map(({ column, x: start, weight }) => {
    const end = hundredths(edge + (thickness * weight) / 2);
    edge += thickness * weight;
    // Straight where it begins and ends: a thick line that bends there would be cut askew.
    const straight = hundredths(Math.min(thickness * weight * STRAIGHT.share, (to - from) * STRAIGHT.most));
    const path = `M${start} ${from}v${straight}C${start} ${middle} ${end} ${middle} ${end} ${to - straight}V${to}`;
    return { column, thickness: hundredths(thickness * weight), path };
  });
  const side = drawn.reduce((total, place) => total + place.weight * (place.x - x), 0);
  return { ribbons, side, rest: places.reduce((total, _, i) => total + weights[i], 0) - sum };
}
