// The stages between the states and the characters: what they are called, their axes, the code of each, what joins them.

/** @import { Scene } from "./scene.js" */

/**
 * @typedef {"hs_enc" | "h" | "products" | "scores" | "weights" | "weighted_states" | "context" | "features" | "logits" |
 *   "probabilities"} StageName
 */
/** @typedef {{ shape: string, axes: string[], code: string }} Stage a minus marks the axis that a sum has just removed */

/** @type {Record<StageName, Stage>} */
export const STAGES = {
  hs_enc: { shape: "(T_enc, H)", axes: ["batch", "time", "hidden"], code: "hs_enc = encoder.forward(xs)" },
  h: { shape: "(H,)", axes: ["batch", "hidden"], code: "h = hs_dec[i]" },
  products: { shape: "(T_enc, H)", axes: ["batch", "time", "hidden"], code: "products = hs_enc * h" },
  scores: { shape: "(T_enc,)", axes: ["batch", "time", "-hidden"], code: "s = np.sum(hs_enc * h, axis=2)" },
  weights: { shape: "(T_enc,)", axes: ["batch", "time"], code: "a = softmax(s)" },
  weighted_states: { shape: "(T_enc, H)", axes: ["batch", "time", "hidden"], code: "weighted = a * hs_enc" },
  context: { shape: "(H,)", axes: ["batch", "-time", "hidden"], code: "c = np.sum(a * hs_enc, axis=1)" },
  features: { shape: "(2H,)", axes: ["batch", "hidden"], code: "out = np.concatenate([c, h])" },
  logits: { shape: "(V,)", axes: ["batch", "vocabulary"], code: "logits = out @ W + b" },
  probabilities: { shape: "(V,)", axes: ["batch", "vocabulary"], code: "p = softmax(logits)" },
};

/** @typedef {{ code: string, term: (j: number, k: number) => string }} Score a sum over hidden units, and a term of it */

/** @type {Record<string, Score>} */
export const SCORES = {
  DotScore: { code: "hs_enc * h", term: (j, k) => `hs_enc[${j}, ${k}] · h[${k}]` },
  ScaledDotScore: { code: "hs_enc * h / sqrt(H)", term: (j, k) => `hs_enc[${j}, ${k}] · h[${k}] / √H` },
  GeneralScore: { code: "hs_enc * (h @ W)", term: (j, k) => `hs_enc[${j}, ${k}] · (h W)[${k}]` },
  AdditiveScore: {
    code: "v * tanh(h @ W_dec + hs_enc @ W_enc)",
    term: (j, k) => `v[${k}] · tanh(h W_dec + hs_enc[${j}] W_enc)[${k}]`,
  },
  PositionScore: { code: "h * W.T", term: (j, k) => `h[${k}] · W[${k}, ${j}]` },
};

export const MATRICES = /** @type {const} */ (["hs_enc", "products", "weighted_states"]);
export const STRIPS = /** @type {const} */ (["h", "context"]);

/** @type {StageName[]} the stages in which a character of the date can be followed */
export const WITH_SOURCE = ["hs_enc", "products", "scores", "weights", "weighted_states", "context"];

const WITH_ATTENTION = ["products", "scores", "weights", "weighted_states", "context"];

/** @type {Partial<Record<StageName, string>>} what is done to come to a stage from the one before it */
const OPERATORS = {
  products: "×",
  scores: "Σ",
  weights: "softmax",
  weighted_states: "×",
  context: "Σ",
  features: ",",
  logits: "W",
  probabilities: "softmax",
};

/**
 * The stages that a model has.
 *
 * @param {boolean} attends
 */
export function stagesOf(attends) {
  const names = /** @type {StageName[]} */ (Object.keys(STAGES));
  return names.filter((id) => attends || !WITH_ATTENTION.includes(id));
}

/**
 * The stage that is open: the one that is asked for, or what the model makes its answer from where it has no such stage.
 *
 * @param {StageName} wanted
 * @param {boolean} attends
 * @returns {StageName}
 */
export const openStage = (wanted, attends) => (stagesOf(attends).includes(wanted) ? wanted : "features");

/**
 * The stage that an address names; null where it names none.
 *
 * @param {URLSearchParams} parameters
 * @returns {StageName | null}
 */
export function stageIn(parameters) {
  const name = parameters.get("stage") ?? "";
  return Object.hasOwn(STAGES, name) ? /** @type {StageName} */ (name) : null;
}

/**
 * What stands between a stage and the one before it; nothing where the two are made apart from each other.
 *
 * @param {StageName} id
 * @param {Scene} scene
 */
export function operatorOf(id, { payload, features, H }) {
  if (id === "features" && features.length === H) return "";
  if (id === "products" && payload.score === "AdditiveScore") return "tanh";
  return OPERATORS[id] ?? "";
}

/**
 * The line of NumPy that computes a stage, for the model that is shown.
 *
 * @param {StageName} id
 * @param {Scene} scene
 */
export function codeLine(id, { payload, arrays, isChanged }) {
  if (id === "weights" && isChanged) return "a = softmax(edit(s))";
  const isDot = payload.score === "DotScore";
  if (id === "products" && !isDot) return `products = ${SCORES[payload.score ?? ""].code}`;
  if (id === "scores" && !isDot) return "s = np.sum(products, axis=2)";
  if (id !== "features" || arrays.part_context) return STAGES[id].code;
  return arrays.part_peek ? "out = np.concatenate([h_enc, h])" : "out = h";
}
