// What a person sees of a decoding: which step, in which colours, with or without the padding one by one.

/** @import { StagePayload } from "./payload.js" */
import { stepIn } from "../shared/address.js";

/**
 * @typedef {object} View
 * @property {number} step counted from 0
 * @property {string} scale
 * @property {boolean} padding
 */

/**
 * What was seen, what was sent then, and how many times Python was told.
 *
 * @typedef {{ view: View, sent: StagePayload, told: number }} Known
 */

/**
 * The view of what Python sends, after what was seen before.
 *
 * @param {StagePayload} payload
 * @param {Known | null} known
 * @param {boolean} isReturn whether the person comes back from another page
 * @returns {View}
 */
export function nextView(payload, known, isReturn) {
  if (known === null) return { step: payload.step, scale: payload.scale, padding: payload.padding };
  const { view, sent } = known;
  // Changes of a decoding leave the step where it is. On the way back from another page the step may have moved.
  const keepsStep = sent.view === payload.view && (!isReturn || sent.step === payload.step);
  // A choice made here holds until Python sends a different one.
  return {
    step: keepsStep ? view.step : payload.step,
    scale: sent.scale === payload.scale ? view.scale : payload.scale,
    padding: sent.padding === payload.padding ? view.padding : payload.padding,
  };
}

/**
 * What an address says about the view; what it does not mention is the default.
 *
 * @param {URLSearchParams} parameters
 * @param {StagePayload} payload
 * @returns {View}
 */
export function viewIn(parameters, payload) {
  const scales = Object.keys(payload.colours);
  const scale = parameters.get("scale") ?? "";
  return {
    step: stepIn(parameters, payload.steps.length - 1),
    scale: scales.includes(scale) ? scale : scales[0],
    padding: parameters.get("padding") === "1",
  };
}

/**
 * How an address says it.
 *
 * @param {View} view
 */
export const parametersOf = ({ step, scale, padding }) => ({ step: step + 1, scale, padding: padding ? 1 : 0 });

/**
 * @param {View} a
 * @param {View} b
 */
export const isSameView = (a, b) => a.step === b.step && a.scale === b.scale && a.padding === b.padding;
