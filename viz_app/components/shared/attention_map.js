// The attention map: a row for every written character, a column for every typed one. The stage and the film draw their
// rows with it; what the Inside page draws on canvas goes by the same columns and colours.

/** @import { Scale } from "./colours.js" */
/** @import { Column } from "./columns.js" */
import { shade } from "./colours.js";
import { svgElement } from "./elements.js";
import { clamp, hundredths } from "./arithmetic.js";

const FOLD_WIDTHS = { oneDigit: 28, twoDigits: 38 };
const FOLD_GAP = 8;
const CORNER = 1.5;
// Moves a text's middle to its y; dominant-baseline does so too, but office programs do not know it.
const MIDDLE_OF_TEXT = "0.35em";

/**
 * Where the columns stand, in pixels.
 *
 * @typedef {object} Places
 * @property {number} cell width of a character's column
 * @property {number[]} x left edges
 * @property {number[]} widths
 * @property {number} end right edge of the last column
 */

/**
 * @typedef {object} Room
 * @property {number} width that there is
 * @property {number} rowLabel width of the names of the rows, left of the columns
 * @property {readonly [number, number]} limits of a column's width
 * @property {(value: number) => number} round to what a pixel is divided into
 * @property {number} [zoom] how much wider than usual a folded column is
 */

/** @param {Column} column whose name has to fit above it */
const foldWidth = ({ folded }) => (folded < 10 ? FOLD_WIDTHS.oneDigit : FOLD_WIDTHS.twoDigits);

/**
 * @param {readonly Column[]} columns
 * @param {Room} room
 * @returns {Places}
 */
export function placeColumns(columns, { width, rowLabel, limits, round, zoom = 1 }) {
  const folds = columns.filter((column) => column.folded);
  const folded = folds.reduce((total, column) => total + zoom * foldWidth(column) + FOLD_GAP, 0);
  const cell = round(clamp((width - rowLabel - 2 - folded) / (columns.length - folds.length), ...limits));
  const x = columns.map((column, i) => round(rowLabel + i * cell + (column.folded ? FOLD_GAP : 0)));
  const widths = columns.map((column) => (column.folded ? round(zoom * foldWidth(column)) : cell));
  const last = columns.length - 1;
  return { cell, x, widths, end: x[last] + widths[last] };
}

/**
 * An empty picture.
 *
 * @param {number} width
 * @param {number} height
 */
export function pictureOf(width, height) {
  return svgElement("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
}

/**
 * A text around a point.
 *
 * @param {string} content
 * @param {number} x
 * @param {number} y
 * @param {Record<string, unknown>} attributes
 */
export function textAt(content, x, y, attributes = {}) {
  return svgElement("text", { ...attributes, x, y, dy: MIDDLE_OF_TEXT, "text-anchor": "middle" }, content);
}

/**
 * Where the cell of a row and a column is.
 *
 * @typedef {object} CellPlace
 * @property {number} row
 * @property {number} column
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 */

/**
 * The cell of a row and a column, not yet coloured.
 *
 * @param {CellPlace} place
 * @param {Record<string, unknown>} attributes
 */
export function mapCell({ row, column, ...box }, attributes = {}) {
  const data = { "data-row": row, "data-column": column };
  return svgElement("rect", { class: "cell", ...data, ...box, rx: CORNER, ...attributes });
}

/**
 * The weights of a folded column side by side in its place.
 *
 * @param {{ x: number, y: number, width: number, height: number }} box
 * @param {Column} column
 * @param {ArrayLike<number>} weights one for every source character
 * @param {Scale} scale
 */
export function stripsOf({ x, y, width, height }, { from, to }, weights, scale) {
  const step = width / (to - from);
  return Array.from({ length: to - from }, (_, k) => {
    const strip = svgElement("rect", {
      class: "strip",
      x: hundredths(x + k * step),
      y,
      width: hundredths(step),
      height,
    });
    strip.style.fill = shade(scale, weights[from + k]);
    strip.style.pointerEvents = "none";
    return strip;
  });
}

/**
 * Give a cell its weight: as its colour, and as a number for whoever asks.
 *
 * @param {SVGElement} cell
 * @param {Scale} scale
 * @param {number} weight
 */
export function shadeCell(cell, scale, weight) {
  cell.style.fill = shade(scale, weight);
  cell.setAttribute("data-weight", String(weight));
}
