// What is on the page: the numbers of a decoding, the step that is shown, and what is pointed at.

/** @import { Row } from "./arrays.js" */
/** @import { InsidePayload } from "./payload.js" */
/** @import { Arrays } from "./unpacked.js" */
/** @import { Theme } from "./canvas.js" */
/** @import { View } from "./view.js" */
import { strongest } from "../shared/arithmetic.js";
import { scaleOn } from "../shared/colours.js";
import { columnsOf } from "../shared/columns.js";
import { product, scaled, topUnits } from "./arrays.js";
import { unpackCells } from "./unpacked.js";

/** @typedef {{ source?: number, unit?: number, candidate?: number }} Pointed */

/**
 * The attention of one step.
 *
 * @typedef {object} Attention
 * @property {Row} scores
 * @property {Row} weights
 * @property {Row} softmax of the scores, which are the weights where nobody has changed them
 * @property {Row} context
 * @property {Row[]} products what a score is the sum of, (T_enc, H)
 * @property {Row[]} weighted_states what the context is the sum of, (T_enc, H)
 */

/** What the parts of the page draw from. */
export class Scene {
  /** @type {Pointed} */
  hover = {};

  /**
   * @param {InsidePayload} payload
   * @param {View} view
   * @param {Theme} theme
   * @param {Arrays} arrays
   */
  constructor(payload, view, theme, arrays) {
    this.payload = payload;
    this.strings = payload.strings;
    this.view = view;
    this.theme = theme;
    this.scale = scaleOn(payload.scale, theme.onDark);
    /** @type {Arrays} */
    this.arrays = arrays;
    this.cells = unpackCells(payload.cells);
    this.columns = columnsOf(payload, true);
    this.attends = arrays.attention !== null;
    this.T = payload.source.length;
    this.H = arrays.hs_dec[0].length;
    view.source ??= this.strongestAt(view.step);
    view.unit ??= topUnits(this.h, 1)[0];
    /** @type {Attention | null} */
    this.attention = this.#attentionAt(view.step);
  }

  // --- What is looked at ---------------------------------------------------------------------------------------------

  /** The step, counted from 0. */
  get step() {
    return this.view.step;
  }

  /** The last step. */
  get last() {
    return this.payload.output.length - 1;
  }

  /** The source character that is pointed at, or followed. */
  get source() {
    return this.hover.source ?? this.view.source ?? 0;
  }

  /** The hidden unit. */
  get unit() {
    return this.hover.unit ?? this.view.unit ?? 0;
  }

  /** The candidate, as its place among the most probable. */
  get candidate() {
    return this.hover.candidate ?? this.view.candidate;
  }

  /** The candidate, as its id in the vocabulary. */
  get chosenId() {
    return this.payload.best[this.step][this.candidate];
  }

  /** @param {number} step */
  goTo(step) {
    this.view.step = step;
    this.attention = this.#attentionAt(step);
  }

  // --- The numbers of the step ---------------------------------------------------------------------------------------

  /** The state of the decoder. */
  get h() {
    return this.arrays.hs_dec[this.step];
  }

  /** What the logits are computed from. */
  get features() {
    return this.arrays.features[this.step];
  }

  /** One for every character of the vocabulary. */
  get logits() {
    return this.arrays.logits[this.step];
  }

  /** One for every character of the vocabulary. */
  get probabilities() {
    return this.arrays.probabilities[this.step];
  }

  /**
   * @param {number} step
   * @returns {Attention | null}
   */
  #attentionAt(step) {
    const { hs_enc, attention, products } = this.arrays;
    if (attention === null) return null;
    const weights = attention.weights[step];
    return {
      scores: attention.scores[step],
      weights,
      softmax: attention.softmax[step],
      context: attention.context[step],
      products: products?.[step] ?? hs_enc.map((state) => product(state, this.h)),
      weighted_states: hs_enc.map((state, j) => scaled(state, weights[j])),
    };
  }

  /**
   * The source character that a step looks at most.
   *
   * @param {number} step
   */
  strongestAt(step) {
    const { attention } = this.arrays;
    return attention === null ? 0 : strongest(attention.weights[step]);
  }

  /** What was done to the scores of this step before the softmax, in this order: names of the code that did it. */
  get edits() {
    return this.payload.edits[this.step];
  }

  /** Whether somebody has changed the attention of this step: then the weights are not the softmax of the scores. */
  get isChanged() {
    return this.edits.length > 0;
  }

  /** Whether somebody has chosen the character of this step. */
  get isForced() {
    return this.payload.forced.includes(this.step);
  }

  /**
   * The names of what computes a stage at this step.
   *
   * @param {string} id of the stage, or "cell"
   */
  codeOf(id) {
    const names = this.payload.code[id];
    return id === "weights" ? [...new Set([...this.edits, ...names])] : names;
  }

  /**
   * Whether the encoder's state at one character knows of another one.
   *
   * @param {number} state
   * @param {number} character
   */
  hasRead(state, character) {
    const { readAt, bothWays } = this.payload;
    return bothWays || readAt[character] <= readAt[state];
  }

  /**
   * The parts of a logit, and what each is called.
   *
   * @param {number} id
   * @returns {[name: string, value: number][]}
   */
  partsOf(id) {
    const { arrays, strings, step } = this;
    /** @type {[string, number | undefined][]} */
    const parts = [
      [strings.from_context, arrays.part_context?.[step][id]],
      [strings.from_peek, arrays.part_peek?.[step][id]],
      [strings.from_state, arrays.part_state[step][id]],
      [strings.from_bias, arrays.part_bias[id]],
    ];
    return parts.flatMap(([name, value]) =>
      value === undefined ? [] : [/** @type {[string, number]} */ ([name, value])],
    );
  }
}
