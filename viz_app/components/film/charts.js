// The charts below the strip: a column for every frame, so that time is stretched where there are many.

/** @import { FilmPayload } from "./payload.js" */
import { clamp, tenths } from "../shared/arithmetic.js";
import { pictureOf } from "../shared/attention_map.js";
import { element, svgElement } from "../shared/elements.js";

const PANEL = 64;
const EDGE = 6;
const DECADES = [10, 1, 0.1, 0.01, 0.001, 0.0001];
const LEAST_LOSS = 1e-9;
const TICK_GAP = 6;
const SQUARE = 6;
const RADIUS = 3.5;

/** @typedef {"loss" | "probability" | "error-rate"} Kind of a curve, which is also its class in the style sheet */
/** @typedef {[x: number, y: number]} Point in pixels */

/**
 * Where an iteration lies on a line that has its frames at given places: between two frames in proportion.
 *
 * @param {number} iteration
 * @param {readonly number[]} iterations of the frames
 * @param {readonly number[]} middles where the frames are
 */
export function placeOfIteration(iteration, iterations, middles) {
  if (iterations.length === 1) return middles[0];
  const after = clamp(iterations.filter((other) => other < iteration).length, 1, iterations.length - 1);
  const [from, to] = [iterations[after - 1], iterations[after]];
  const [left, right] = [middles[after - 1], middles[after]];
  return left + ((iteration - from) / (to - from)) * (right - left);
}

/**
 * How a panel of losses is divided: in powers of ten.
 *
 * @param {readonly number[]} losses
 */
export function lossAxis(losses) {
  const values = losses.filter((loss) => loss > 0);
  const high = Math.log10(Math.max(...values, 1));
  const low = Math.log10(Math.min(...values, 0.1));
  return {
    y: (/** @type {number} */ loss) =>
      EDGE + clamp((high - Math.log10(Math.max(loss, LEAST_LOSS))) / (high - low), 0, 1) * PANEL,
    ticks: DECADES.filter((decade) => Math.log10(decade) <= high && Math.log10(decade) >= low),
  };
}

/** @param {number} share */
const yOfShare = (share) => EDGE + (1 - share) * PANEL;

/** Two charts: the loss of the training, and the answers to the date. */
export class Charts {
  /** @type {SVGRectElement[]} */
  #markers = [];

  /**
   * @param {FilmPayload} payload
   * @param {{ middles: number[], width: number, column: number }} sizes the x of the frames, the width of all and of one
   */
  constructor(payload, { middles, width, column }) {
    this.payload = payload;
    this.middles = middles;
    this.width = width;
    this.column = column;
    this.parts = [...this.#lossPanel(), ...this.#datePanel()];
  }

  /** @param {number} frame */
  show(frame) {
    for (const marker of this.#markers) marker.setAttribute("x", String(tenths(this.middles[frame] - this.column / 2)));
  }

  /**
   * The frame whose column is nearest to a point.
   *
   * @param {number} x
   */
  frameAt(x) {
    const distances = this.middles.map((middle) => Math.abs(middle - x));
    return distances.indexOf(Math.min(...distances));
  }

  #lossPanel() {
    const { losses, frames, strings } = this.payload;
    const axis = lossAxis(losses.map(([, loss]) => loss));
    const iterations = frames.map((frame) => frame.iteration);
    const panel = this.#panel();
    for (const decade of axis.ticks) this.#drawGrid(panel, axis.y(decade), String(decade));
    const points = losses.map(([iteration, loss]) => {
      return /** @type {Point} */ ([placeOfIteration(iteration, iterations, this.middles), axis.y(loss)]);
    });
    drawLine(panel, points, "loss");
    frames.forEach(({ loss }, i) => loss !== null && drawDot(panel, [this.middles[i], axis.y(loss)], "loss"));
    return [title([[`● ${strings.loss}`, "loss"]]), panel];
  }

  #datePanel() {
    const { frames, strings } = this.payload;
    const panel = this.#panel();
    for (const share of [0, 0.5, 1]) this.#drawGrid(panel, yOfShare(share), String(share));
    /** @type {[string, Kind | ""][]} */
    const words = [
      [`${strings.date}:`, ""],
      [`● ${strings.whole}`, "probability"],
    ];
    this.#drawCurve(
      panel,
      frames.map((frame) => frame.probability),
      "probability",
    );
    const errorRates = frames.map((frame) => frame.errorRate).filter((rate) => rate !== null);
    if (errorRates.length === 0) return [title(words), panel];
    this.#drawCurve(panel, errorRates, "error-rate");
    return [title([...words, [`■ ${strings.error_rate}`, "error-rate"]]), panel];
  }

  #panel() {
    const height = PANEL + 2 * EDGE;
    const svg = pictureOf(this.width, height);
    const marker = svgElement("rect", { class: "marker", y: 0, height, width: this.column });
    this.#markers.push(marker);
    svg.append(marker);
    return svg;
  }

  /**
   * @param {SVGSVGElement} panel
   * @param {number} y
   * @param {string} label
   */
  #drawGrid(panel, y, label) {
    const from = this.middles[0] - this.column / 2;
    const place = { x: tenths(from - TICK_GAP), y: tenths(y), dy: "0.35em", "text-anchor": "end" };
    panel.append(
      svgElement("path", { class: "grid", d: `M${tenths(from)} ${tenths(y)}H${this.width}` }),
      svgElement("text", { class: "tick", ...place }, label),
    );
  }

  /**
   * @param {SVGSVGElement} panel
   * @param {readonly number[]} shares one for every frame
   * @param {Kind} kind
   */
  #drawCurve(panel, shares, kind) {
    const points = shares.map((share, i) => /** @type {Point} */ ([this.middles[i], yOfShare(share)]));
    drawLine(panel, points, kind);
    for (const point of points) drawDot(panel, point, kind);
  }
}

/** @param {[text: string, kind: Kind | ""][]} words */
function title(words) {
  return element("p", {}, ...words.map(([textContent, className]) => element("span", { textContent, className })));
}

/**
 * @param {SVGSVGElement} panel
 * @param {Point[]} points
 * @param {Kind} kind
 */
function drawLine(panel, points, kind) {
  const way = points.map(([x, y]) => `${tenths(x)} ${tenths(y)}`).join("L");
  panel.append(svgElement("path", { class: `line ${kind}`, d: `M${way}` }));
}

/**
 * @param {SVGSVGElement} panel
 * @param {Point} point
 * @param {Kind} kind
 */
function drawDot(panel, [x, y], kind) {
  const corner = { x: tenths(x - SQUARE / 2), y: tenths(y - SQUARE / 2) };
  panel.append(
    kind === "error-rate"
      ? svgElement("rect", { class: `dot ${kind}`, ...corner, width: SQUARE, height: SQUARE })
      : svgElement("circle", { class: `dot ${kind}`, cx: tenths(x), cy: tenths(y), r: RADIUS }),
  );
}
