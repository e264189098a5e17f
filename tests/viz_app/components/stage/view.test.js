// Which step is seen, in which colours: after a rerun, on the way back, by a link.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isSameView, nextView, parametersOf, viewIn } from "../../../../viz_app/components/stage/view.js";

/** @import { StagePayload } from "../../../../viz_app/components/stage/payload.js" */

const STEP = { character: "1", probability: 1, weights: [1], scores: [1], candidates: [], sentence: "" };
const SEEN = { step: 3, scale: "greys", padding: true };
const FIRST = { step: 9, scale: "ink", padding: false };

/**
 * @param {Partial<StagePayload>} changes
 * @returns {StagePayload}
 */
const payloadOf = (changes = {}) => ({
  id: "trace",
  view: "date",
  original: null,
  changed: "",
  interventions: [],
  forced: [],
  follow: false,
  source: ["1"],
  textLength: 1,
  steps: Array(10).fill(STEP),
  colours: { ink: { light: "ffffff", dark: "000000" }, greys: { light: "000000" } },
  strings: {},
  language: "en",
  link: {},
  fileName: "attention",
  question: { model: "m", text: "1", changes: "" },
  changesOfAnyText: "",
  firstText: "1",
  api: "/api/trace",
  heard: 0,
  said: { typed: "1", problem: "", kept: "", notes: [], verdict: null, offered: [] },
  files: [],
  ...FIRST,
  ...changes,
});

test("the first view is what Python sends", () => {
  assert.deepEqual(nextView(payloadOf(), null, true), FIRST);
});

test("a rerun leaves the choices of the person", () => {
  assert.deepEqual(nextView(payloadOf({ step: 5 }), { view: SEEN, sent: payloadOf(), told: 0 }, false), SEEN);
});

test("on the way back from another page the step is the one it has moved to there", () => {
  const known = { view: SEEN, sent: payloadOf(), told: 0 };
  assert.equal(nextView(payloadOf(), known, true).step, 3);
  assert.equal(nextView(payloadOf({ step: 5 }), known, true).step, 5);
});

test("another date starts from its own step, in the colours chosen before", () => {
  const view = nextView(payloadOf({ view: "other" }), { view: SEEN, sent: payloadOf(), told: 0 }, false);
  assert.deepEqual(view, { ...SEEN, step: 9 });
});

test("what Python sends anew is taken over", () => {
  const sent = payloadOf({ scale: "greys", padding: true });
  assert.deepEqual(nextView(sent, { view: { ...FIRST, step: 3 }, sent: payloadOf(), told: 0 }, false), SEEN);
});

for (const [query, view] of /** @type {const} */ ([
  ["", FIRST],
  ["step=4&scale=greys&padding=1", SEEN],
  ["step=0", { ...FIRST, step: 0 }],
  ["step=99&scale=none&padding=yes", FIRST],
  ["step=1.5", FIRST],
])) {
  test(`the address "${query}" is read`, () => {
    assert.deepEqual(viewIn(new URLSearchParams(query), payloadOf()), view);
  });
}

test("an address says what it is read as", () => {
  const said = Object.entries(parametersOf(SEEN)).map(([name, value]) => [name, String(value)]);
  const parameters = new URLSearchParams(said);
  assert.equal(parameters.toString(), "step=4&scale=greys&padding=1");
  assert.ok(isSameView(viewIn(parameters, payloadOf()), SEEN));
  assert.ok(!isSameView(SEEN, { ...SEEN, padding: false }));
});
