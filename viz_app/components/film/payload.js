// What Python sends to the film: `film_payload` in viz_app/components/film.py. Types alone.

/** @import { PackedScale } from "../shared/colours.js" */
/** @import { Source } from "../shared/columns.js" */
/** @import { PlayedPayload } from "../shared/player.js" */

/**
 * One moment of the training.
 *
 * @typedef {object} Frame
 * @property {number} iteration
 * @property {string} name
 * @property {number | null} loss
 * @property {string[]} output
 * @property {string[] | null} expected the right answer, where it is known
 * @property {boolean[] | null} right which characters are
 * @property {boolean | null} whole whether all are
 * @property {number[]} probabilities of the written characters
 * @property {number[][]} weights (T_dec, T_enc)
 * @property {number} probability of the whole answer
 * @property {number | null} errorRate alignment error rate
 * @property {string} sentence
 * @property {[name: string, value: string, what: string][]} measures
 */

/**
 * @typedef {object} OwnPayload
 * @property {Frame[]} frames
 * @property {[iteration: number, loss: number][]} losses
 * @property {PackedScale} colours
 */

/** @typedef {PlayedPayload & Source & OwnPayload} FilmPayload */

export {};
