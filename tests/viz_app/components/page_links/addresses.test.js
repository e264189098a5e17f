// Where a link leads, and how much of the open view goes along.

import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf } from "../../../../viz_app/components/page_links/addresses.js";

const PAYLOAD = { label: "Pages", language: "ja", base: "/dates/", here: "film", pages: [] };
const OPEN = new URLSearchParams("text=a%26b&step=4&frame=7&run=2&lang=en");

/**
 * @param {string} path
 * @param {string[]} parameters
 */
const link = (path, parameters) => new URL(addressOf({ path, title: "", parameters }, PAYLOAD, OPEN), "http://host");

test("another page takes over what belongs to it, and the language of the page", () => {
  const { pathname, searchParams } = link("truth", ["text", "step", "model"]);
  assert.equal(pathname, "/dates/truth");
  assert.deepEqual(Object.fromEntries(searchParams), { text: "a&b", step: "4", lang: "ja" });
});

test("the first page is the folder itself", () => {
  assert.equal(link("", []).href, "http://host/dates/?lang=ja");
});

test("the open page is opened again as it is", () => {
  const said = Object.fromEntries(link("film", []).searchParams);
  assert.deepEqual(said, { text: "a&b", step: "4", frame: "7", run: "2", lang: "ja" });
});
