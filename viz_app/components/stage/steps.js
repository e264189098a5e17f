// The numbers of a step, column by column.

/** @import { Column } from "../shared/columns.js" */
/** @import { StagePayload, Step } from "./payload.js" */
import { weightOf } from "../shared/columns.js";
import { float32Digits } from "../shared/numbers.js";

/**
 * Models without attention have no weights at any step.
 *
 * @param {readonly Step[]} steps
 */
export const attends = (steps) => steps[0].weights !== null;

/**
 * The lines of a map: its rows, of which there are none without attention, and what is written.
 *
 * @param {StagePayload} payload
 */
export function linesOf({ steps, original }) {
  return { rows: attends(steps) ? steps.length : 0, slots: steps.length, original: original !== null };
}

/**
 * @param {Step} step of a model with attention
 * @param {Column} column
 */
export const weightIn = (step, column) => weightOf(step.weights ?? [], column);

/**
 * The weight of a column in words: the float32 itself.
 *
 * @param {Step} step
 * @param {Column} column
 */
export const weightDigits = (step, column) => float32Digits(Math.fround(weightIn(step, column)));

/**
 * The score of a column that is one character's.
 *
 * @param {Step} step
 * @param {Column} column
 */
export const scoreIn = (step, column) => (step.scores ?? [])[column.from];
