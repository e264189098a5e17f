// The saved picture: stands alone, light, each cell with its exact weight.

/** @import { Scale } from "../shared/colours.js" */
/** @import { Moment } from "./journey.js" */
/** @import { StagePayload } from "./payload.js" */
/** @import { View } from "./view.js" */
import { pictureOf } from "../shared/attention_map.js";
import { scaleOn } from "../shared/colours.js";
import { columnsOf, typedColumns } from "../shared/columns.js";
import { SVG, element, penOf, svgElement } from "../shared/elements.js";
import { DONE } from "./journey.js";
import { measure } from "./map_size.js";
import { StageMap } from "./stage_map.js";
import { attends, linesOf } from "./steps.js";
import { wrap } from "./wrapping.js";

// Fonts of the reader's machine: a picture cannot bring the page's own along.
const SANS =
  "system-ui, 'Segoe UI', 'Noto Sans', 'Hiragino Sans', 'Yu Gothic', 'Noto Sans CJK JP', 'Apple SD Gothic Neo', " +
  "'Malgun Gothic', 'Noto Sans CJK KR', sans-serif";
const PAPER = {
  text: "#1b1f24",
  muted: "#59616b",
  hair: "#dcdfe3",
  ground: "#ffffff",
  now: "#d9480f",
  onNow: "#ffffff",
  font: SANS,
};
const MARGIN = 24;
const LEAST_WIDTH = 480;
const MAP = { column: 32, width: 500, rowHeight: 28 };
const TITLE = { baseline: 14, height: 26, size: 18, weight: 600 };
const SENTENCE = { baseline: 42, line: 21, below: 12, size: 15, weight: 400 };
const LEGEND = { height: 40, above: 14, bar: { width: 160, height: 14 }, size: 13, weight: 400 };
const LEGEND_STOP_EVERY = 15;

/**
 * The picture of a view, as SVG.
 *
 * @param {StagePayload} payload
 * @param {View} view
 * @param {Moment} moment of the view's step
 */
export function savedPicture(payload, view, moment = DONE) {
  const map = mapOf(payload, view, moment);
  const innerWidth = Math.max(map.parts.size.width, LEAST_WIDTH);
  const said = [payload.steps[view.step].sentence, ...(payload.changed ? [payload.changed] : [])];
  const meter = widthMeter();
  const lines = said.flatMap((sentence) => wrap(sentence, innerWidth, meter));
  const top = MARGIN + TITLE.height + lines.length * SENTENCE.line + SENTENCE.below;
  const mapBottom = top + map.parts.size.height;
  const width = innerWidth + 2 * MARGIN;
  const height = mapBottom + (map.attends ? LEGEND.height : 0) + MARGIN;
  const root = pictureOf(width, height);
  root.setAttribute("xmlns", SVG);
  root.style.fontFamily = SANS;
  root.append(svgElement("rect", { width, height, fill: PAPER.ground }));
  const title = titleOf(payload, view);
  root.append(svgElement("title", {}, title));
  if (payload.changed) root.append(svgElement("metadata", {}, changesOf(payload)));
  root.append(caption(title, MARGIN, MARGIN + TITLE.baseline, TITLE));
  const y = (/** @type {number} */ i) => MARGIN + SENTENCE.baseline + i * SENTENCE.line;
  root.append(...lines.map((line, i) => caption(line, MARGIN, y(i), SENTENCE)));
  map.root.setAttribute("x", String(MARGIN));
  map.root.setAttribute("y", String(top));
  root.append(map.root);
  if (map.attends) root.append(legend(payload.strings.legend, map.parts.colours, MARGIN, mapBottom + LEGEND.above));
  return new XMLSerializer().serializeToString(root);
}

/**
 * What was changed in the decoding, as JSON; empty where nothing was.
 *
 * @param {StagePayload} payload
 */
export function changesOf({ interventions }) {
  return interventions.length ? JSON.stringify(interventions) : "";
}

/**
 * @param {StagePayload} payload
 * @param {View} view
 * @param {Moment} moment
 */
function mapOf(payload, view, moment) {
  const isAttending = attends(payload.steps);
  const columns = isAttending ? columnsOf(payload, view.padding) : typedColumns(payload);
  const width = Math.max(columns.length * MAP.column, MAP.width);
  const size = measure(columns, linesOf(payload), { width, rowHeight: MAP.rowHeight });
  const colours = scaleOn(payload.colours[view.scale], false);
  const map = new StageMap({ payload, columns, size, colours, palette: PAPER });
  for (const text of map.root.querySelectorAll(".for-readers")) text.remove();
  map.show(view.step, moment);
  leaveOutTheRest(map, view.step);
  return map;
}

/**
 * What has not been written is not in the picture at all. The name of a cell shows at the pointer in any viewer.
 *
 * @param {StageMap} map
 * @param {number} step
 */
function leaveOutTheRest(map, step) {
  for (const { reached, letter } of map.rows.slice(step + 1)) {
    reached.remove();
    letter.remove();
  }
  for (const cell of map.root.querySelectorAll(".cell")) {
    cell.removeAttribute("tabindex");
    cell.append(svgElement("title", {}, cell.getAttribute("aria-label") ?? ""));
  }
}

/**
 * @param {StagePayload} payload
 * @param {View} view
 */
function titleOf(payload, view) {
  const written = payload.steps.slice(0, view.step + 1).map((step) => step.character);
  return `${payload.source.slice(0, payload.textLength).join("")} → ${written.join("")}`;
}

/**
 * @param {string} content
 * @param {number} x
 * @param {number} y
 * @param {{ size: number, weight: number }} font
 */
function caption(content, x, y, { size, weight }) {
  const look = { "font-size": size, "font-weight": weight, fill: PAPER.text };
  return svgElement("text", { x, y, ...look }, content);
}

/**
 * @param {string} name
 * @param {Scale} colours
 * @param {number} x
 * @param {number} y
 */
function legend(name, colours, x, y) {
  const stops = colours
    .filter((_, i) => i % LEGEND_STOP_EVERY === 0)
    .map((colour, i, all) => svgElement("stop", { offset: i / (all.length - 1), "stop-color": colour }));
  const gradient = svgElement("linearGradient", { id: "scale" }, ...stops);
  const bar = svgElement("rect", { x: x + 14, y, ...LEGEND.bar, fill: "url(#scale)", stroke: PAPER.hair });
  const low = caption("0", x, y + 12, LEGEND);
  const high = caption("1", x + 180, y + 12, LEGEND);
  return svgElement("g", {}, gradient, low, bar, high, caption(name, x + 204, y + 12, LEGEND));
}

/** How wide a line of the sentence will be. */
function widthMeter() {
  const pen = penOf(element("canvas"));
  pen.font = `${SENTENCE.size}px ${SANS}`;
  return (/** @type {string} */ text) => pen.measureText(text).width;
}
