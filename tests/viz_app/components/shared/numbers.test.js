// The table is that of the server: tests/viz_app/components/test_numbers.py.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  fixed,
  float32Digits,
  percent,
  percentDown,
  percentNearest,
  wholePercent,
} from "../../../../viz_app/components/shared/numbers.js";

const CASES = JSON.parse(readFileSync(new URL("../numbers.json", import.meta.url), "utf-8"));
const STRINGS = { percent: "{number} %", percent_under: "<{number} %", percent_over: ">{number} %" };

for (const { value, digits, text } of CASES.number) {
  test(`${value} with ${digits} digits is ${text}`, () => assert.equal(fixed(value, digits), text));
}

for (const { share, digits, text } of CASES.percent_down) {
  test(`${share} rounded down is ${text} %`, () => assert.equal(percentDown(share, digits), text));
}

for (const { share, is, number } of CASES.percent_nearest) {
  test(`${share} is ${is} ${number} %`, () => assert.deepEqual(percentNearest(share, 0), { is, number }));
}

for (const { value, text } of CASES.float32) {
  test(`the fewest digits of ${value} are ${text}`, () => assert.equal(float32Digits(value), text));
}

test("a share of the stage is told to a tenth, and never rounded to nothing or all", () => {
  const shares = [0, 0.0004, 0.0005, 0.123, 0.9994, 0.9995, 0.9999999, 1];
  const told = ["0.0 %", "<0.1 %", "0.1 %", "12.3 %", "99.9 %", ">99.9 %", ">99.9 %", "100.0 %"];
  assert.deepEqual(
    shares.map((share) => percent(share, 1, STRINGS)),
    told,
  );
});

test("above a column there is a whole number, where there is at least one", () => {
  const shares = [0, 0.004, 0.006, 0.5, 0.996, 1];
  assert.deepEqual(
    shares.map((share) => wholePercent(share, STRINGS)),
    ["", "", "1 %", "50 %", ">99 %", "100 %"],
  );
});
