// What is shown when the stage has asked by itself and Python sends something, and what Python is told.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Conversation } from "../../../../viz_app/components/stage/conversation.js";
import { questionIn, withAnswer, withProblem } from "../../../../viz_app/components/stage/question.js";

/** @import { Answer, Question, StagePayload } from "../../../../viz_app/components/stage/payload.js" */

const STEP = { character: "1", probability: 1, weights: [1], scores: [1], candidates: [], sentence: "" };
const MODEL = "date-attention";

/**
 * @param {string} text
 * @param {string} [changes]
 * @returns {Question}
 */
const asked = (text, changes = "") => ({ model: MODEL, text, changes });

/**
 * What Python sends for a text.
 *
 * @param {string} text
 * @param {Partial<StagePayload>} changes
 * @returns {StagePayload}
 */
const sent = (text, changes = {}) => ({
  ...decoded(text),
  question: asked(text),
  follow: false,
  colours: {},
  strings: {},
  language: "en",
  link: { lang: "en" },
  changesOfAnyText: "",
  firstText: "first",
  api: "/api/trace",
  heard: 0,
  said: { typed: text, problem: "", kept: "", notes: [], verdict: null, offered: [] },
  files: [],
  step: 9,
  scale: "greys",
  padding: false,
  ...changes,
});

/**
 * @param {string} text
 * @returns {Answer}
 */
const decoded = (text) => ({
  id: `id of ${text}`,
  view: `view of ${text}`,
  original: null,
  changed: "",
  interventions: [],
  offered: [],
  forced: [],
  source: [...text],
  textLength: text.length,
  steps: Array(10).fill(STEP),
  fileName: text,
  text,
  notes: [],
  verdict: null,
});

/** A conversation, and what was told in it. */
function begun() {
  /** @type {unknown[]} */
  const told = [];
  const conversation = new Conversation(sent("a"), 0, (name, value) => told.push([name, value]));
  return { conversation, told };
}

test("an answer takes the place of the decoding, and leaves the look", () => {
  const shown = withAnswer(sent("a", { scale: "cividis" }), asked(" b "), decoded("b"));
  assert.deepEqual([shown.id, shown.question.text, shown.said.typed, shown.step], ["id of b", "b", "b", 9]);
  assert.deepEqual([shown.scale, shown.link], ["cividis", { lang: "en", text: "b", changes: "" }]);
});

test("a text that cannot be read leaves the decoding, and names both", () => {
  const shown = withProblem(sent("a"), "é", { reason: "text-unknown", detail: "why" });
  assert.deepEqual([shown.id, shown.question.text], ["id of a", "a"]);
  assert.deepEqual(shown.said, { typed: "é", problem: "why", kept: "a", notes: [], verdict: null, offered: [] });
});

test("Python, asked for nothing new, does not take the text away", () => {
  const { conversation } = begun();
  const shown = withAnswer(sent("a"), asked("b"), decoded("b"));
  const next = conversation.hear(sent("a", { language: "ja" }), shown);
  assert.deepEqual([next.id, next.question.text, next.said.typed, next.language], ["id of b", "b", "b", "ja"]);
});

test("a text that Python asks for is shown", () => {
  const { conversation } = begun();
  const shown = withAnswer(sent("a"), asked("b"), decoded("b"));
  assert.equal(conversation.hear(sent("c"), shown).id, "id of c");
});

test("what Python sends before it has heard what it was told is old", () => {
  const { conversation } = begun();
  const b = withAnswer(sent("a"), asked("b"), decoded("b"));
  conversation.tell(9, b.question);
  assert.equal(conversation.hear(sent("b", { heard: 1 }), b).id, "id of b");
  // Back in the browser: shown by the stage and told, while Python still answers with the text before.
  const a = withAnswer(b, asked("a"), decoded("a"));
  conversation.tell(9, a.question);
  assert.equal(conversation.hear(sent("c", { heard: 1 }), a).id, "id of a");
  assert.equal(conversation.hear(sent("a", { heard: 2 }), a).id, "id of a");
});

test("what Python was told comes back as no news", () => {
  const { conversation } = begun();
  const b = withAnswer(sent("a"), asked("b"), decoded("b"));
  conversation.tell(9, b.question);
  // Meanwhile another text was asked for and shown, of which nobody has told Python.
  const c = withAnswer(b, asked("c"), decoded("c"));
  assert.equal(conversation.hear(sent("b", { heard: 1 }), c).id, "id of c");
  assert.equal(conversation.hear(sent("d", { heard: 1 }), c).id, "id of d");
});

test("of the same text what Python sends is taken, its language and changes too", () => {
  const { conversation } = begun();
  const shown = withAnswer(sent("a"), asked("b"), decoded("b"));
  conversation.tell(9, shown.question);
  const next = conversation.hear(sent("b", { heard: 1, id: "in Japanese", language: "ja" }), shown);
  assert.equal(next.id, "in Japanese");
});

test("Python is told once, and counts", () => {
  const { conversation, told } = begun();
  conversation.tell(9, asked("a"));
  assert.deepEqual(told, []);
  conversation.tell(3, asked("a"));
  conversation.tell(3, asked("a"));
  conversation.tell(3, asked("b"));
  assert.deepEqual(told, [
    ["moved", { step: 3, text: "a", model: MODEL, count: 1 }],
    ["moved", { step: 3, text: "b", model: MODEL, count: 2 }],
  ]);
});

test("an address that names no text asks for the first", () => {
  assert.deepEqual(questionIn(new URLSearchParams("step=2"), sent("a")), asked("first"));
  assert.deepEqual(questionIn(new URLSearchParams("text=b&changes=[]"), sent("a")), asked("b", "[]"));
});
