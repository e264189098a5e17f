// What belongs to a stage besides its picture: shape and axes, and the code that computes it.

/** @import { Scene } from "./scene.js" */
/** @import { StageName } from "./stages.js" */
import { element } from "../shared/elements.js";
import { fill } from "../shared/texts.js";
import { STAGES } from "./stages.js";

/**
 * What stands below the picture.
 *
 * @param {Scene} scene
 * @param {StageName} id
 */
export function extras({ strings, arrays }, id) {
  if (id !== "logits" && id !== "probabilities") return [];
  const hint = element("p", { className: "hint", textContent: strings.candidates });
  const candidates = [hint, element("ol", { className: "candidates" })];
  if (id === "probabilities") return candidates;
  const parts = [...candidates, element("table", { className: "parts" })];
  return arrays.by_source ? [...parts, captionedCanvas(strings.by_source, "by-source")] : parts;
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
export function shapeOf({ T, H, features, payload }, id) {
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
export function axesOf({ strings, T, H, features, payload }, id) {
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
  return element("p", { className: "links", role: "group", ariaLabel }, ...links);
}

/**
 * In which section the book tells of a stage; nothing where it does not.
 *
 * @param {Scene} scene
 * @param {string} id of the stage, or "cell"
 */
export function bookLine({ payload, strings }, id) {
  const section = payload.sections[id];
  return section ? [element("p", { className: "book", textContent: fill(strings.book, { section }) })] : [];
}
