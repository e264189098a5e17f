// Bars: scores and weights in line with the matrices, logits upright.

/** @import { Row } from "./arrays.js" */
/** @import { Pen } from "./canvas.js" */
/** @import { Attention, Scene } from "./scene.js" */
import { clamp } from "../shared/arithmetic.js";
import { visible } from "../shared/characters.js";
import { css, shade } from "../shared/colours.js";
import { briefNumber, shortNumber } from "../shared/numbers.js";
import { largest } from "./arrays.js";
import { MONOSPACE, ROW, faintly, paint, takeUp } from "./canvas.js";
import { TOP, drawRowNames } from "./matrices.js";

/** @typedef {(pen: Pen, value: number, y: number, room: number) => void} DrawBar */

const NAME = 20;
const NUMBER = 52;
const UNKNOWN_WIDTH = { column: 120, upright: 500 };
const BELOW_ZERO = 0.3;
const UPRIGHT = { logits: 66, bySource: 58 };
const FONT_SIZES = /** @type {const} */ ([7, 12]);

/**
 * @param {Scene} scene
 * @param {number} value
 */
const poleOf = ({ theme }, value) => css(theme.poles[value < 0 ? 0 : 1]);

/**
 * Scores: a number and a bar for every source character.
 *
 * @param {Scene} scene
 * @param {HTMLCanvasElement} canvas
 * @param {Attention} attention
 */
export function drawScores(scene, canvas, { scores }) {
  const limit = largest(scores);
  drawColumn(scene, canvas, scores, (pen, value, y, room) => {
    const zero = NAME + room * BELOW_ZERO;
    const reach = (value / limit) * room * (value < 0 ? BELOW_ZERO : 1 - BELOW_ZERO);
    pen.fillStyle = poleOf(scene, value);
    pen.fillRect(Math.min(zero, zero + reach), y + 2, Math.abs(reach), ROW - 4);
  });
}

/**
 * Weights: a number and a colour for every source character, and their sum.
 *
 * @param {Scene} scene
 * @param {HTMLCanvasElement} canvas
 * @param {Attention} attention
 */
export function drawWeights(scene, canvas, { weights }) {
  const sum = Array.from(weights).reduce((total, value) => total + value, 0);
  /** @type {DrawBar} */
  const drawWeight = (pen, value, y, room) => {
    pen.fillStyle = shade(scene.scale, value);
    pen.fillRect(NAME, y + 0.5, room, ROW - 1);
  };
  drawColumn(scene, canvas, weights, drawWeight, `Σ = ${shortNumber(sum)}`);
}

/**
 * @param {Scene} scene
 * @param {HTMLCanvasElement} canvas
 * @param {Row} values
 * @param {DrawBar} drawBar
 * @param {string} below what stands below the last number
 */
function drawColumn(scene, canvas, values, drawBar, below = "") {
  const { theme, T, source } = scene;
  const full = canvas.clientWidth || UNKNOWN_WIDTH.column;
  paint(canvas, full, TOP + T * ROW + 18, (pen) => {
    takeUp(pen, theme);
    drawRowNames(pen, scene, NAME);
    pen.textAlign = "right";
    values.forEach((value, j) => {
      const y = TOP + j * ROW;
      drawBar(pen, value, y, full - NAME - NUMBER);
      pen.fillStyle = theme.text;
      pen.font = `${j === source ? "700 " : ""}10.5px ${MONOSPACE}`;
      pen.fillText(briefNumber(value), full - 3, y + ROW / 2);
    });
    takeUp(pen, theme);
    pen.lineWidth = 1.5;
    pen.strokeRect(1, TOP + source * ROW - 0.5, full - 2, ROW + 1);
    pen.fillText(below, full - 3, TOP + T * ROW + 10);
  });
}

/**
 * The logits of all characters, and below them what each source character brings to the chosen one.
 *
 * @param {Scene} scene
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLCanvasElement | null} below
 */
export function drawLogits(scene, canvas, below) {
  const { logits, payload, arrays, step, candidate, columns } = scene;
  const names = payload.vocabulary.map(visible);
  drawUprights(scene, canvas, logits, names, scene.chosenId, UPRIGHT.logits);
  if (!below || !arrays.by_source) return;
  const labels = columns.map(({ label }) => label);
  drawUprights(scene, below, arrays.by_source[step][candidate], labels, scene.source, UPRIGHT.bySource);
}

/**
 * Bars that stand on a line of zeros, each with its name.
 *
 * @param {Scene} scene
 * @param {HTMLCanvasElement} canvas
 * @param {Row} values
 * @param {string[]} names
 * @param {number} chosen
 * @param {number} height
 */
function drawUprights(scene, canvas, values, names, chosen, height) {
  const full = canvas.clientWidth || UNKNOWN_WIDTH.upright;
  const { theme } = scene;
  const { zero, reachOf } = uprightScale(values, height);
  const width = full / values.length;
  paint(canvas, full, height + 16, (pen) => {
    takeUp(pen, theme);
    pen.font = `${clamp(width * 1.25, ...FONT_SIZES)}px ${MONOSPACE}`;
    pen.textAlign = "center";
    values.forEach((value, i) => {
      const reach = reachOf(value);
      pen.fillStyle = poleOf(scene, value);
      pen.fillRect(i * width + 0.5, Math.min(zero, zero - reach), Math.max(width - 1, 1), Math.abs(reach));
      pen.fillStyle = theme.text;
      faintly(pen, i === chosen ? 1 : 0.7, () => pen.fillText(names[i], (i + 0.5) * width, height + 8));
    });
    faintly(pen, 0.6, () => pen.fillRect(0, zero - 0.5, full, 1));
    pen.lineWidth = 1.5;
    pen.strokeRect(chosen * width, 1, width, height + 13);
  });
}

/**
 * Where zero is in a chart of a height, and how far a value reaches up from it.
 *
 * @param {ArrayLike<number>} values
 * @param {number} height
 */
export function uprightScale(values, height) {
  const limit = largest(values) || 1;
  const all = Array.from(values);
  const low = Math.max(0, -Math.min(...all, 0)) / limit;
  const high = Math.max(0, ...all) / limit;
  const unit = (height - 4) / (low + high || 1);
  return { zero: 2 + high * unit, reachOf: (/** @type {number} */ value) => (value / limit) * unit };
}
