// What a person looks at on the page.

/** @import { InsidePayload, CellName } from "./payload.js" */
/** @import { StageName } from "./stages.js" */

/**
 * @typedef {object} View
 * @property {number} step counted from 0
 * @property {number | null} source the source character that is followed; null before there is one
 * @property {number | null} unit of the hidden state
 * @property {number} candidate its place among the most probable characters
 * @property {StageName} stage that is asked for; a model may not have it
 * @property {boolean} cellOpen
 * @property {CellName} which cell
 */

/** @typedef {{ view: View, sent: InsidePayload }} Known what was seen, and what Python had sent then */

/**
 * The view of what Python sends, after what was seen before.
 *
 * @param {InsidePayload} payload
 * @param {Known | null} known
 * @param {boolean} isReturn whether the person comes back from another page, where the step may have moved
 * @returns {View}
 */
export function nextView(payload, known, isReturn) {
  const isSame = known?.sent.view === payload.view;
  const keepsStep = isSame && (!isReturn || known.sent.step === payload.step);
  return {
    step: keepsStep ? known.view.step : payload.step,
    source: isSame ? known.view.source : null,
    candidate: 0,
    unit: isSame ? known.view.unit : null,
    // A choice made here holds until Python sends a different one.
    stage: known?.sent.stage === payload.stage ? known.view.stage : payload.stage,
    cellOpen: known?.view.cellOpen ?? false,
    which: known?.view.which ?? "encoder",
  };
}
