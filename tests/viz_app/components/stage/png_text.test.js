// Words inside a PNG, read back as any program would.

import assert from "node:assert/strict";
import { test } from "node:test";

import { crcOf, withText } from "../../../../viz_app/components/stage/png_text.js";

// One transparent pixel.
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** @param {Buffer} png */
function chunksOf(png) {
  const chunks = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const content = png.subarray(at + 4, at + 8 + length);
    chunks.push({ content, crc: png.readUInt32BE(at + 8 + length) });
    at += length + 12;
  }
  return chunks;
}

test("a text stands before the picture, in UTF-8, with its check sum", () => {
  const chunks = chunksOf(Buffer.from(withText(PNG, "changes", "均等 [{}]")));
  assert.deepEqual(
    chunks.map(({ content }) => content.subarray(0, 4).toString()),
    ["IHDR", "iTXt", "IDAT", "IEND"],
  );
  assert.equal(chunks[1].content.subarray(4).toString(), "changes\0\0\0\0\0均等 [{}]");
  // The other check sums are those of whoever wrote the PNG.
  for (const { content, crc } of chunks) assert.equal(crc, crcOf(content));
  assert.equal(crcOf(Buffer.from("123456789")), 0xcbf43926);
});
