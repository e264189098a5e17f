// What the pointer is on: a source character, a hidden unit, a candidate.

/** @import { Pointed, Scene } from "./scene.js" */
import { clamp } from "../shared/arithmetic.js";
import { originOf } from "../shared/elements.js";
import { ROW } from "./canvas.js";
import { STRIP_LEFT, TOP, placeIn } from "./matrices.js";
import { MATRICES, STRIPS } from "./stages.js";

/** The stages whose canvas has a row for every source character. */
const WITH_ROWS = ["scores", "weights", ...MATRICES];

/**
 * @param {MouseEvent} event
 * @param {Scene} scene
 * @returns {Pointed}
 */
export function pointedAt(event, scene) {
  const target = originOf(event);
  const chip = target?.closest("[data-source]");
  if (chip instanceof HTMLElement) return { source: Number(chip.dataset.source) };
  const candidate = target?.closest("[data-candidate], [data-row]");
  if (candidate instanceof HTMLElement) {
    return { candidate: Number(candidate.dataset.candidate ?? candidate.dataset.row) };
  }
  return target instanceof HTMLCanvasElement ? pointedOnCanvas(target, event, scene) : {};
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {MouseEvent} event
 * @param {Scene} scene
 */
function pointedOnCanvas(canvas, event, { T, H, features }) {
  const box = canvas.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const { stage = "", gate } = canvas.dataset;
  /** @type {Pointed} */
  const at = {};
  const row = Math.floor((y - TOP) / ROW);
  if (WITH_ROWS.includes(stage) && row >= 0 && row < T) at.source = row;
  const matrix = MATRICES.find((name) => name === stage);
  if (matrix) {
    const { left, width } = placeIn(canvas, matrix);
    at.unit = unitAt((x - left) / width, H);
  }
  const inStrip = (x - STRIP_LEFT) / (box.width - 2 * STRIP_LEFT);
  if (gate || STRIPS.some((name) => name === stage)) at.unit = unitAt(inStrip, H);
  if (stage === "features") {
    const unit = unitAt(inStrip, features.length);
    at.unit = unit === undefined ? undefined : unit % H;
  }
  if (canvas.matches(".by-source")) at.source = clamp(Math.floor((x / box.width) * T), 0, T - 1);
  return at;
}

/**
 * @param {number} share of the width
 * @param {number} units
 */
export function unitAt(share, units) {
  return share >= 0 && share < 1 ? Math.floor(share * units) : undefined;
}

/**
 * @param {Pointed} a
 * @param {Pointed} b
 */
export const isSamePointed = (a, b) => a.source === b.source && a.unit === b.unit && a.candidate === b.candidate;
