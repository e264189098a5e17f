// The map of the stage in numbers: its columns and sizes, the keys on it, the broken lines of its picture.

import assert from "node:assert/strict";
import { test } from "node:test";

import { columnsOf, typedColumns, weightOf } from "../../../../viz_app/components/shared/columns.js";
import { gridMove } from "../../../../viz_app/components/stage/grid.js";
import { measure } from "../../../../viz_app/components/stage/map_size.js";
import { wrap } from "../../../../viz_app/components/stage/wrapping.js";

const STRINGS = { slash: "slash", padding_space: "padding space", fold: "{count} padding spaces" };
const SOURCE = { source: [..."2/1  "], textLength: 3, strings: STRINGS };
const FOLDED = columnsOf(SOURCE, false);

test("there is a column for every typed character, and one for the padding", () => {
  const shown = FOLDED.map(({ label, name, from, to }) => `${label} ${name} ${from} ${to}`);
  assert.deepEqual(shown, ["2 2 0 1", "/ slash 1 2", "1 1 2 3", "+2 2 padding spaces 3 5"]);
  assert.equal(weightOf([0.125, 0.25, 0.125, 0.25, 0.25], FOLDED[3]), 0.5);
  assert.deepEqual(typedColumns(SOURCE), FOLDED.slice(0, 3));
});

test("or one for each padding character", () => {
  const shown = columnsOf(SOURCE, true).map(({ label, padding, from, to }) => `${label} ${padding} ${from} ${to}`);
  assert.deepEqual(shown, ["2 false 0 1", "/ false 1 2", "1 false 2 3", "· true 3 4", "· true 4 5"]);
});

test("a text without padding has nothing to fold", () => {
  assert.equal(columnsOf({ ...SOURCE, textLength: 5 }, false).length, 5);
});

test("the columns fill the width, as far as they stay readable", () => {
  const { cell, widths, numbered, width, header, chip } = measure(FOLDED, 10, { width: 400, rowHeight: 30 });
  assert.deepEqual([cell, widths[3], numbered], [106, 38, true]);
  assert.equal(width, 400);
  // Room for a number below each typed character, and a gap.
  assert.equal(header - chip, 14 + 6);
  const narrow = measure(FOLDED, 10, { width: 60, rowHeight: 30 });
  assert.deepEqual([narrow.cell, narrow.x[0], narrow.numbered], [11, 34, false]);
});

test("without attention there is only the line of typed characters", () => {
  const { height, header, chip, rowLabel } = measure(typedColumns(SOURCE), 0, { width: 520, rowHeight: 30 });
  assert.deepEqual([rowLabel, header, height], [0, chip, chip + 3]);
});

const LAST = { row: 5, column: 3 };

for (const [key, ctrlKey, to] of /** @type {const} */ ([
  ["ArrowLeft", false, { row: 2, column: 0 }],
  ["ArrowRight", false, { row: 2, column: 2 }],
  ["ArrowUp", false, { row: 1, column: 1 }],
  ["ArrowDown", false, { row: 3, column: 1 }],
  ["Home", false, { row: 2, column: 0 }],
  ["End", false, { row: 2, column: 3 }],
  ["Home", true, { row: 0, column: 0 }],
  ["End", true, { row: 5, column: 3 }],
  ["Enter", false, "select"],
  [" ", false, "select"],
  ["Escape", false, "hide"],
  ["a", false, null],
])) {
  test(`${ctrlKey ? "Ctrl and " : ""}"${key}" on a cell`, () => {
    assert.deepEqual(gridMove({ key, ctrlKey }, { row: 2, column: 1 }, LAST), to);
  });
}

test("no key leads to what is not written", () => {
  const press = (/** @type {string} */ key, from = LAST) => gridMove({ key, ctrlKey: false }, from, LAST);
  assert.deepEqual([press("ArrowDown"), press("ArrowRight")], [LAST, LAST]);
  const first = { row: 0, column: 0 };
  assert.deepEqual([press("ArrowUp", first), press("ArrowLeft", first)], [first, first]);
});

const widthOf = (/** @type {string} */ text) => text.length;

test("a line is broken after a space", () => {
  assert.deepEqual(wrap("to write it", 8, widthOf), ["to write ", "it"]);
  assert.deepEqual(wrap("to write it", 80, widthOf), ["to write it"]);
  assert.deepEqual(wrap("overlong", 3, widthOf), ["overlong"]);
  assert.deepEqual(wrap("", 3, widthOf), [""]);
});

test("and between Japanese characters, not before what closes", () => {
  assert.deepEqual(wrap("注意を向け、書く。", 4, widthOf), ["注意を向", "け、書", "く。"]);
});
