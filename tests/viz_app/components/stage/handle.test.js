// Weights that are changed on the map: what a drag and what is typed come to.

import assert from "node:assert/strict";
import { test } from "node:test";

import { draggedTo, typedWeight, withWeight } from "../../../../viz_app/components/stage/handle.js";

test("the others share the rest in the proportion that they have", () => {
  assert.deepEqual(withWeight([0.5, 0.25, 0.25], 0, 0.2), [0.2, 0.4, 0.4]);
  assert.deepEqual(withWeight([0.5, 0.25, 0.25], 1, 1), [0, 1, 0]);
});

test("where nothing else has any weight, all others get the same", () => {
  assert.deepEqual(withWeight([1, 0, 0], 0, 0.5), [0.5, 0.25, 0.25]);
  const all = withWeight([0.9, 0.1], 1, 0.3).reduce((sum, weight) => sum + weight, 0);
  assert.ok(Math.abs(all - 1) < 1e-12);
});

test("a drag up gives more, and never more than all or less than nothing", () => {
  assert.deepEqual(
    [draggedTo(0.5, 80), draggedTo(0.5, -40), draggedTo(0.5, 999), draggedTo(0.5, -999)],
    [1, 0.25, 1, 0],
  );
});

for (const [text, weight] of /** @type {const} */ ([
  ["0.8", 0.8],
  [" .8 ", 0.8],
  ["0,8", 0.8],
  ["80 %", 0.8],
  ["1", 1],
  ["1.", 1],
  ["0", 0],
  ["1.1", null],
  ["120%", null],
  ["", null],
  ["-0.5", null],
  ["1e400", null],
  ["0x1", null],
  ["..", null],
])) {
  test(`"${text}" is typed as a weight`, () => assert.equal(typedWeight(text), weight));
}
