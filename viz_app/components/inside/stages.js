// The stages between the states and the characters: what they are called, their axes, and the code of each.

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
export const ANSWER = ["features", "logits", "probabilities"];
export const COLUMNS = [["hs_enc", "h"], ["products"], ["scores"], ["weights"], ["weighted_states", "context"]];
export const FOLDED_ON_PHONES = ["hs_enc", "products", "weighted_states", "features"];

const WITH_ATTENTION = ["products", "scores", "weights", "weighted_states", "context"];

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
