// Words inside a PNG: what was changed in the decoding stays with the picture, for programs too.

// The signature, and the chunk that has to be the first.
const HEAD_LENGTH = 8 + 25;
const CRC_POLYNOMIAL = 0xedb88320;

/**
 * A PNG with a text in it, as an iTXt chunk before the picture, where every reader finds it.
 *
 * @param {Uint8Array} png
 * @param {string} keyword of Latin letters
 * @param {string} text
 */
export function withText(png, keyword, text) {
  const chunk = chunkOf(`iTXt${keyword}\0\0\0\0\0${text}`);
  const longer = new Uint8Array(png.length + chunk.length);
  longer.set(png.subarray(0, HEAD_LENGTH));
  longer.set(chunk, HEAD_LENGTH);
  longer.set(png.subarray(HEAD_LENGTH), HEAD_LENGTH + chunk.length);
  return longer;
}

/**
 * Length, content and check sum.
 *
 * @param {string} content the type and the data
 */
function chunkOf(content) {
  const bytes = new TextEncoder().encode(content);
  const chunk = new Uint8Array(bytes.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, bytes.length - 4);
  chunk.set(bytes, 4);
  view.setUint32(bytes.length + 4, crcOf(bytes));
  return chunk;
}

/**
 * The check sum of a chunk.
 *
 * @param {Uint8Array} bytes its type and its data
 */
export function crcOf(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? CRC_POLYNOMIAL : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
