// The equations of a step, with the numbers of what is pointed at: lines of text for every stage.

/** @import { Attention, Scene } from "./scene.js" */
/** @import { StageName } from "./stages.js" */
import { visible } from "../shared/characters.js";
import { bracketed, exactNumber, fixed, shortNumber, signed } from "../shared/numbers.js";
import { sumOfExponents, topUnits } from "./arrays.js";
import { SCORES } from "./stages.js";

const SHOWN_TERMS = 2;

/**
 * @param {Scene} scene
 * @returns {Partial<Record<StageName, string[]>>}
 */
export function equationsOf(scene) {
  const { arrays, h, source: j, unit: k, attention } = scene;
  return {
    hs_enc: [`hs_enc[${j}, ${k}] = ${exactNumber(arrays.hs_enc[j][k])}`],
    h: [`h[${k}] = ${exactNumber(h[k])}`],
    features: featureLines(scene),
    ...answerLines(scene),
    ...(attention && attentionLines(scene, attention)),
  };
}

/** @param {Scene} scene */
function featureLines({ features, unit: k, H }) {
  const first = `out[${k}] = ${exactNumber(features[k])}`;
  return features.length > H ? [first, `out[${H} + ${k}] = ${exactNumber(features[H + k])}`] : [first];
}

/** @param {Scene} scene */
function answerLines(scene) {
  const { logits, probabilities, payload, chosenId: id } = scene;
  const character = visible(payload.vocabulary[id]);
  const parts = scene.partsOf(id).map(([, value]) => bracketed(value));
  const all = shortNumber(sumOfExponents(logits, logits[id]));
  return {
    logits: [`logit['${character}'] = ${parts.join(" + ")}`, `= ${exactNumber(logits[id])}`],
    probabilities: [
      `p['${character}'] = exp(${shortNumber(logits[id])}) / Σ exp(logits)`,
      `= 1 / ${all} = ${exactNumber(probabilities[id])}`,
    ],
  };
}

/**
 * @param {Scene} scene
 * @param {Attention} attention
 */
function attentionLines(scene, { scores, weights, products, weighted_states: weighted, context }) {
  const { arrays, h, source: j, unit: k, payload } = scene;
  const state = arrays.hs_enc[j];
  const factors = payload.score === "DotScore" ? `${shortNumber(state[k])} · ${bracketed(h[k])} = ` : "";
  const weight = `= ${exactNumber(weights[j])}`;
  return {
    products: [SCORES[payload.score ?? ""].term(j, k), `= ${factors}${shortNumber(products[j][k])}`],
    scores: [`s[${j}] = Σₖ`, `= ${largestTerms(products[j])} …`, `= ${exactNumber(scores[j])}`],
    weights: scene.isChanged
      ? [`a[${j}] = softmax(edit(s))[${j}]`, weight]
      : [`a[${j}] = eˢ / Σ eˢ`, `= 1 / ${shortNumber(sumOfExponents(scores, scores[j]))}`, weight],
    weighted_states: [
      `a[${j}] · hs_enc[${j}, ${k}]`,
      `= ${shortNumber(weights[j])} · ${bracketed(state[k])} = ${shortNumber(weighted[j][k])}`,
    ],
    context: [`c[${k}] = Σⱼ = ${largestShares(weighted.map((row) => row[k]))} + …`, `= ${exactNumber(context[k])}`],
  };
}

/**
 * The largest terms of a score.
 *
 * @param {ArrayLike<number>} terms
 */
function largestTerms(terms) {
  const [first, second] = topUnits(terms, SHOWN_TERMS).map((unit) => terms[unit]);
  return `${signed(fixed(first, 2))} ${second < 0 ? "−" : "+"} ${fixed(Math.abs(second), 2)}`;
}

/**
 * The largest terms of a unit of the context.
 *
 * @param {number[]} terms
 */
function largestShares(terms) {
  return topUnits(terms, SHOWN_TERMS)
    .map((source) => bracketed(terms[source]))
    .join(" + ");
}
