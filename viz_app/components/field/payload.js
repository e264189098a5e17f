// What Python sends to the field: `field_payload` in viz_app/components/field.py. Types alone.

/** @import { Strings } from "../shared/texts.js" */

/**
 * A verdict on an answer, in words.
 *
 * @typedef {object} Verdict
 * @property {"right" | "wrong" | "open"} tone
 * @property {string} line
 * @property {string} sentence
 * @property {string} certainty
 * @property {string[]} outside what sets the text apart from the training data
 */

/**
 * What is to be said of a text.
 *
 * @typedef {object} Said
 * @property {string} typed as it stands in the field
 * @property {string} problem why it cannot be read; empty where it can
 * @property {string} kept the text of the picture that stays when the typed one cannot be read
 * @property {string[]} notes what was put right in it
 * @property {Verdict | null} verdict
 * @property {string[]} offered the same day in ways that the model knows, for a text that is a date in another
 */

/**
 * @typedef {object} FieldPayload
 * @property {Strings} strings
 * @property {string} language
 * @property {string[]} examples
 * @property {string} random the address that answers with a date
 * @property {Said} said
 */

export {};
