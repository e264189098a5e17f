// What the components share, as far as it needs no page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { stepIn } from "../../../../viz_app/components/shared/address.js";
import { clamp, hundredths, strongest, tenths } from "../../../../viz_app/components/shared/arithmetic.js";
import { spoken, visible } from "../../../../viz_app/components/shared/characters.js";
import { channels, inkOn, isDark, luminance, shade } from "../../../../viz_app/components/shared/colours.js";
import { actionOf, placeAfterKey } from "../../../../viz_app/components/shared/keys.js";
import { bracketed, briefNumber, exactNumber, shortNumber } from "../../../../viz_app/components/shared/numbers.js";
import { fill } from "../../../../viz_app/components/shared/texts.js";

test("a number is kept within its limits", () => {
  assert.deepEqual([clamp(-1, 0, 5), clamp(3, 0, 5), clamp(9, 0, 5)], [0, 3, 5]);
  assert.deepEqual([tenths(1.26), hundredths(1.256)], [1.3, 1.26]);
});

test("the strongest is the first of the largest", () => {
  assert.equal(strongest([0.1, 0.4, 0.4, 0.1]), 1);
  assert.equal(strongest(Float32Array.of(0.9, 0.1)), 0);
});

test("a template takes the names it has, and leaves others", () => {
  assert.equal(fill("{a} of {b}, {c}", { a: 1, b: "{a}" }), "1 of {a}, {c}");
});

test("a space can be seen, and what cannot be heard has a name", () => {
  assert.deepEqual([visible(" "), visible("a")], ["␣", "a"]);
  const strings = { space: "space", slash: "slash" };
  assert.deepEqual([spoken(" ", strings), spoken("/", strings), spoken("_", strings)], ["space", "slash", "_"]);
});

test("what is written on a colour contrasts with it", () => {
  const greys = Array.from({ length: 256 }, (_, i) => `#${i.toString(16).padStart(2, "0").repeat(3)}`);
  for (const colour of [...greys, "#ff0000", "#00ff00", "#0000ff", "#7f7f00"]) {
    const [a, b] = [luminance(colour), luminance(inkOn(colour))].sort((x, y) => y - x);
    assert.ok((a + 0.05) / (b + 0.05) >= 4.5, colour);
  }
});

test("a share has the colour at its place, and none has another", () => {
  const scale = ["#000000", "#777777", "#ffffff"];
  const shares = [-1, 0, 0.2, 0.3, 0.5, 0.8, 1, 2];
  assert.deepEqual(
    shares.map((share) => scale.indexOf(shade(scale, share))),
    [0, 0, 0, 1, 1, 2, 2, 2],
  );
  assert.deepEqual(channels("#12ab00"), [0x12, 0xab, 0]);
});

test("a page is dark where its ground is", () => {
  assert.ok(isDark([14, 17, 23]) && !isDark([255, 255, 255]));
});

test("a link leads to a step there is", () => {
  const step = (/** @type {string} */ query) => stepIn(new URLSearchParams(query), 9);
  assert.deepEqual(["step=1", "step=10", "step=0", "step=11", "step=x", ""].map(step), [0, 9, 0, 9, 9, 9]);
});

test("keys move within a list", () => {
  const places = ["ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown", "Home", "End", "a"];
  const after = (/** @type {number} */ from) => places.map((key) => placeAfterKey(key, from, 9));
  assert.deepEqual(after(4), [3, 3, 5, 5, 0, 9, null]);
  assert.deepEqual(after(0).slice(0, 2), [0, 0]);
  assert.deepEqual(after(9).slice(2, 4), [9, 9]);
});

test("a key is an action, unless it is the browser's", () => {
  const press = (/** @type {object} */ event) => actionOf(/** @type {KeyboardEvent} */ (event));
  assert.deepEqual(
    ["ArrowLeft", "ArrowRight", "Home", "End", " ", "x"].map((key) => press({ key })),
    ["back", "forward", "first", "last", "play", null],
  );
  for (const held of ["ctrlKey", "metaKey", "altKey", "shiftKey", "isComposing", "defaultPrevented"]) {
    assert.equal(press({ key: "ArrowLeft", [held]: true }), null, held);
  }
});

test("numbers of a sum are short", () => {
  const values = [0, 0.12345, 0.00012, 12.345, 123.45, 123456, -2];
  const texts = ["0.0000", "0.1235", "1.20e−4", "12.35", "123.5", "1.23e+5", "−2.0000"];
  assert.deepEqual(values.map(shortNumber), texts);
  assert.deepEqual([bracketed(-1), bracketed(1)], ["(−1.0000)", "1.0000"]);
});

test("in a column they are briefer, and on their own exact", () => {
  assert.deepEqual([0.00004, 0.0001, 0.5, 2].map(briefNumber), ["4e−5", "0.0001", "0.5000", "2.0000"]);
  assert.equal(exactNumber(Math.fround(-0.1)), "−0.1");
});
