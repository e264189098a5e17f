// The way of one step, from the character written last to the next one: what has happened of it at a moment.

import { clamp } from "../shared/arithmetic.js";

/** Milliseconds that a step takes at 1x. */
export const STEP_MS = 600;

/**
 * How far each part of a step has come, 0 to 1.
 *
 * @typedef {object} Moment
 * @property {number} feed the character written last goes into the decoder
 * @property {number} reach the ribbons grow from the source characters
 * @property {number} join they make up the context
 * @property {number} weigh the candidates take their probabilities
 * @property {number} write the most probable one is written, and its row of the map
 */

/** @param {number} share */
const eased = (share) => (share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2);

/**
 * @param {number} phase
 * @param {number} start
 * @param {number} end
 */
const part = (phase, start, end) => eased(clamp((phase - start) / (end - start), 0, 1));

/**
 * @param {number} phase of a step, from 0, when nothing of it has happened, to 1, when it is done
 * @returns {Moment}
 */
export function momentAt(phase) {
  return {
    feed: part(phase, 0, 0.25),
    reach: part(phase, 0.15, 0.65),
    join: part(phase, 0.5, 0.75),
    weigh: part(phase, 0.6, 0.9),
    write: part(phase, 0.75, 1),
  };
}

/** A step that is done. */
export const DONE = momentAt(1);

/**
 * Between two numbers.
 *
 * @param {number} from
 * @param {number} to
 * @param {number} share
 */
export const between = (from, to, share) => from + (to - from) * share;
