// The numbers of the Inside page: Python's arrays, and what is computed and told of them.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  largest,
  product,
  scaled,
  sumOfExponents,
  topUnits,
  unpackFlat,
  unpackRows,
  unpackTables,
} from "../../../../viz_app/components/inside/arrays.js";
import { uprightScale } from "../../../../viz_app/components/inside/bars.js";
import { equationsOf } from "../../../../viz_app/components/inside/equations.js";
import { largestUnits } from "../../../../viz_app/components/inside/followed.js";
import { unitAt } from "../../../../viz_app/components/inside/pointing.js";
import { keyOf } from "../../../../viz_app/components/inside/colour_key.js";
import { stageAfterKey, titleOf } from "../../../../viz_app/components/inside/line.js";
import { toldOf } from "../../../../viz_app/components/inside/panel.js";
import { codeLine, openStage, operatorOf, stageIn, stagesOf } from "../../../../viz_app/components/inside/stages.js";
import { Scene } from "../../../../viz_app/components/inside/scene.js";
import { unpackArrays } from "../../../../viz_app/components/inside/unpacked.js";
import { nextView } from "../../../../viz_app/components/inside/view.js";

/** @import { InsidePayload, Packed } from "../../../../viz_app/components/inside/payload.js" */

/**
 * As `packed` of viz_app/components/inside.py.
 *
 * @param {number[]} shape
 * @param {number[]} values
 * @returns {Packed}
 */
function packed(shape, values) {
  const data = Buffer.from(Float32Array.from(values).buffer).toString("base64");
  return { shape, dtype: "float32", data };
}

const ARRAYS = {
  hs_enc: packed([2, 2], [0.5, -1, 0.25, 2]),
  hs_dec: packed([1, 2], [1, -2]),
  features: packed([1, 4], [0.375, 0.5, 1, -2]),
  logits: packed([1, 2], [0, 1]),
  probabilities: packed([1, 2], [0.25, 0.75]),
  part_state: packed([1, 2], [-1, 0.5]),
  part_bias: packed([2], [1, 0.25]),
  part_context: packed([1, 2], [0, 0.25]),
  scores: packed([1, 2], [2.5, -3.75]),
  weights: packed([1, 2], [0.75, 0.25]),
  softmax: packed([1, 2], [0.75, 0.25]),
  context: packed([1, 2], [0.4375, -0.25]),
};

/**
 * @param {Partial<InsidePayload>} changes
 * @returns {InsidePayload}
 */
const payloadOf = (changes = {}) => ({
  id: "trace",
  view: "date",
  step: 0,
  stage: "weights",
  source: ["a", " "],
  textLength: 1,
  inputs: ["_"],
  output: ["y"],
  edits: [[]],
  forced: [],
  vocabulary: ["x", "y"],
  readAt: [1, 0],
  bothWays: false,
  score: "DotScore",
  arrays: ARRAYS,
  best: [[1, 0]],
  cells: null,
  code: {},
  sections: {},
  sources: {},
  scale: { light: "000000ffffff" },
  strings: { fold: "{count}", padding_space: "padding" },
  language: "en",
  ...changes,
});

/** @param {Partial<InsidePayload>} changes */
function sceneOf(changes = {}) {
  const payload = payloadOf(changes);
  /** @type {Scene["theme"]} */
  const theme = {
    ground: [0, 0, 0],
    onDark: true,
    text: "",
    poles: [
      [0, 0, 0],
      [0, 0, 0],
    ],
    font: "",
  };
  return new Scene(payload, nextView(payload, null, true), theme, unpackArrays(payload.arrays));
}

test("an array of Python comes back to the bit", () => {
  const values = [0.1, -2, 3e-8, 4, 5, 6].map(Math.fround);
  assert.deepEqual([...unpackFlat(packed([6], values))], values);
  assert.deepEqual(
    unpackRows(packed([2, 3], values)).map((row) => [...row]),
    [values.slice(0, 3), values.slice(3)],
  );
  assert.deepEqual(
    unpackTables(packed([1, 2, 3], values))[0].map((row) => row[0]),
    [values[0], values[3]],
  );
});

test("units are ordered by size, not by sign", () => {
  assert.deepEqual(topUnits([0.5, -3, 2, 0.5], 3), [1, 2, 0]);
  assert.equal(largestUnits([0.5, -3, 2, 0.25]), "1:\u00a0−3.0000  2:\u00a02.0000  0:\u00a00.5000");
  assert.equal(largest([-3, 2]), 3);
});

test("products of numbers of the trace are exact", () => {
  assert.deepEqual([...product([1, 2], [3, -4])], [3, -8]);
  assert.deepEqual([...scaled([1, 2], 0.5)], [0.5, 1]);
  assert.equal(sumOfExponents([0, 0, 0], 0), 3);
});

test("bars reach both ways from zero within their height", () => {
  const { zero, reachOf } = uprightScale([3, -1], 44);
  assert.deepEqual([zero, reachOf(3), reachOf(-1)], [32, 30, -10]);
  assert.equal(uprightScale([0, 0], 44).reachOf(0), 0);
});

test("a place on a strip is a unit, beside it is none", () => {
  assert.deepEqual(
    [0, 0.49, 0.99, 1, -0.1].map((share) => unitAt(share, 2)),
    [0, 0, 1, undefined, undefined],
  );
});

test("without attention the stages go from the state to the logits", () => {
  assert.deepEqual(stagesOf(false), ["hs_enc", "h", "features", "logits", "probabilities"]);
  assert.equal(stagesOf(true).length, 10);
});

test("one stage is open, of those that the model has, and arrows go along the line", () => {
  assert.equal(openStage("weights", true), "weights");
  assert.equal(openStage("weights", false), "features");
  assert.equal(openStage("logits", false), "logits");
  const scene = sceneOf();
  assert.equal(stageAfterKey("ArrowRight", scene), "weighted_states");
  assert.equal(stageAfterKey("Home", scene), "hs_enc");
  assert.equal(stageAfterKey("End", scene), "probabilities");
  assert.equal(stageAfterKey("x", scene), null);
  scene.view.stage = "hs_enc";
  assert.equal(stageAfterKey("ArrowLeft", scene), "hs_enc");
});

test("an address names a stage or none", () => {
  const named = (/** @type {string} */ query) => stageIn(new URLSearchParams(query));
  assert.deepEqual(["stage=scores", "", "stage=cell", "stage=toString"].map(named), ["scores", null, null, null]);
});

test("a stage is told, and joined to the one before it, as this model makes it", () => {
  const strings = { told_products: "compared", told_products_of_places: "places", told_features: "both" };
  const alone = { told_features_alone: "alone", features: "Side by side", features_alone: "State" };
  const scene = sceneOf({ strings: { ...strings, ...alone } });
  assert.deepEqual([toldOf(scene, "products"), toldOf(scene, "features")], ["compared", "both"]);
  assert.deepEqual([operatorOf("products", scene), operatorOf("features", scene)], ["×", ","]);
  assert.equal(titleOf(scene, "features"), "Side by side");
  const arrays = { ...ARRAYS, features: packed([1, 2], [1, -2]) };
  const other = sceneOf({ score: "PositionScore", arrays, strings: { ...strings, ...alone } });
  assert.deepEqual([toldOf(other, "products"), toldOf(other, "features")], ["places", "alone"]);
  assert.deepEqual([operatorOf("features", other), titleOf(other, "features")], ["", "State"]);
});

test("the key to the colours says the numbers at its ends", () => {
  assert.deepEqual(keyOf("weights", undefined), { isWeight: true, ends: ["0", "1"] });
  assert.deepEqual(keyOf("hs_enc", 0.5), { isWeight: false, ends: ["−0.5000", "+0.5000"] });
  assert.deepEqual(keyOf("scores", undefined)?.ends, ["−", "+"]);
  assert.equal(keyOf("probabilities", undefined), null);
});

test("the equations say the numbers of what is followed", () => {
  const lines = equationsOf(sceneOf());
  assert.deepEqual(lines.products, ["hs_enc[0, 1] · h[1]", "= −1.0000 · (−2.0000) = 2.0000"]);
  assert.deepEqual(lines.scores, ["s[0] = Σₖ", "= 2.00 + 0.50 …", "= 2.5"]);
  assert.deepEqual(lines.weights, ["a[0] = eˢ / Σ eˢ", "= 1 / 1.0019", "= 0.75"]);
  assert.deepEqual(lines.context, ["c[1] = Σⱼ = (−0.7500) + 0.5000 + …", "= −0.25"]);
  assert.deepEqual(lines.features, ["out[1] = 0.5", "out[2 + 1] = −2"]);
  assert.deepEqual(lines.logits, ["logit['y'] = 0.2500 + 0.5000 + 0.2500", "= 1"]);
  assert.deepEqual(lines.probabilities, ["p['y'] = exp(1.0000) / Σ exp(logits)", "= 1 / 1.3679 = 0.75"]);
});

test("a changed weight is not called a softmax", () => {
  const edits = [["Mask.edit", "Uniform.edit"]];
  const scene = sceneOf({ edits, arrays: { ...ARRAYS, weights: packed([1, 2], [0.5, 0.5]) } });
  assert.ok(scene.isChanged && !sceneOf().isChanged);
  assert.deepEqual(equationsOf(scene).weights, ["a[0] = softmax(edit(s))[0]", "= 0.5"]);
  assert.equal(codeLine("weights", scene), "a = softmax(edit(s))");
  assert.equal(codeLine("weights", sceneOf()), "a = softmax(s)");
});

test("the code of changed weights begins with what changed them, each once", () => {
  const code = { weights: ["Softmax.forward"], scores: ["DotScore.forward"] };
  const scene = sceneOf({ code, edits: [["Mask.edit", "Uniform.edit", "Mask.edit"]] });
  assert.deepEqual(scene.codeOf("weights"), ["Mask.edit", "Uniform.edit", "Softmax.forward"]);
  assert.deepEqual(scene.codeOf("scores"), ["DotScore.forward"]);
});

test("a state knows of what was read before it", () => {
  const scene = sceneOf();
  assert.deepEqual([scene.hasRead(0, 1), scene.hasRead(1, 0)], [true, false]);
  assert.ok(sceneOf({ bothWays: true }).hasRead(1, 0));
});

test("the line of code is that of the model", () => {
  assert.equal(codeLine("products", sceneOf()), "products = hs_enc * h");
  assert.equal(codeLine("products", sceneOf({ score: "GeneralScore" })), "products = hs_enc * (h @ W)");
  const plain = { ...ARRAYS };
  Reflect.deleteProperty(plain, "part_context");
  assert.equal(codeLine("features", sceneOf({ arrays: plain })), "out = h");
});

test("another date starts from its own step, on the same page what was looked at stays", () => {
  const sent = payloadOf();
  const view = { ...nextView(sent, null, true), step: 3, source: 1, unit: 1, cellOpen: true };
  assert.equal(nextView(payloadOf({ step: 5 }), { view, sent }, false).step, 3);
  assert.equal(nextView(payloadOf({ step: 5 }), { view, sent }, true).step, 5);
  const other = nextView(payloadOf({ view: "other", step: 5 }), { view, sent }, false);
  assert.deepEqual([other.step, other.source, other.unit, other.cellOpen], [5, null, null, true]);
  const chosen = { ...view, stage: /** @type {const} */ ("scores") };
  assert.equal(nextView(payloadOf({ view: "other" }), { view: chosen, sent }, true).stage, "scores");
  assert.equal(nextView(payloadOf({ stage: "h" }), { view: chosen, sent }, true).stage, "h");
});
