// How large the parts of the stage's map are, in pixels.

/** @import { Places } from "../shared/attention_map.js" */
/** @import { Column } from "../shared/columns.js" */
import { clamp, hundredths } from "../shared/arithmetic.js";
import { placeColumns } from "../shared/attention_map.js";

export const SHARE_LINE = 14;

export const ROW_HEIGHTS = { below: 480, limits: /** @type {const} */ ([24, 50]), narrow: 40 };
export const ENLARGED_ROW_HEIGHTS = { below: 300, limits: /** @type {const} */ ([24, 80]), narrow: null };

const HEADER_GAP = 6;
const CELL_WIDTHS = /** @type {const} */ ([11, 130]);
const FONT_SIZES = /** @type {const} */ ([13, 21]);
// Narrower columns have no room for a number between the typed character and its cells.
const NUMBERED_CELL = 24;
const NARROW = 500;
const ROW_LABELS = { narrow: 34, wide: 44 };
const EDGE = { right: 2, bottom: 3 };

/**
 * @typedef {object} OwnSizes
 * @property {number} rowLabel width of the written characters
 * @property {number} chip height of the typed characters
 * @property {number} header height of all above the rows
 * @property {boolean} numbered whether there is a number below each typed character
 * @property {number} rowHeight
 * @property {number} font
 * @property {number} width
 * @property {number} height
 */

/** @typedef {Places & OwnSizes} MapSize */

/**
 * @param {readonly Column[]} columns
 * @param {number} rows 0 for a model without attention: then there are only the typed characters
 * @param {{ width: number, rowHeight: number }} room
 * @returns {MapSize}
 */
export function measure(columns, rows, { width, rowHeight }) {
  const rowLabel = rows === 0 ? 0 : width < NARROW ? ROW_LABELS.narrow : ROW_LABELS.wide;
  const places = placeColumns(columns, { width, rowLabel, limits: CELL_WIDTHS, round: hundredths });
  const numbered = places.cell >= NUMBERED_CELL;
  const font = clamp(Math.min(places.cell * 1.15, rowHeight * 0.62), ...FONT_SIZES);
  const chip = Math.round(font * 1.3) + 8;
  const header = rows === 0 ? chip : chip + (numbered ? SHARE_LINE : 0) + HEADER_GAP;
  return {
    ...places,
    rowLabel,
    chip,
    header,
    numbered,
    rowHeight,
    font,
    width: places.end + EDGE.right,
    height: header + rows * rowHeight + EDGE.bottom,
  };
}
