// The map of the film: all rows of one frame. Drawn once for a date; a frame changes colours and letters only.

/** @import { Scale } from "../shared/colours.js" */
/** @import { Column } from "../shared/columns.js" */
/** @import { FilmPayload, Frame } from "./payload.js" */
import { clamp, tenths } from "../shared/arithmetic.js";
import { mapCell, pictureOf, placeColumns, shadeCell, stripsOf, textAt } from "../shared/attention_map.js";
import { visible } from "../shared/characters.js";
import { weightOf } from "../shared/columns.js";
import { svgElement } from "../shared/elements.js";
import { fixed } from "../shared/numbers.js";
import { fill } from "../shared/texts.js";

const ROW_LABEL = 34;
const HEADER = 30;
const CELL_WIDTHS = /** @type {const} */ ([9, 60]);
const FONT_SIZES = /** @type {const} */ ([11, 18]);
const WEIGHT_DIGITS = 4;

/** The picture, and how a frame gets into it. */
export class FrameMap {
  /**
   * @param {FilmPayload} payload
   * @param {Column[]} columns
   * @param {Scale} colours
   * @param {{ width: number, rowHeight: number }} room
   */
  constructor(payload, columns, colours, { width, rowHeight }) {
    this.payload = payload;
    this.colours = colours;
    this.columns = columns;
    this.rowHeight = rowHeight;
    this.places = placeColumns(columns, { width, rowLabel: ROW_LABEL, limits: CELL_WIDTHS, round: tenths });
    const rows = payload.frames[0].output.length;
    this.root = pictureOf(this.places.end + 1, HEADER + rows * rowHeight + 2);
    this.root.setAttribute("role", "img");
    this.root.setAttribute("aria-label", payload.strings.map);
    this.root.style.fontSize = `${clamp(Math.min(this.places.cell * 1.2, rowHeight * 0.62), ...FONT_SIZES)}px`;
    this.#drawHeader();
    this.rows = Array.from({ length: rows }, (_, i) => this.#drawRow(i));
  }

  #drawHeader() {
    const { x, widths } = this.places;
    const middle = (/** @type {number} */ i) => tenths(x[i] + widths[i] / 2);
    this.root.append(...this.columns.map(({ label }, i) => textAt(label, middle(i), HEADER / 2, { class: "typed" })));
  }

  /** @param {number} row */
  #drawRow(row) {
    const { x, widths } = this.places;
    const y = HEADER + row * this.rowHeight;
    const label = textAt("", ROW_LABEL / 2, y + this.rowHeight / 2, { class: "row-label" });
    const cells = this.columns.map((_, column) => {
      const box = { x: x[column] + 0.5, y: y + 1, width: widths[column] - 1, height: this.rowHeight - 2 };
      const rect = mapCell({ row, column, ...box });
      const title = svgElement("title");
      rect.append(title);
      return { rect, title };
    });
    const strips = svgElement("g");
    this.root.append(label, strips, ...cells.map(({ rect }) => rect));
    return { label, cells, strips };
  }

  /**
   * @param {readonly number[]} weights
   * @param {number} row
   */
  #stripsOf(weights, row) {
    const { x, widths } = this.places;
    const box = { y: HEADER + row * this.rowHeight + 1, height: this.rowHeight - 2 };
    const at = (/** @type {number} */ j) => ({ x: x[j], width: widths[j], ...box });
    return this.columns.flatMap((column, j) => (column.folded ? stripsOf(at(j), column, weights, this.colours) : []));
  }

  /** @param {Frame} frame */
  show(frame) {
    const { strings } = this.payload;
    this.rows.forEach(({ label, cells, strips }, i) => {
      const output = visible(frame.output[i]);
      label.textContent = output;
      label.classList.toggle("wrong", frame.right !== null && !frame.right[i]);
      cells.forEach(({ rect, title }, j) => {
        const weight = weightOf(frame.weights[i], this.columns[j]);
        shadeCell(rect, this.colours, weight);
        if (this.columns[j].folded) rect.style.fill = "transparent";
        const names = { output, input: this.columns[j].name, weight: fixed(weight, WEIGHT_DIGITS) };
        title.textContent = fill(strings.cell, names);
      });
      strips.replaceChildren(...this.#stripsOf(frame.weights[i], i));
    });
  }
}
