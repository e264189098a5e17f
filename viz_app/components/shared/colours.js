// Colours: what stands on them, and those of a scale. The scales themselves come from Python (viz_app/figures/colours.py).

import { clamp } from "./arithmetic.js";

/** @typedef {[number, number, number]} Rgb 0 to 255 each */
/** @typedef {readonly string[]} Scale colours as #rrggbb, from 0 to 1 */
/** @typedef {{ light: string, dark?: string }} PackedScale hexadecimal digits; `dark` where it differs on dark ground */

// On a colour that reflects as much, black and white can be read equally well.
const READS_EQUALLY = 0.179;
const MIDDLE_GREY = 3 * 128;

/**
 * @param {string} colour as #rrggbb
 * @returns {Rgb}
 */
export function channels(colour) {
  const value = parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** @type {Map<string, Scale>} */
const unpacked = new Map();

/**
 * A scale as it is on the page's ground.
 *
 * @param {PackedScale} packed
 * @param {boolean} onDark
 */
export function scaleOn({ light, dark }, onDark) {
  const digits = (onDark && dark) || light;
  const scale = unpacked.get(digits) ?? (digits.match(/.{6}/g) ?? []).map((colour) => `#${colour}`);
  unpacked.set(digits, scale);
  return scale;
}

/** @param {Rgb} rgb */
export const css = ([r, g, b]) => `rgb(${r} ${g} ${b})`;

/**
 * How much light a colour reflects, 0 to 1: the relative luminance of WCAG 2.
 *
 * @param {string} colour as #rrggbb
 */
export function luminance(colour) {
  const shares = channels(colour).map((channel) => channel / 255);
  const [r, g, b] = shares.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * Black or white, whichever contrasts more: at least 4.58 to 1 on every colour there is.
 *
 * @param {string} colour as #rrggbb
 */
export const inkOn = (colour) => (luminance(colour) > READS_EQUALLY ? "#000000" : "#ffffff");

/**
 * The colour of a share.
 *
 * @param {Scale} scale
 * @param {number} share
 */
export const shade = (scale, share) => scale[Math.round(clamp(share, 0, 1) * (scale.length - 1))];

/**
 * Give something with text in it the colour of a share.
 *
 * @param {HTMLElement} node
 * @param {Scale} scale
 * @param {number} share
 */
export function shadeChip(node, scale, share) {
  const colour = shade(scale, share);
  node.style.background = colour;
  node.style.color = inkOn(colour);
}

/**
 * The bar of a legend.
 *
 * @param {HTMLElement} node
 * @param {Scale} scale
 */
export function shadeBar(node, scale) {
  node.style.background = `linear-gradient(to right, ${scale.join(", ")})`;
}

/** @param {Rgb} ground */
export const isDark = ([r, g, b]) => r + g + b < MIDDLE_GREY;
