// What Python sends to the stage: `stage_payload` in viz_app/components/stage.py. Types alone.

/** @import { Scale } from "../shared/colours.js" */
/** @import { Source } from "../shared/columns.js" */
/** @import { PlayedPayload } from "../shared/player.js" */

/** @typedef {{ character: string, probability: number }} Candidate */

/**
 * @typedef {object} Step
 * @property {string} character that is written
 * @property {number} probability of it
 * @property {number[] | null} weights one for every source character; null without attention
 * @property {number[] | null} scores
 * @property {Candidate[]} candidates the most probable characters
 * @property {string} sentence
 */

/**
 * @typedef {object} OwnPayload
 * @property {string} view of what the step belongs to: with another view the step is Python's
 * @property {string | null} original what is written without changes, where there are some
 * @property {number[]} forced steps whose character a person has chosen
 * @property {boolean} follow whether Python hears of every step
 * @property {Step[]} steps
 * @property {number} step to start from
 * @property {string} scale
 * @property {Record<string, Scale>} colours
 * @property {boolean} padding
 * @property {Record<string, string>} link what a copied link says besides
 * @property {string} fileName of saved pictures
 */

/** @typedef {PlayedPayload & Source & OwnPayload} StagePayload */

export {};
