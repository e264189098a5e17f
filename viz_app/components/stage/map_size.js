// How large the parts of the stage's map are, in pixels.

/** @import { Places } from "../shared/attention_map.js" */
/** @import { Column } from "../shared/columns.js" */
import { clamp, hundredths } from "../shared/arithmetic.js";
import { placeColumns } from "../shared/attention_map.js";

// Below the limits a row cannot be read, above them it says no more.
export const ROW_HEIGHTS = { below: 505, limits: /** @type {const} */ ([22, 50]), narrow: 34 };

const HEADER_GAP = 8;
const CELL_WIDTHS = /** @type {const} */ ([10, 130]);
// On a projector the last row of the room reads it too.
const LETTERS_ON_A_SCREEN = 19;
// On the whole screen everything stands on it together, and what stands above the rows is as high as its letters.
const ENLARGED = { below: 235, letters: 5.3, limits: /** @type {const} */ ([20, 90]), share: 0.8 };
const FONT = { share: 0.62, limits: /** @type {const} */ ([13, 21]) };
// Narrower columns have no room for a number between the typed character and its cells.
const NUMBERED_CELL = 24;
const NARROW = 500;
const ROW_LABELS = { narrow: 28, wide: 44 };
const EDGE = { right: 2, bottom: 3 };
const WAY = { narrow: 44, wide: 56 };
const SLOT = { gap: 4, limits: /** @type {const} */ ([12, 34]), below: 8, plain: 18 };

/**
 * Where the written characters stand below the typed ones.
 *
 * @typedef {object} Slots
 * @property {number} y
 * @property {number} width
 * @property {number} height
 * @property {number} pitch from one to the next
 * @property {number} ribbon how thick all attention is
 * @property {number} originalY where those without changes stand, if there are any
 * @property {(i: number) => number} middle
 */

/**
 * @typedef {object} OwnSizes
 * @property {number} rowLabel width of the written characters
 * @property {number} chip height of the typed characters
 * @property {number} shareLine height of the numbers below them; 0 where there is no room for numbers
 * @property {{ from: number, to: number }} way top and bottom of the ribbons
 * @property {Slots} slots
 * @property {number} header height of all above the rows
 * @property {number} rowHeight
 * @property {number} rowFont
 * @property {number} font
 * @property {number} width
 * @property {number} height
 */

/** @typedef {{ width: number, rowHeight: number, letter?: number }} MapRoom `letter` is the height that letters should have */

/**
 * The heights of rows on the whole screen, and of the letters above them.
 *
 * @param {number} screen its height
 */
export function enlargedHeights(screen) {
  const letter = Math.round(screen / LETTERS_ON_A_SCREEN);
  const below = ENLARGED.below + ENLARGED.letters * letter;
  return { letter, heights: { below, limits: ENLARGED.limits, narrow: null } };
}

/** @typedef {Places & OwnSizes} MapSize */

/**
 * @param {MapRoom} a
 * @param {MapRoom} b
 */
export const isSameRoom = (a, b) => a.width === b.width && a.rowHeight === b.rowHeight && a.letter === b.letter;

/**
 * @param {readonly Column[]} columns
 * @param {{ rows: number, slots: number, original: boolean }} lines rows of the map, 0 for a model without attention; how
 *   many characters are written; whether those without changes stand below them
 * @param {MapRoom} room
 * @returns {MapSize}
 */
export function measure(columns, { rows, slots, original }, { width, rowHeight, letter }) {
  const isNarrow = width < NARROW;
  const [least, most] = FONT.limits;
  const rowFont = letter ? rowHeight * ENLARGED.share : clamp(rowHeight * FONT.share, least, most);
  const rowLabel = rows === 0 ? 0 : Math.max(isNarrow ? ROW_LABELS.narrow : ROW_LABELS.wide, rowFont * 1.2);
  const zoom = Math.max(1, (letter ?? 0) / most);
  const places = placeColumns(columns, { width, rowLabel, limits: CELL_WIDTHS, round: hundredths, zoom });
  const font = clamp(places.cell * 1.15, least, letter ?? most);
  const chip = Math.round(font * 1.3) + 8;
  const shareLine = rows > 0 && places.cell >= NUMBERED_CELL ? Math.round(Math.max(14, font * 0.6)) : 0;
  const from = chip + shareLine + 1;
  const to = rows === 0 ? chip + SLOT.plain : from + Math.max(isNarrow ? WAY.narrow : WAY.wide, font * 1.6);
  const limit = letter ? Math.max(SLOT.limits[1], font * 1.3) : SLOT.limits[1];
  const pitch = Math.floor(clamp((Math.min(width, places.end) - rowLabel) / slots, SLOT.limits[0], limit));
  const first = rowLabel + Math.max(0, (Math.min(width, places.end) - rowLabel - pitch * slots) / 2);
  const slot = { y: to + 3, width: pitch - SLOT.gap, height: Math.round(Math.max(pitch * 1.1, font * 1.5)) };
  const below = slot.y + slot.height;
  const header = Math.round(below + (original ? font * 1.4 : 0) + (rows ? SLOT.below : 0) + HEADER_GAP);
  return {
    ...places,
    rowLabel,
    chip,
    shareLine,
    way: { from, to },
    slots: {
      ...slot,
      pitch,
      ribbon: Math.round(pitch / 2),
      originalY: below + font * 0.85,
      middle: (i) => hundredths(first + (i + 0.5) * pitch),
    },
    header,
    rowHeight,
    rowFont,
    font,
    width: places.end + EDGE.right,
    height: header + rows * rowHeight + EDGE.bottom,
  };
}
