// What is pressed on the way to another page waits until it is there.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Departure, foundAgain } from "../../../../viz_app/components/page_links/departure.js";

const nodeOf = (/** @type {boolean} */ isConnected) => /** @type {Element} */ ({ isConnected });
const PRESSED = { node: nodeOf(true), place: "st-key-lang", name: "한국어" };

test("what was pressed last is given back on arrival, once", () => {
  const departure = new Departure();
  departure.leave("truth", 0);
  departure.hold(null);
  departure.hold(PRESSED);
  assert.equal(departure.arrive("film"), null);
  assert.ok(departure.isUnderWay(100));
  assert.equal(departure.arrive("truth"), PRESSED);
  assert.ok(!departure.isUnderWay(100));
  assert.equal(departure.arrive("truth"), null);
});

test("what was drawn anew is found by its place and its name", () => {
  assert.equal(foundAgain(PRESSED), PRESSED.node);
  const [other, same] = [{ textContent: "日本語" }, { textContent: "한국어" }];
  const queries = /** @type {string[]} */ ([]);
  const querySelectorAll = (/** @type {string} */ query) => (queries.push(query), [other, same]);
  Object.assign(globalThis, { document: { querySelectorAll } });
  const gone = { ...PRESSED, node: nodeOf(false) };
  assert.equal(foundAgain(gone), same);
  assert.ok(queries[0].startsWith(".st-key-lang "), queries[0]);
  assert.equal(foundAgain({ ...gone, name: "English" }), null);
  assert.equal(foundAgain({ ...gone, place: "" }), null);
});

test("it begins with a click, the first page has no name, and it ends by itself", () => {
  const departure = new Departure();
  assert.ok(!departure.isUnderWay(0));
  departure.leave("", 1000);
  assert.ok(departure.isUnderWay(10_999));
  assert.ok(!departure.isUnderWay(11_000));
});
