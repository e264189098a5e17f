// Pictures of an LSTM cell over time: one unit's way, and what each state has read.

/** @import { Pen } from "./canvas.js" */
/** @import { Scene } from "./scene.js" */
/** @import { Cell } from "./unpacked.js" */
import { clamp } from "../shared/arithmetic.js";
import { PADDING, visible } from "../shared/characters.js";
import { css } from "../shared/colours.js";
import { shortNumber } from "../shared/numbers.js";
import { largest } from "./arrays.js";
import { MONOSPACE, faintly, paint, takeUp } from "./canvas.js";

const WAY = { height: 150, left: 40, top: 8, right: 6, below: 34, unknownWidth: 500 };
const TRIANGLE = { left: 20, top: 18, row: 10, widest: 15, unknownWidth: 400 };
const PALE = { axis: 0.3, known: 0.45, unknown: 0.08 };

/**
 * A character that the cell reads.
 *
 * @param {Scene} scene
 * @param {string} character
 * @param {number} i
 */
function nameAt({ view, payload }, character, i) {
  return view.which === "encoder" && i >= payload.textLength ? PADDING : visible(character);
}

/**
 * Cell state and hidden state of a unit, over all times. The encoder reads from right to left: so does its picture.
 *
 * @param {Scene} scene
 * @param {HTMLCanvasElement} canvas
 * @param {Cell} cell
 * @param {number} t the time that is marked
 */
export function drawWay(scene, canvas, cell, t) {
  const { theme, unit, view, payload } = scene;
  const full = canvas.clientWidth || WAY.unknownWidth;
  const states = cell.cell.map((row) => row[unit]);
  const limit = Math.max(largest(states), 1);
  const step = (full - WAY.left - WAY.right) / states.length;
  const y = (/** @type {number} */ value) => WAY.top + (1 - value / limit) * (WAY.height / 2);
  const x = (/** @type {number} */ i) => WAY.left + (i + 0.5) * step;
  paint(canvas, full, WAY.height + WAY.below, (pen) => {
    takeUp(pen, theme);
    pen.textAlign = "right";
    for (const value of [limit, 0, -limit]) pen.fillText(shortNumber(value), WAY.left - 4, y(value));
    faintly(pen, PALE.axis, () => {
      pen.fillRect(WAY.left, y(0) - 0.5, full - WAY.left, 1);
      pen.fillRect(x(t) - step / 2, 4, step, WAY.height + 8);
    });
    drawLine(pen, states, x, y, css(theme.poles[1]), "c");
    drawLine(
      pen,
      cell.hidden.map((row) => row[unit]),
      x,
      y,
      css(theme.poles[0]),
      "h",
    );
    pen.fillStyle = theme.text;
    pen.font = `${clamp(step, 8, 12)}px ${MONOSPACE}`;
    pen.textAlign = "center";
    cell.characters.forEach((character, i) => pen.fillText(nameAt(scene, character, i), x(i), WAY.height + 18));
    const isBackwards = view.which === "encoder" && payload.readAt[0] > 0;
    pen.textAlign = isBackwards ? "right" : "left";
    pen.fillText(isBackwards ? "←" : "→", isBackwards ? full - WAY.right : WAY.left, WAY.height + 29);
  });
}

/**
 * @param {Pen} pen
 * @param {number[]} values
 * @param {(i: number) => number} x
 * @param {(value: number) => number} y
 * @param {string} colour
 * @param {string} name
 */
function drawLine(pen, values, x, y, colour, name) {
  pen.strokeStyle = pen.fillStyle = colour;
  pen.lineWidth = 2;
  pen.beginPath();
  values.forEach((value, i) => pen.lineTo(x(i), y(value)));
  pen.stroke();
  values.forEach((value, i) => pen.fillRect(x(i) - 2, y(value) - 2, 4, 4));
  pen.textAlign = "left";
  pen.font = `700 12px ${MONOSPACE}`;
  pen.fillText(name, x(0) + 4, Math.max(y(values[0]) - 8, 7));
}

/**
 * When the chosen unit has read each character, counted from 0.
 *
 * @param {Scene} scene
 * @param {number} count
 */
function readingOrder({ view, payload, unit, H }, count) {
  if (view.which === "decoder") return Array.from({ length: count }, (_, i) => i);
  // The second half of a bidirectional encoder's units has read from the other end.
  const isOtherEnd = payload.bothWays && unit >= H / 2;
  return isOtherEnd ? [...payload.readAt].reverse() : payload.readAt;
}

/**
 * Row i is filled at every character that the state at i knows of.
 *
 * @param {Scene} scene
 * @param {HTMLCanvasElement} canvas
 * @param {Cell} cell
 * @param {number} t the time that is marked
 */
export function drawTriangle(scene, canvas, { characters }, t) {
  const { left, top, row, widest, unknownWidth } = TRIANGLE;
  const count = characters.length;
  const full = canvas.clientWidth || unknownWidth;
  const side = Math.min((full - left) / count, widest);
  const order = readingOrder(scene, count);
  paint(canvas, full, top + count * row, (pen) => {
    takeUp(pen, scene.theme);
    pen.font = `10px ${MONOSPACE}`;
    pen.textAlign = "center";
    characters.forEach((character, i) => {
      pen.fillText(nameAt(scene, character, i), left + (i + 0.5) * side, 8);
      pen.fillText(nameAt(scene, character, i), 9, top + (i + 0.5) * row);
      order.forEach((at, j) => {
        const alpha = at > order[i] ? PALE.unknown : i === t ? 1 : PALE.known;
        faintly(pen, alpha, () => pen.fillRect(left + j * side + 0.5, top + i * row + 0.5, side - 1, row - 1));
      });
    });
  });
}
