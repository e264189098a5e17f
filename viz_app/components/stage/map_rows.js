// A row of the stage's map: the written character, and a cell for every column.

/** @import { Column } from "../shared/columns.js" */
/** @import { Step } from "./payload.js" */
/** @import { Palette } from "./map_text.js" */
/** @import { MapParts } from "./stage_map.js" */
import { mapCell, shadeCell, stripsOf } from "../shared/attention_map.js";
import { spoken, visible } from "../shared/characters.js";
import { svgElement } from "../shared/elements.js";
import { float32Digits } from "../shared/numbers.js";
import { fill } from "../shared/texts.js";
import { mapText, textForReaders } from "./map_text.js";
import { scoreIn, weightDigits, weightIn } from "./steps.js";

/** @typedef {ReturnType<typeof drawRow>} MapRow */

/**
 * @param {MapParts} parts
 * @param {Step} step
 * @param {number} i its number, counted from 0
 */
export function drawRow(parts, step, i) {
  const { columns, size, payload } = parts;
  const { header, rowHeight, rowLabel } = size;
  const y = header + i * rowHeight;
  const name = fill(payload.strings.row, { step: i + 1, character: spoken(step.character, payload.strings) });
  const place = { x: 7, y: y + 2, width: rowLabel - 12, height: rowHeight - 4, rx: 4 };
  // The letter that is seen lies above it, in a picture that screen readers leave out.
  const letterHere = [
    svgElement("rect", { fill: "transparent", ...place }),
    textForReaders(visible(step.character), place),
  ];
  const rowHeader = svgElement("g", { role: "rowheader", "aria-label": name }, ...letterHere);
  const cells = columns.map((column, j) => drawCell(parts, step, i, column, j, y));
  const strips = columns.flatMap((column, j) => drawStrips(parts, step, column, j, y));
  const outline = drawOutline(parts, y);
  const reached = svgElement("g", { role: "none" }, rowHeader, ...strips, ...cells);
  const row = { role: "row", class: "row", "data-step": i, "aria-rowindex": i + 2 };
  const badge = svgElement("rect", place);
  const label = mapText(parts.palette, visible(step.character), rowLabel / 2 + 1, y + rowHeight / 2);
  label.style.fontSize = `${size.rowFont}px`;
  const letter = svgElement("g", { class: "letter", "data-step": i }, badge, label);
  return { group: svgElement("g", row, outline, reached), outline, reached, letter, badge, label, cells };
}

/**
 * Where a row will be that is not reached yet.
 *
 * @param {MapParts} parts
 * @param {number} y
 */
function drawOutline({ size, palette }, y) {
  const { rowLabel, width, rowHeight } = size;
  const box = { x: rowLabel + 0.5, y: y + 2, width: width - rowLabel - 2.5, height: rowHeight - 4, rx: 3 };
  const outline = svgElement("rect", { class: "outline", ...box });
  outline.style.fill = "transparent";
  outline.style.stroke = palette.hair;
  outline.style.strokeDasharray = "2 4";
  return outline;
}

/**
 * @param {MapParts} parts
 * @param {Step} step
 * @param {number} row
 * @param {Column} column
 * @param {number} j
 * @param {number} y
 */
function drawCell({ size, palette, colours, payload }, step, row, column, j, y) {
  const box = { x: size.x[j], y: y + 2, width: size.widths[j], height: size.rowHeight - 4 };
  const name = cellName(step, column, payload.strings);
  // The line separates white, which is 1 among the greys, from a white page.
  const look = { role: "gridcell", tabindex: -1, stroke: palette.hair, "aria-label": name };
  const cell = mapCell({ row, column: j, ...box }, look);
  if (!column.folded) cell.setAttribute("data-score", String(scoreIn(step, column)));
  shadeCell(cell, colours, weightIn(step, column));
  if (column.folded) cell.style.fill = "transparent";
  return cell;
}

/**
 * The parts of a folded column: eleven small weights in one cell would look like a large one.
 *
 * @param {MapParts} parts
 * @param {Step} step
 * @param {Column} column
 * @param {number} j
 * @param {number} y
 */
function drawStrips({ size, colours }, step, column, j, y) {
  if (!column.folded) return [];
  const box = { x: size.x[j], width: size.widths[j], y: y + 2, height: size.rowHeight - 4 };
  return stripsOf(box, column, step.weights ?? [], colours);
}

/**
 * @param {Step} step
 * @param {Column} column
 * @param {MapParts["payload"]["strings"]} strings
 */
function cellName(step, column, strings) {
  const output = spoken(step.character, strings);
  const values = { output, input: column.name, weight: weightDigits(step, column) };
  if (column.folded) return fill(strings.fold_cell, { ...values, count: column.folded });
  return fill(strings.cell, { ...values, score: float32Digits(scoreIn(step, column)) });
}

/**
 * @param {MapRow} row
 * @param {Palette} palette
 * @param {number} ahead how many steps the row is ahead of the current one; negative for what was written before
 * @param {number} written 0 to 1
 */
export function showRow({ group, outline, reached, letter, badge, label }, palette, ahead, written) {
  const isCurrent = ahead === 0;
  reached.style.opacity = letter.style.opacity = written < 1 ? String(written) : "";
  // The whole row: to a screen reader one without cells would be a broken one.
  group.style.visibility = reached.style.visibility = letter.style.visibility = ahead <= 0 ? "" : "hidden";
  outline.style.visibility = ahead <= 0 ? "hidden" : "visible";
  badge.style.fill = isCurrent ? palette.now : "transparent";
  label.style.fill = isCurrent ? palette.onNow : palette.text;
  label.style.fontWeight = isCurrent ? "700" : "400";
  if (isCurrent) group.setAttribute("aria-current", "step");
  else group.removeAttribute("aria-current");
}

/**
 * The cell of the map that something belongs to.
 *
 * @param {EventTarget | null} target
 */
export function cellAt(target) {
  const cell = target instanceof Element ? target.closest(".cell") : null;
  return cell instanceof SVGElement ? cell : null;
}
