// The map of the stage: typed characters on top, below them the way of the current step and what is written, then a row for
// every written character. Drawn the same for the screen and for saving.

/** @import { Scale } from "../shared/colours.js" */
/** @import { Column } from "../shared/columns.js" */
/** @import { Moment } from "./journey.js" */
/** @import { MapRow } from "./map_rows.js" */
/** @import { MapSize } from "./map_size.js" */
/** @import { Palette } from "./map_text.js" */
/** @import { StagePayload } from "./payload.js" */
import { hundredths } from "../shared/arithmetic.js";
import { pictureOf } from "../shared/attention_map.js";
import { inkOn, shade } from "../shared/colours.js";
import { svgElement } from "../shared/elements.js";
import { wholePercent } from "../shared/numbers.js";
import { DONE, between } from "./journey.js";
import { drawRow, showRow } from "./map_rows.js";
import { MONOSPACE, mapText, textForReaders } from "./map_text.js";
import { Output } from "./output.js";
import { attends, weightIn } from "./steps.js";
import { Way } from "./way.js";

/** The colours and fonts of the page. */
export const SCREEN = {
  text: "var(--text)",
  muted: "var(--muted)",
  hair: "var(--hair)",
  ground: "var(--ground)",
  now: "var(--now)",
  onNow: "var(--on-now)",
  font: "var(--sans)",
};

const FOLD_FONT_SHARE = 0.7;
const SHARE_FONT_SHARE = 0.86;

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
    // Rows alone, since a grid holds nothing else: the way and the output stand beside it.
    this.grid = svgElement("g");
    this.root.append(this.grid);
    this.chips = columns.map((column, i) => this.#drawChip(column, i));
    this.#drawHeader();
    this.way = this.attends ? new Way(parts) : null;
    this.output = new Output(parts);
    if (this.way) this.root.append(this.way.root);
    this.root.append(this.output.root);
    this.letters = this.#drawLetters();
    /** @type {MapRow[]} */
    this.rows = this.attends ? payload.steps.map((step, i) => drawRow(parts, step, i)) : [];
    this.grid.append(...this.rows.map(({ group }) => group));
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
    this.grid.setAttribute("role", this.attends ? "grid" : "img");
    this.grid.setAttribute("aria-label", label);
    if (this.attends) this.grid.setAttribute("aria-rowcount", String(steps.length + 1));
  }

  #drawHeader() {
    const { output } = this.parts.payload.strings;
    const said = textForReaders(output, { x: 0, y: 0 });
    const corner = svgElement("g", { role: "columnheader", "aria-label": output }, said);
    const row = svgElement("g", { role: "row", class: "header" }, corner, ...this.chips.map(({ group }) => group));
    const shares = svgElement("g", { class: "shares", "aria-hidden": true }, ...this.chips.map(({ share }) => share));
    this.grid.append(row, shares);
  }

  /**
   * @param {Column} column
   * @param {number} i
   */
  #drawChip(column, i) {
    const { size, palette } = this.parts;
    const { x, widths, chip, font, shareLine } = size;
    const rect = svgElement("rect", { x: x[i] + 1, y: 1, width: hundredths(widths[i] - 2), height: chip - 2, rx: 4 });
    rect.style.stroke = palette.hair;
    const middle = hundredths(x[i] + widths[i] / 2);
    const text = mapText(palette, column.label, middle, chip / 2);
    if (column.folded) text.style.fontSize = `${Math.max(12, font * FOLD_FONT_SHARE)}px`;
    const share = mapText(palette, "", middle, chip + shareLine / 2 + 1);
    share.style.fontFamily = palette.font;
    share.style.fontSize = `${shareLine * SHARE_FONT_SHARE}px`;
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
    ring.style.stroke = palette.now;
    ring.style.strokeWidth = "2";
    ring.style.pointerEvents = "none";
    return ring;
  }

  /**
   * Everything that depends on the step, and nothing else: a step must be on the screen within 50 ms.
   *
   * @param {number} step
   * @param {Moment} moment of the step
   */
  show(step, moment = DONE) {
    const { columns, size, palette } = this.parts;
    columns.forEach((column, i) => this.#shadeChip(this.chips[i], column, step, moment));
    this.rows.forEach((row, i) => showRow(row, palette, i - step, i === step ? moment.write : 1));
    this.way?.show(step, moment);
    this.output.show(step, moment);
    const y = size.header + step * size.rowHeight - 0.5;
    for (const ring of this.rings) ring.setAttribute("y", String(y));
  }

  /**
   * Light what belongs together of the current step: the ribbons of a column, its cell and its typed character.
   *
   * @param {number | null} column
   */
  light(column) {
    this.way?.light(column);
    this.chips.forEach(({ group }, i) => group.classList.toggle("lit", i === column));
    this.rows.forEach(({ cells }) => cells.forEach((cell, i) => cell.classList.toggle("lit", i === column)));
  }

  /**
   * @param {ReturnType<StageMap["chips"]["at"]> & {}} chip
   * @param {Column} column
   * @param {number} step
   * @param {Moment} moment
   */
  #shadeChip({ rect, text, share }, column, step, { reach }) {
    const { payload, colours, palette, size } = this.parts;
    if (!this.attends) {
      rect.style.fill = "transparent";
      text.style.fill = column.padding ? palette.muted : palette.text;
      return;
    }
    const before = step > 0 ? weightIn(payload.steps[step - 1], column) : 0;
    const weight = weightIn(payload.steps[step], column);
    if (size.shareLine) share.textContent = reach < 1 ? "" : wholePercent(weight, payload.strings);
    // Its parts are shaded in the map below: a sum of many small weights would seem to be looked at.
    const colour = column.folded ? palette.ground : shade(colours, between(before, weight, reach));
    rect.style.fill = colour;
    text.style.fill = column.folded ? palette.text : inkOn(colour);
  }
}
