// What Python sends to the Inside page: `inside_payload` in viz_app/components/inside.py. Types alone.

/** @import { PackedScale } from "../shared/colours.js" */
/** @import { Source } from "../shared/columns.js" */
/** @import { StageName } from "./stages.js" */

/** @typedef {{ shape: number[], dtype: string, data: string }} Packed an array; its bytes in base64 */
/** @typedef {"f" | "i" | "o" | "g" | "cell" | "hidden" | "cell_before"} GateName */
/** @typedef {"encoder" | "decoder"} CellName */
/** @typedef {{ characters: string[], seen: number[] } & Record<GateName, Packed>} PackedCell */

/**
 * @typedef {object} OwnPayload
 * @property {string} id of the decoding
 * @property {string} view of what the step belongs to: with another view the step is Python's
 * @property {number} step to start from
 * @property {StageName} stage to open
 * @property {string[]} inputs what the decoder is given at each step
 * @property {string[]} output
 * @property {string[][]} edits for every step the names of the code that changed its scores, in order; mostly none
 * @property {number[]} forced steps whose character a person has chosen
 * @property {string[]} vocabulary
 * @property {number[]} readAt when the encoder has read each character, counted from 0
 * @property {boolean} bothWays whether it reads from both ends
 * @property {string | null} score the class of the score function; null without attention
 * @property {Record<string, Packed>} arrays
 * @property {number[][]} best ids of the most probable characters of each step
 * @property {Record<CellName, PackedCell> | null} cells sent when somebody opens that part
 * @property {Record<string, string[]>} code the names of what computes each stage
 * @property {Record<string, string>} sections of the book that tell of a stage
 * @property {Record<string, string>} sources the code of each name
 * @property {PackedScale} scale
 * @property {string} language
 */

/** @typedef {Source & OwnPayload} InsidePayload */

export {};
