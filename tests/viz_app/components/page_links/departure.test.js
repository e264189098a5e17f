// What is pressed on the way to another page waits until it is there.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Departure } from "../../../../viz_app/components/page_links/departure.js";

const PRESSED = /** @type {Element} */ ({});

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

test("it begins with a click, the first page has no name, and it ends by itself", () => {
  const departure = new Departure();
  assert.ok(!departure.isUnderWay(0));
  departure.leave("", 1000);
  assert.ok(departure.isUnderWay(10_999));
  assert.ok(!departure.isUnderWay(11_000));
});
