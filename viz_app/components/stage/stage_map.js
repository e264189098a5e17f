// The map of the stage: typed characters on top, a row for every written one. Drawn the same for the screen and for saving.

/** @import { Scale } from "../shared/colours.js" */
/** @import { Column } from "../shared/columns.js" */
/** @import { MapRow } from "./map_rows.js" */
/** @import { MapSize } from "./map_size.js" */
/** @import { Palette } from "./map_text.js" */
/** @import { StagePayload } from "./payload.js" */
import { hundredths } from "../shared/arithmetic.js";
import { pictureOf } from "../shared/attention_map.js";
import { inkOn, shade } from "../shared/colours.js";
import { svgElement } from "../shared/elements.js";
import { wholePercent } from "../shared/numbers.js";
import { drawRow, showRow } from "./map_rows.js";
import { SHARE_LINE } from "./map_size.js";
import { MONOSPACE, mapText } from "./map_text.js";
import { attends, weightIn } from "./steps.js";

/** The colours and fonts of the page. */
export const SCREEN = {
  text: "var(--text)",
  muted: "var(--muted)",
  line: "var(--line)",
  ground: "var(--ground)",
  font: "var(--sans)",
};

const FOLD_FONT = "13px";
const SHARE_FONT = "12px";

/**
 * All that a map is drawn from.
 *
 * @typedef {object} MapParts
 * @property {StagePayload} payload
 * @property {Column[]} columns
 * @property {MapSize} size
 * @property {Scale} colours
 * @property {Palette} palette
 */

/** The picture, and how a step gets into it. */
export class StageMap {
  /** @param {MapParts} parts */
  constructor(parts) {
    const { payload, columns, size } = parts;
    this.parts = parts;
    this.attends = attends(payload.steps);
    this.root = this.#picture(size.width);
    this.chips = columns.map((column, i) => this.#drawChip(column, i));
    this.#drawHeader();
    this.letters = this.#drawLetters();
    /** @type {MapRow[]} */
    this.rows = this.attends ? payload.steps.map((step, i) => drawRow(parts, step, i)) : [];
    this.root.append(...this.rows.map(({ group }) => group));
    this.letters.append(...this.rows.map(({ letter }) => letter));
    this.rings = [this.#drawRing(), this.#drawRing()];
    if (this.attends) {
      this.letters.append(this.rings[1]);
      this.root.append(this.rings[0], this.letters);
    }
    this.#labelForReaders();
  }

  /** @param {number} width */
  #picture(width) {
    const { height, font } = this.parts.size;
    const picture = pictureOf(width, height);
    picture.style.fontFamily = MONOSPACE;
    picture.style.fontSize = `${font}px`;
    picture.style.userSelect = "none";
    return picture;
  }

  #labelForReaders() {
    const { strings, steps, source } = this.parts.payload;
    const label = this.attends ? strings.map : `${strings.typed_plain}: ${source.join("").trim()}`;
    this.root.setAttribute("role", this.attends ? "grid" : "img");
    this.root.setAttribute("aria-label", label);
    if (this.attends) this.root.setAttribute("aria-rowcount", String(steps.length + 1));
  }

  #drawHeader() {
    const corner = svgElement("g", { role: "columnheader", "aria-label": this.parts.payload.strings.output });
    const row = svgElement("g", { role: "row", class: "header" }, corner, ...this.chips.map(({ group }) => group));
    this.root.append(row, svgElement("g", { "aria-hidden": true }, ...this.chips.map(({ share }) => share)));
  }

  /**
   * @param {Column} column
   * @param {number} i
   */
  #drawChip(column, i) {
    const { size, palette } = this.parts;
    const { x, widths, chip } = size;
    const rect = svgElement("rect", { x: x[i] + 1, y: 1, width: hundredths(widths[i] - 2), height: chip - 2, rx: 4 });
    rect.style.stroke = palette.line;
    const middle = hundredths(x[i] + widths[i] / 2);
    const text = mapText(palette, column.label, middle, chip / 2);
    if (column.folded) text.style.fontSize = FOLD_FONT;
    const share = mapText(palette, "", middle, chip + SHARE_LINE / 2 + 2);
    share.style.fontFamily = palette.font;
    share.style.fontSize = SHARE_FONT;
    const name = { role: "columnheader", "aria-label": column.name, class: "typed", "data-column": i };
    return { group: svgElement("g", name, rect, text), rect, text, share };
  }

  /**
   * The written characters on a ground of their own: a picture in the picture, which the screen keeps in its place while a
   * map that is wider than the screen moves below it.
   */
  #drawLetters() {
    const { size, palette } = this.parts;
    const letters = this.#picture(size.rowLabel);
    letters.setAttribute("class", "letters");
    letters.setAttribute("aria-hidden", "true");
    const ground = svgElement("rect", { width: size.rowLabel, height: size.height });
    ground.style.fill = palette.ground;
    letters.append(ground);
    return letters;
  }

  /** A ring, moved from row to row: it lies above the cells of the neighbouring rows. That of the letters ends with them. */
  #drawRing() {
    const { size, palette } = this.parts;
    const box = { x: 1.25, width: size.width - 2.5, height: size.rowHeight + 1, rx: 6 };
    const ring = svgElement("rect", { "aria-hidden": true, ...box });
    ring.style.fill = "none";
    ring.style.stroke = palette.text;
    ring.style.strokeWidth = "2";
    ring.style.pointerEvents = "none";
    return ring;
  }

  /**
   * Everything that depends on the step, and nothing else: a step must be on the screen within 50 ms.
   *
   * @param {number} step
   */
  show(step) {
    const { columns, size, palette } = this.parts;
    columns.forEach((column, i) => this.#shadeChip(this.chips[i], column, step));
    this.rows.forEach((row, i) => showRow(row, palette, i - step));
    const y = size.header + step * size.rowHeight - 0.5;
    for (const ring of this.rings) ring.setAttribute("y", String(y));
  }

  /**
   * @param {ReturnType<StageMap["chips"]["at"]> & {}} chip
   * @param {Column} column
   * @param {number} step
   */
  #shadeChip({ rect, text, share }, column, step) {
    const { payload, colours, palette, size } = this.parts;
    if (!this.attends) {
      rect.style.fill = "transparent";
      text.style.fill = column.padding ? palette.muted : palette.text;
      return;
    }
    const weight = weightIn(payload.steps[step], column);
    const colour = shade(colours, weight);
    rect.style.fill = colour;
    text.style.fill = inkOn(colour);
    if (size.numbered) share.textContent = wholePercent(weight, payload.strings);
  }
}
