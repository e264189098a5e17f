// The answer: the most probable characters, and what the logit of each is the sum of.

/** @import { Rgb } from "../shared/colours.js" */
/** @import { Scene } from "./scene.js" */
import { visible } from "../shared/characters.js";
import { css } from "../shared/colours.js";
import { element, every, one } from "../shared/elements.js";
import { exactNumber, shortNumber } from "../shared/numbers.js";
import { largest } from "./arrays.js";
import { tint } from "./canvas.js";

const CELL_STRENGTH = 0.45;

/**
 * @param {HTMLElement} root
 * @param {Scene} scene
 */
export function showCandidates(root, { payload, probabilities, step }) {
  const items = payload.best[step].map((id, n) => {
    const bar = element("span", { className: "fill" });
    bar.style.inlineSize = `${100 * probabilities[id]}%`;
    const character = element("b", { textContent: visible(payload.vocabulary[id]) });
    const number = element("span", { textContent: exactNumber(probabilities[id]) });
    const button = element("button", { type: "button", "data-candidate": n }, bar, character, number);
    return element("li", {}, button);
  });
  one(root, ".candidates", HTMLElement).replaceChildren(...items);
}

/**
 * @param {HTMLElement} root
 * @param {Scene} scene
 */
export function markCandidates(root, { candidate }) {
  every(root, "[data-candidate]").forEach((node, n) => (node.ariaPressed = String(n === candidate)));
}

/**
 * The table of parts, a row for every candidate.
 *
 * @param {HTMLElement} root
 * @param {Scene} scene
 */
export function showParts(root, scene) {
  const { strings, payload, step, candidate } = scene;
  const names = [strings.character, ...scene.partsOf(0).map(([name]) => name), strings.logit];
  const head = names.map((name) => element("th", { scope: "col", textContent: name }));
  const numbers = payload.best[step].map((id) => scene.partsOf(id).map(([, value]) => value));
  const limit = Math.max(...numbers.map(largest));
  const rows = payload.best[step].map((id, n) => {
    const name = element("th", { scope: "row", textContent: visible(payload.vocabulary[id]) });
    const cells = numbers[n].map((value) => partCell(scene, value, limit));
    const total = element("td", { className: "total", textContent: shortNumber(scene.logits[id]) });
    return element("tr", { className: n === candidate ? "chosen" : "", "data-row": n }, name, ...cells, total);
  });
  const parts = [element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)];
  one(root, ".parts", HTMLElement).replaceChildren(...parts);
}

/**
 * @param {Scene} scene
 * @param {number} value
 * @param {number} limit
 */
function partCell({ theme }, value, limit) {
  const cell = element("td", { textContent: shortNumber(value) });
  const strong = tint(value, limit, theme);
  const pale = strong.map((c, i) => Math.round(CELL_STRENGTH * c + (1 - CELL_STRENGTH) * theme.ground[i]));
  cell.style.background = css(/** @type {Rgb} */ (pale));
  return cell;
}
