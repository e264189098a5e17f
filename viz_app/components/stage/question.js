// Which decoding is shown: the one that Python sent, or the one that the stage asked for since.

/** @import { Answer, Decoding, Problem, Question, StagePayload } from "./payload.js" */

/**
 * @param {Question} a
 * @param {Question} b
 */
export const isSameQuestion = (a, b) => a.model === b.model && a.text === b.text && a.changes === b.changes;

/**
 * What a decoding alone decides, of all that stands beside it.
 *
 * @param {Decoding & Pick<StagePayload, "source" | "textLength">} of
 */
const decodingOf = (of) => ({
  id: of.id,
  view: of.view,
  original: of.original,
  changed: of.changed,
  interventions: of.interventions,
  forced: of.forced,
  steps: of.steps,
  fileName: of.fileName,
  source: of.source,
  textLength: of.textLength,
});

/**
 * The payload with another decoding in it, at its last step.
 *
 * @param {StagePayload} payload
 * @param {Question} asked
 * @param {Answer} answer
 * @returns {StagePayload}
 */
export function withAnswer(payload, asked, answer) {
  const { steps, text, notes, verdict, offered } = answer;
  return {
    ...payload,
    ...decodingOf(answer),
    question: { ...asked, text },
    said: { typed: text, problem: "", kept: "", notes, verdict, offered },
    step: steps.length - 1,
    link: { ...payload.link, text, changes: asked.changes },
  };
}

/**
 * The payload with what is to be said of a text that cannot be read; the decoding before it stays.
 *
 * @param {StagePayload} payload
 * @param {string} typed
 * @param {Problem} problem
 * @returns {StagePayload}
 */
export function withProblem(payload, typed, { detail, offered = [] }) {
  const kept = payload.question.text;
  return { ...payload, said: { typed, problem: detail, kept, notes: [], verdict: null, offered } };
}

/**
 * What is to be shown after Python has sent something: its decoding, unless it had not heard yet of the one that is shown,
 * or asks for nothing new.
 *
 * @param {StagePayload} now
 * @param {StagePayload} shown
 * @param {{ question: Question, told: number }} known what Python had sent before, and how many times it was told
 * @returns {StagePayload}
 */
export function merged(now, shown, { question, told }) {
  const isOld = now.heard < told || isSameQuestion(now.question, question);
  if (!isOld || isSameQuestion(now.question, shown.question)) return now;
  const { question: asked, said, link } = shown;
  return { ...now, ...decodingOf(shown), question: asked, said, link };
}

/**
 * What an address asks for, of the same model.
 *
 * @param {URLSearchParams} parameters
 * @param {StagePayload} payload
 * @returns {Question}
 */
export const questionIn = (parameters, payload) => ({
  model: payload.question.model,
  text: parameters.get("text") ?? payload.firstText,
  changes: parameters.get("changes") ?? "",
});
