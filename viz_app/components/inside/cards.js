// A stage as a card: name, shape and axes; the picture; the equation; the code. Folded, only the first line.

/** @import { Scene } from "./scene.js" */
/** @import { StageName } from "./stages.js" */
import { element } from "../shared/elements.js";
import { fill } from "../shared/texts.js";
import { STAGES } from "./stages.js";

/**
 * @typedef {object} Card
 * @property {HTMLElement} node
 * @property {HTMLButtonElement} button that folds it
 * @property {HTMLElement} figure
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLElement} equation
 */

/** @typedef {Partial<Record<StageName, Card>>} Cards */

/**
 * @param {Scene} scene
 * @param {StageName} id
 * @param {number} number which it is, counted from 1
 * @returns {Card}
 */
export function makeCard(scene, id, number) {
  const button = foldButton(scene, id, number);
  const canvas = element("canvas", { role: "img", "data-stage": id });
  const figure = element("div", { className: "figure" }, ...(id === "probabilities" ? [] : [canvas]));
  figure.append(...extras(scene, id));
  const equation = element("div", { className: "equation" });
  const head = element("div", { className: "head" }, element("h3", {}, button), shapeOf(scene, id), axesOf(scene, id));
  const node = element("section", { className: `stage ${id}`, "data-id": id }, head, figure, equation);
  return { node, button, figure, canvas, equation };
}

/**
 * @param {Scene} scene
 * @param {StageName} id
 * @param {number} number
 */
function foldButton(scene, id, number) {
  const parts = [
    element("span", { className: "number", textContent: String(number) }),
    element("span", { className: "title", textContent: titleOf(scene, id) }),
    element("span", { className: "chevron", ariaHidden: "true" }),
  ];
  const title = fill(scene.strings.fold, { stage: scene.strings[id] });
  return element("button", { type: "button", className: "fold", "data-fold": id, title }, ...parts);
}

/**
 * Without attention and peeking nothing stands beside the decoder's state.
 *
 * @param {Scene} scene
 * @param {StageName} id
 */
function titleOf({ strings, features, H }, id) {
  return strings[id === "features" && features.length === H ? "h" : id];
}

/**
 * What stands below the picture.
 *
 * @param {Scene} scene
 * @param {StageName} id
 */
function extras({ strings, arrays }, id) {
  if (id === "logits") {
    const table = element("table", { className: "parts" });
    return arrays.by_source ? [table, captionedCanvas(strings.by_source, "by-source")] : [table];
  }
  if (id !== "probabilities") return [];
  const hint = element("p", { className: "hint", textContent: strings.candidates });
  return [hint, element("ol", { className: "candidates" })];
}

/**
 * @param {string} caption
 * @param {string} className of the canvas
 */
export function captionedCanvas(caption, className) {
  const canvas = element("canvas", { className, role: "img", "aria-label": caption });
  return element("figure", {}, element("figcaption", { textContent: caption }), canvas);
}

/**
 * @param {Scene} scene
 * @param {StageName} id
 */
function shapeOf({ T, H, features, payload }, id) {
  /** @type {Record<string, number>} */
  const sizes = { T_enc: T, "2H": features.length, H, V: payload.vocabulary.length };
  const name = id === "features" && features.length === H ? "(H,)" : STAGES[id].shape;
  const shape = name.replace(/T_enc|2H|H|V/g, (symbol) => String(sizes[symbol]));
  return element("p", { className: "shape", textContent: `${name} = ${shape}` });
}

/**
 * The axes of the array as (N, T, H) has them; the one that a sum has removed is struck out.
 *
 * @param {Scene} scene
 * @param {StageName} id
 */
function axesOf({ strings, T, H, features, payload }, id) {
  const hidden = id === "features" ? features.length : H;
  /** @type {Record<string, number>} */
  const sizes = { batch: 1, time: T, hidden, vocabulary: payload.vocabulary.length };
  const marks = STAGES[id].axes.map((axis, i) => {
    const isGone = axis.startsWith("-");
    const name = axis.replace("-", "");
    const values = { number: i, name: strings[`axis_${name}`], size: sizes[name] };
    const title = fill(isGone ? strings.axis_gone : strings.axis, values);
    const number = element("b", { textContent: values.number });
    const words = ` ${values.name} ${isGone ? "Σ" : values.size}`;
    return element("span", { className: isGone ? "axis gone" : "axis", title }, number, words);
  });
  return element("p", { className: "axes" }, ...marks);
}

/**
 * Buttons that open the code which computes a stage.
 *
 * @param {Scene} scene
 * @param {string} id of the stage, or "cell"
 */
export function codeLinks(scene, id) {
  const names = scene.codeOf(id);
  const links = names.map((name) => {
    const [owner, method] = name.split(".");
    // A line may break after the dot.
    const parts = method ? [`${owner}.`, element("wbr"), method] : [owner];
    return element("button", { type: "button", className: "source", "data-code": name }, ...parts);
  });
  const ariaLabel = fill(scene.strings.code, { names: names.join(", ") });
  return element("p", { className: "links", ariaLabel }, ...links);
}
