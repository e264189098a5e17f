// The pictures of states: matrices with a row for every source character, and strips of one row.

/** @import { Box, Pen, Picture } from "./canvas.js" */
/** @import { Scene } from "./scene.js" */
/** @import { MATRICES } from "./stages.js" */
import { fill } from "../shared/texts.js";
import { MONOSPACE, ROW, drawFrame, faintly, markUnit, paint, takeUp } from "./canvas.js";

/** @typedef {(typeof MATRICES)[number]} MatrixName */

export const TOP = 16;
export const STRIP_LEFT = 2;

const STRIP = { top: 8, height: 20, below: 10 };
const NAMES_WIDTH = 20;
const SUM_WIDTH = 16;
const EDGE = 2;
const LEAST_WIDTH = 50;
const UNKNOWN_WIDTH = 300;
const BELOW = 4;
const BELOW_WITH_SUM = 18;
const PALE = { arrow: 0.45, padding: 0.5 };

/**
 * Where the picture of a stage lies in its canvas: the characters left of it, what is summed right of it.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {MatrixName} id
 */
export function placeIn(canvas, id) {
  const full = canvas.clientWidth || UNKNOWN_WIDTH;
  const right = id === "products" ? SUM_WIDTH : EDGE;
  return { left: NAMES_WIDTH, width: Math.max(full - NAMES_WIDTH - right, LEAST_WIDTH), full };
}

/**
 * @param {Scene} scene
 * @param {MatrixName} id
 * @param {HTMLCanvasElement} canvas
 * @param {Picture} picture
 */
export function drawMatrix(scene, id, canvas, picture) {
  const { left, width, full } = placeIn(canvas, id);
  const box = { left, top: TOP, width, height: scene.T * ROW };
  const below = id === "weighted_states" ? BELOW_WITH_SUM : BELOW;
  paint(canvas, full, TOP + box.height + below, (pen) => {
    pen.drawImage(picture.image, left, TOP, width, box.height);
    drawFrame(pen, scene.theme, box);
    takeUp(pen, scene.theme);
    drawAxisWords(pen, scene, id, box);
    drawRowNames(pen, scene, left);
    pen.strokeRect(left - 1, TOP + scene.source * ROW - 0.5, width + 2, ROW + 1);
    markUnit(pen, box, scene.unit, scene.H);
  });
}

/**
 * Along the top the hidden axis; at products an arrow over what is summed away to the right, at weighted downwards.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {MatrixName} id
 * @param {Box} box
 */
function drawAxisWords(pen, scene, id, { left, top, width, height }) {
  const { strings } = scene;
  pen.textAlign = "left";
  const over = (/** @type {number} */ number, /** @type {string} */ name) => fill(strings.sum_over, { number, name });
  const hidden = id === "products" ? `Σ → ${over(2, strings.axis_hidden)}` : `2 ${strings.axis_hidden} →`;
  pen.fillText(hidden, left, 7);
  if (id === "products") drawArrows(pen, scene, left + width + SUM_WIDTH / 2);
  if (id === "weighted_states") pen.fillText(`Σ ↓ ${over(1, strings.axis_time)}`, left, top + height + 10);
}

/**
 * An arrow for every row.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {number} x
 */
function drawArrows(pen, { T, source }, x) {
  pen.textAlign = "center";
  for (let j = 0; j < T; j++) {
    faintly(pen, j === source ? 1 : PALE.arrow, () => pen.fillText("→", x, TOP + (j + 0.5) * ROW));
  }
}

/**
 * The source characters, left of their rows.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {number} left of what they name
 */
export function drawRowNames(pen, { columns }, left) {
  pen.font = `11px ${MONOSPACE}`;
  pen.textAlign = "center";
  columns.forEach(({ label, padding }, j) => {
    faintly(pen, padding ? PALE.padding : 1, () => pen.fillText(label, left / 2 - 1, TOP + (j + 0.5) * ROW));
  });
}

/**
 * One row of numbers, with its unit marked.
 *
 * @param {Scene} scene
 * @param {HTMLCanvasElement} canvas
 * @param {Picture} picture
 * @param {{ left: number, width: number, full: number }} place
 */
export function drawStrip(scene, canvas, { image }, { left, width, full }) {
  const box = { left, top: STRIP.top, width, height: STRIP.height };
  paint(canvas, full, STRIP.height + STRIP.below, (pen) => {
    pen.drawImage(image, left, box.top, width, box.height);
    drawFrame(pen, scene.theme, box);
    takeUp(pen, scene.theme);
    markUnit(pen, box, scene.unit, scene.H);
  });
}

/**
 * A state of a stage of its own.
 *
 * @param {Scene} scene
 * @param {HTMLCanvasElement} canvas
 * @param {Picture} picture
 */
export function drawStateStrip(scene, canvas, picture) {
  const full = canvas.clientWidth || UNKNOWN_WIDTH;
  drawStrip(scene, canvas, picture, { left: STRIP_LEFT, width: full - 2 * STRIP_LEFT, full });
}

/**
 * What the logits are computed from: one or two states side by side, each named below.
 *
 * @param {Scene} scene
 * @param {HTMLCanvasElement} canvas
 * @param {Picture} picture
 */
export function drawFeatures(scene, canvas, { image }) {
  const { strings, features, H, attends, theme, unit } = scene;
  const full = canvas.clientWidth || UNKNOWN_WIDTH;
  const width = full - 2 * STRIP_LEFT;
  const box = { left: STRIP_LEFT, top: STRIP.top, width, height: STRIP.height };
  const beside = attends ? strings.context : strings.from_peek;
  const parts = features.length > H ? [beside, strings.h] : [strings.h];
  paint(canvas, full, STRIP.height + 30, (pen) => {
    pen.drawImage(image, box.left, box.top, width, box.height);
    drawFrame(pen, theme, box);
    takeUp(pen, theme);
    parts.forEach((name, i) => {
      const x = box.left + (i * width) / parts.length;
      if (i) pen.strokeRect(x, 4, 0.1, STRIP.height + 8);
      pen.fillText(name, x + 2, STRIP.height + 20);
      markUnit(pen, box, unit + i * H, features.length);
    });
  });
}
