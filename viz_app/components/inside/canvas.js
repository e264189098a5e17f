// Drawing on canvas: pictures of numbers, and the marks on them.

/** @import { Rgb } from "../shared/colours.js" */
import { isDark } from "../shared/colours.js";
import { penOf } from "../shared/elements.js";
import { pixelPicture } from "../shared/pixels.js";
import { groundOf } from "../shared/theme.js";

/** @typedef {CanvasRenderingContext2D} Pen */
/** @typedef {{ left: number, top: number, width: number, height: number }} Box */
/** @typedef {{ ground: Rgb, onDark: boolean, text: string, poles: readonly [Rgb, Rgb], font: string }} Theme */
/** @typedef {{ image: HTMLCanvasElement, limit: number }} Picture `limit` is the number of the strongest colour */

export const ROW = 14;
export const MONOSPACE = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono', monospace";

const FONT_SIZE = 11;
const FAINT = 0.35;
const MARK = { width: 4, above: 5 };

// Below zero, above zero; zero is the ground. Told apart with red-green colour blindness too.
/** @type {Record<"light" | "dark", readonly [Rgb, Rgb]>} */
const POLES = {
  light: [
    [33, 102, 172],
    [196, 90, 16],
  ],
  dark: [
    [112, 178, 240],
    [240, 160, 80],
  ],
};

/**
 * The colours and the font of the page.
 *
 * @param {HTMLElement} root
 * @returns {Theme}
 */
export function themeOf(root) {
  const ground = groundOf(root);
  const { color, fontFamily } = getComputedStyle(root);
  const onDark = isDark(ground);
  return { ground, onDark, text: color, poles: POLES[onDark ? "dark" : "light"], font: fontFamily };
}

/**
 * A canvas as sharp as the screen; `draw` works in CSS pixels.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 * @param {(pen: Pen) => void} draw
 */
export function paint(canvas, width, height, draw) {
  const sharpness = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * sharpness);
  canvas.height = Math.round(height * sharpness);
  canvas.style.blockSize = `${height}px`;
  const pen = penOf(canvas);
  pen.scale(sharpness, sharpness);
  pen.imageSmoothingEnabled = false;
  draw(pen);
}

/**
 * The colour of a number: blue below zero, orange above, as strong as `limit` allows.
 *
 * @param {number} value
 * @param {number} limit
 * @param {Theme} theme
 * @returns {Rgb}
 */
export function tint(value, limit, { poles, ground }) {
  const share = limit ? Math.min(Math.abs(value) / limit, 1) : 0;
  const pole = poles[value < 0 ? 0 : 1];
  const mixed = (/** @type {0 | 1 | 2} */ i) => Math.round(ground[i] + share * (pole[i] - ground[i]));
  return [mixed(0), mixed(1), mixed(2)];
}

/**
 * @param {readonly ArrayLike<number>[]} rows
 * @param {number} limit
 * @param {Theme} theme
 * @returns {Picture}
 */
export const pictureOfRows = (rows, limit, theme) => ({
  image: pixelPicture(rows, (value) => tint(value, limit, theme)),
  limit,
});

/**
 * Make ready to write and to draw lines.
 *
 * @param {Pen} pen
 * @param {Theme} theme
 * @param {number} size of the letters
 */
export function takeUp(pen, theme, size = FONT_SIZE) {
  pen.font = `${size}px ${theme.font}`;
  pen.fillStyle = theme.text;
  pen.strokeStyle = theme.text;
  pen.lineWidth = 2;
  pen.textBaseline = "middle";
}

/**
 * @param {Pen} pen
 * @param {number} alpha 0 to 1
 * @param {() => void} draw
 */
export function faintly(pen, alpha, draw) {
  pen.globalAlpha = alpha;
  draw();
  pen.globalAlpha = 1;
}

/**
 * A thin line around a box.
 *
 * @param {Pen} pen
 * @param {Theme} theme
 * @param {Box} box
 */
export function drawFrame(pen, theme, { left, top, width, height }) {
  pen.strokeStyle = theme.text;
  pen.lineWidth = 1;
  faintly(pen, FAINT, () => pen.strokeRect(left - 0.5, top - 0.5, width + 1, height + 1));
}

/**
 * An arrow head above a unit, and a faint box over its column.
 *
 * @param {Pen} pen
 * @param {Box} box
 * @param {number} unit
 * @param {number} units
 */
export function markUnit(pen, { left, top, width, height }, unit, units) {
  const x = left + ((unit + 0.5) / units) * width;
  pen.beginPath();
  pen.moveTo(x - MARK.width, top - MARK.above);
  pen.lineTo(x + MARK.width, top - MARK.above);
  pen.lineTo(x, top);
  pen.fill();
  pen.lineWidth = 1;
  faintly(pen, FAINT, () => pen.strokeRect(x - 1.5, top, 3, height));
}
