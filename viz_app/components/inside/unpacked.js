// What Python sends, unpacked: every array by its name, and the gates of both LSTM cells.

/** @import { Row } from "./arrays.js" */
/** @import { CellName, GateName, InsidePayload, PackedCell } from "./payload.js" */
import { unpackFlat, unpackRows, unpackTables } from "./arrays.js";

/** @typedef {ReturnType<typeof unpackArrays>} Arrays a row, or a table of rows, for every step or source character */
/** @typedef {{ characters: string[] } & Record<GateName, Row[]>} Cell */
/** @typedef {Record<CellName, Cell>} Cells */

/** @param {InsidePayload["arrays"]} packed */
export function unpackArrays(packed) {
  const rows = (/** @type {string} */ name) => (name in packed ? unpackRows(packed[name]) : null);
  const tables = (/** @type {string} */ name) => (name in packed ? unpackTables(packed[name]) : null);
  const [scores, weights, context, softmax] = ["scores", "weights", "context", "softmax"].map(rows);
  return {
    hs_enc: unpackRows(packed.hs_enc),
    hs_dec: unpackRows(packed.hs_dec),
    features: unpackRows(packed.features),
    logits: unpackRows(packed.logits),
    probabilities: unpackRows(packed.probabilities),
    part_state: unpackRows(packed.part_state),
    part_bias: unpackFlat(packed.part_bias),
    attention: scores && weights && context && softmax ? { scores, weights, context, softmax } : null,
    products: tables("products"),
    part_context: rows("part_context"),
    by_source: tables("by_source"),
    part_peek: rows("part_peek"),
  };
}

/**
 * @param {InsidePayload["cells"]} packed
 * @returns {Cells | null}
 */
export function unpackCells(packed) {
  const unpacked = (/** @type {PackedCell} */ { characters, seen: _, ...gates }) => {
    const rows = Object.entries(gates).map(([name, array]) => [name, unpackRows(array)]);
    return { characters, ...Object.fromEntries(rows) };
  };
  return packed && { encoder: unpacked(packed.encoder), decoder: unpacked(packed.decoder) };
}
