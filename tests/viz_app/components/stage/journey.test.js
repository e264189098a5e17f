// The way of a step in numbers: when what happens, and where the ribbons lead.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DONE, between, momentAt } from "../../../../viz_app/components/stage/journey.js";
import { LEAST_DRAWN, ribbonsOf, sourcePlaces } from "../../../../viz_app/components/stage/ribbons.js";

const PARTS = /** @type {const} */ (["feed", "reach", "join", "weigh", "write"]);

test("a step begins with nothing and ends with everything", () => {
  assert.deepEqual(Object.values(momentAt(0)), [0, 0, 0, 0, 0]);
  assert.deepEqual(Object.values(DONE), [1, 1, 1, 1, 1]);
  assert.deepEqual([momentAt(-1), momentAt(2)], [momentAt(0), DONE]);
});

test("its parts follow each other, and none goes back", () => {
  const moments = Array.from({ length: 101 }, (_, i) => momentAt(i / 100));
  for (const part of PARTS) {
    const shares = moments.map((moment) => moment[part]);
    assert.deepEqual(
      shares,
      [...shares].sort((a, b) => a - b),
      part,
    );
  }
  const halves = PARTS.map((part) => moments.findIndex((moment) => moment[part] >= 0.5));
  assert.deepEqual(
    halves,
    [...halves].sort((a, b) => a - b),
  );
  assert.equal(momentAt(0.7).write, 0, "nothing is written before the context is there");
  assert.equal(momentAt(0.7).reach, 1);
});

test("between two numbers", () => {
  assert.deepEqual([between(2, 6, 0), between(2, 6, 0.25), between(2, 6, 1)], [2, 3, 6]);
});

const COLUMN = { label: "", name: "", padding: false, folded: 0 };
const COLUMNS = [
  { ...COLUMN, from: 0, to: 1 },
  { ...COLUMN, from: 1, to: 2 },
  { ...COLUMN, from: 2, to: 4, folded: 2 },
];
const SIZE = /** @type {import("../../../../viz_app/components/stage/map_size.js").MapSize} */ (
  /** @type {unknown} */ ({ x: [0, 10, 30], widths: [10, 10, 20] })
);
const PLACES = sourcePlaces(COLUMNS, SIZE);
const WAY = { x: 100, from: 0, to: 50, thickness: 20 };

test("every source character has a place, those of a folded column side by side in it", () => {
  assert.deepEqual(PLACES, [
    { column: 0, x: 5 },
    { column: 1, x: 15 },
    { column: 2, x: 35 },
    { column: 2, x: 45 },
  ]);
});

test("ribbons are as thick as the weights, and lie side by side where they end", () => {
  const { ribbons, rest, side } = ribbonsOf([0.5, 0.25, 0, 0.25], PLACES, WAY);
  assert.deepEqual(
    ribbons.map(({ column, thickness }) => [column, thickness]),
    [
      [0, 10],
      [1, 5],
      [2, 5],
    ],
  );
  assert.equal(rest, 0);
  assert.ok(side < 0, "they come from the left");
  const ends = ribbons.map(({ path }) => Number(path.split(" ").at(-2)));
  // All attention is 20 wide around 100: 90 to 100, 100 to 105, 105 to 110.
  assert.deepEqual(ends, [95, 102.5, 107.5]);
  assert.ok(ribbons[0].path.startsWith("M5 0v"), ribbons[0].path);
});

test("what is too thin to be seen is not drawn but counted", () => {
  const { ribbons, rest } = ribbonsOf([0.97, LEAST_DRAWN / 2, 0.01, 0.01], PLACES, WAY);
  assert.equal(ribbons.length, 1);
  assert.ok(Math.abs(rest - 0.03) < 1e-12);
});

test("even attention is drawn whole", () => {
  const { ribbons, rest } = ribbonsOf([0.25, 0.25, 0.25, 0.25], PLACES, WAY);
  assert.deepEqual(new Set(ribbons.map(({ thickness }) => thickness)), new Set([5]));
  assert.equal(rest, 0);
});
