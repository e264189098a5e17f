// What Python sends to the stage: `stage_payload` in viz_app/components/stage.py. Types alone.

/** @import { PackedScale } from "../shared/colours.js" */
/** @import { Source } from "../shared/columns.js" */
/** @import { PlayedPayload } from "../shared/player.js" */
/** @import { Said, Verdict } from "../field/payload.js" */

/** @typedef {{ character: string, probability: number }} Candidate */

/**
 * @typedef {object} Step
 * @property {string} character that is written
 * @property {string} inputCharacter what the decoder is given: the character written last
 * @property {number} probability of it
 * @property {number[] | null} weights one for every source character; null without attention
 * @property {number[] | null} scores
 * @property {Candidate[]} candidates the most probable characters
 * @property {string} sentence
 */

/**
 * What a decoding alone decides.
 *
 * @typedef {object} Decoding
 * @property {string} id
 * @property {string} view of what the step belongs to: with another view the step is Python's
 * @property {string | null} original what is written without changes, where there are some
 * @property {string} changed what is changed, in words; empty where nothing is
 * @property {object[]} interventions the same as data
 * @property {number[]} forced steps whose character a person has chosen
 * @property {Step[]} steps
 * @property {string} fileName of saved pictures
 */

/**
 * What is decoded.
 *
 * @typedef {object} Question
 * @property {string} model
 * @property {string} text as the model reads it
 * @property {string} changes of the decoding, as in an address; empty for none
 */

/**
 * What the server answers to a question.
 *
 * @typedef {Decoding & { source: string[], textLength: number, text: string, notes: string[], verdict: Verdict | null,
 *   offered: string[] }} Answer
 */

/** @typedef {{ reason: string, detail: string, offered?: string[] }} Problem why a text cannot be decoded */

/**
 * @typedef {object} OwnPayload
 * @property {boolean} [editable] whether weights are changed on the map
 * @property {boolean} follow whether Python hears of every step and text
 * @property {Question} question
 * @property {string} changesOfAnyText those of the changes that do not name characters of this text
 * @property {string} firstText that an address means which names none
 * @property {string} api the address that answers questions
 * @property {number} heard how many times Python has been told what is shown
 * @property {Said} said
 * @property {number} step to start from
 * @property {string} scale
 * @property {Record<string, PackedScale>} colours
 * @property {boolean} padding
 * @property {Record<string, string>} link what a copied link says besides
 * @property {{ format: string, label: string, address: string }[]} files
 */

/** @typedef {PlayedPayload & Source & Decoding & OwnPayload} StagePayload */

export {};
