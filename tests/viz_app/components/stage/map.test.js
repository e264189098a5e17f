// The map of the stage in numbers: its columns and sizes, the keys on it, the broken lines of its picture.

import assert from "node:assert/strict";
import { test } from "node:test";

import { columnsOf, typedColumns, weightOf } from "../../../../viz_app/components/shared/columns.js";
import { gridMove } from "../../../../viz_app/components/stage/grid.js";
import { enlargedHeights, measure } from "../../../../viz_app/components/stage/map_size.js";
import { wrap } from "../../../../viz_app/components/stage/wrapping.js";

const STRINGS = { slash: "slash", padding_space: "padding space", fold: "{count} padding spaces" };
const SOURCE = { source: [..."2/1  "], textLength: 3, strings: STRINGS };
const FOLDED = columnsOf(SOURCE, false);
const LINES = { rows: 10, slots: 10, original: false };

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
  const { cell, widths, shareLine, width, header, slots, way } = measure(FOLDED, LINES, { width: 400, rowHeight: 30 });
  assert.deepEqual([cell, widths[3], shareLine], [111.33, 28, 14]);
  assert.ok(Math.abs(width - 400) < 0.1);
  // From top to bottom, without touching: typed characters, ribbons, written characters, rows.
  const order = [way.from, way.to, slots.y, slots.y + slots.height, header];
  assert.deepEqual(
    [...order].sort((a, b) => a - b),
    order,
  );
  const narrow = measure(FOLDED, LINES, { width: 60, rowHeight: 30 });
  assert.deepEqual([narrow.cell, narrow.x[0], narrow.shareLine], [10, 28, 0]);
});

test("without attention there is only the line of typed characters", () => {
  const lines = { ...LINES, rows: 0 };
  const { height, header, rowLabel, slots } = measure(typedColumns(SOURCE), lines, { width: 520, rowHeight: 30 });
  assert.deepEqual([rowLabel, height], [0, header + 3]);
  assert.ok(slots.y + slots.height <= header);
});

test("the written characters stand below the middle of the typed ones, one beside the other", () => {
  const { slots, x, end } = measure(FOLDED, LINES, { width: 900, rowHeight: 30 });
  const middles = Array.from({ length: 10 }, (_, i) => slots.middle(i));
  assert.ok(middles.slice(1).every((middle, i) => Math.abs(middle - middles[i] - slots.pitch) < 0.02));
  assert.ok(Math.abs(middles[0] + middles[9] - (x[0] + end)) < 0.02);
});

test("what is written without changes has a line of its own", () => {
  const [with_, without] = [true, false].map((original) =>
    measure(FOLDED, { ...LINES, original }, { width: 400, rowHeight: 30 }),
  );
  assert.ok(with_.slots.originalY > without.slots.y + without.slots.height && with_.header > with_.slots.originalY);
});

test("letters on a projector are a twentieth of its height", () => {
  for (const height of [768, 1080]) {
    const { letter, heights } = enlargedHeights(height);
    const rowHeight = Math.floor((height - heights.below) / LINES.rows);
    const size = measure(FOLDED, LINES, { width: 1500, rowHeight, letter });
    assert.ok(size.font >= height / 20 && size.slots.width > 0.62 * size.font, `${size.font}`);
    // Above it stands the sentence, below it the buttons.
    assert.ok(size.height < height - 140, `${size.height} of ${height}`);
  }
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
