import assert from "node:assert/strict";
import { test } from "node:test";

import { lossAxis, placeOfIteration } from "../../../../viz_app/components/film/charts.js";

test("an iteration lies between its two frames in proportion", () => {
  const iterations = [0, 100, 1000];
  const middles = [10, 20, 30];
  const place = (/** @type {number} */ iteration) => placeOfIteration(iteration, iterations, middles);
  assert.deepEqual([0, 50, 100, 550, 1000].map(place), [10, 15, 20, 25, 30]);
  assert.equal(placeOfIteration(7, [0], [10]), 10);
});

test("losses are divided by powers of ten, the smallest below", () => {
  const { y, ticks } = lossAxis([3, 0.05, 0]);
  assert.deepEqual(ticks, [1, 0.1]);
  assert.ok(y(3) < y(1) && y(1) < y(0.1) && y(0.1) < y(0.05));
  assert.equal(y(0), y(0.05));
});
