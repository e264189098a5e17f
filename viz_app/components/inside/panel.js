// The stage that is open: its name and its sentence, its picture, its equation with the numbers of what is pointed at.

/** @import { Picture } from "./canvas.js" */
/** @import { Pictures } from "./line.js" */
/** @import { Scene } from "./scene.js" */
/** @import { StageName } from "./stages.js" */
import { element, one } from "../shared/elements.js";
import { shortNumber } from "../shared/numbers.js";
import { fill } from "../shared/texts.js";
import { markCandidates, showCandidates, showParts } from "./answer.js";
import { largest } from "./arrays.js";
import { drawLogits, drawScores, drawWeights } from "./bars.js";
import { pictureOfRows } from "./canvas.js";
import { axesOf, bookLine, codeLinks, extras, shapeOf } from "./card.js";
import { colourKey } from "./colour_key.js";
import { equationsOf } from "./equations.js";
import { showFollowed } from "./followed.js";
import { titleOf } from "./line.js";
import { drawFeatures, drawMatrix, drawStateStrip } from "./matrices.js";
import { MATRICES, STRIPS, WITH_SOURCE, codeLine, openStage, stagesOf } from "./stages.js";

/**
 * The pictures of all stages that are drawn from a table of numbers, one pixel a number.
 *
 * @param {Scene} scene
 * @returns {Pictures}
 */
export function picturesOf({ arrays, attention, h, features, theme }) {
  const made = (/** @type {ArrayLike<number>[]} */ rows) => pictureOfRows(rows, Math.max(...rows.map(largest)), theme);
  const always = { hs_enc: made(arrays.hs_enc), h: made([h]), features: made([features]) };
  if (!attention) return always;
  const { products, weighted_states, context } = attention;
  return {
    ...always,
    products: made(products),
    weighted_states: made(weighted_states),
    context: made([context]),
  };
}

/** What is below the line of all stages. */
export class Panel {
  /**
   * @param {HTMLElement} root
   * @param {Scene} scene
   */
  constructor(root, scene) {
    this.node = one(root, ".stage", HTMLElement);
    this.scene = scene;
    this.id = openStage(scene.view.stage, scene.attends);
    this.canvas = element("canvas", { role: "img", "data-stage": this.id, ariaLabel: scene.strings[this.id] });
    this.equation = element("div", { className: "equation" });
    /** @type {HTMLElement | null} */
    this.followed = WITH_SOURCE.includes(this.id) && scene.attends ? element("div", { className: "followed" }) : null;
    this.#build();
  }

  #build() {
    const { scene, id, node } = this;
    const figure = element("div", { className: "figure" }, ...(id === "probabilities" ? [] : [this.canvas]));
    figure.append(...extras(scene, id));
    const told = element("p", { className: "sentence", textContent: toldOf(scene, id) });
    const remark = scene.strings[`remark_${id}`];
    const remarks = remark ? [element("p", { className: "hint remark", textContent: remark })] : [];
    const shape = element("div", { className: "head" }, shapeOf(scene, id), axesOf(scene, id));
    const side = element("div", { className: "side" }, shape, this.equation, ...bookLine(scene, id), ...remarks);
    if (this.followed) side.append(this.followed);
    node.dataset.id = id;
    node.className = `stage ${id}`;
    node.setAttribute("aria-labelledby", `tab-${id}`);
    const number = stagesOf(scene.attends).indexOf(id) + 1;
    const title = element("h2", { className: "title", textContent: `${number} · ${titleOf(scene, id)}` });
    const turns = element("div", { className: "turns" }, ...this.#turns());
    node.replaceChildren(element("div", { className: "top" }, title, turns), told, figure, side);
  }

  /** Buttons to the stage before and the one after. */
  #turns() {
    const { scene, id } = this;
    const ids = stagesOf(scene.attends);
    const here = ids.indexOf(id);
    return [here - 1, here + 1].flatMap((place) => {
      const other = ids[place];
      if (other === undefined) return [];
      const name = titleOf(scene, other);
      const textContent = place < here ? `← ${name}` : `${name} →`;
      return [element("button", { type: "button", className: "turn", "data-open": other, textContent })];
    });
  }

  /** What there is to point at: made once a step, so that what has the focus keeps it. */
  showStep() {
    if (this.#hasCandidates) showCandidates(this.node, this.scene);
  }

  get #hasCandidates() {
    return this.id === "logits" || this.id === "probabilities";
  }

  /**
   * Everything that depends on what is pointed at.
   *
   * @param {Pictures} pictures
   */
  show(pictures) {
    const { scene, id, canvas } = this;
    const { attention } = scene;
    const picture = pictures[id];
    if (picture) this.#drawPicture(picture);
    if (id === "scores" && attention) drawScores(scene, canvas, attention);
    if (id === "weights" && attention) drawWeights(scene, canvas, attention);
    if (id === "logits") {
      drawLogits(scene, canvas, this.node.querySelector("canvas.by-source"));
      showParts(this.node, scene);
    }
    if (this.#hasCandidates) markCandidates(this.node, scene);
    if (this.followed && attention) showFollowed(this.followed, scene, attention);
    this.#writeEquation(picture);
  }

  /** @param {Picture} picture */
  #drawPicture(picture) {
    const { scene, id, canvas } = this;
    const matrix = MATRICES.find((name) => name === id);
    if (matrix) drawMatrix(scene, matrix, canvas, picture);
    else if (STRIPS.some((name) => name === id)) drawStateStrip(scene, canvas, picture);
    else drawFeatures(scene, canvas, picture);
  }

  /** @param {Picture | undefined} picture */
  #writeEquation(picture) {
    const { scene, id } = this;
    const lines = equationsOf(scene)[id];
    const maths = element("p", { className: "maths", textContent: lines?.join("\n"), dir: "ltr" });
    const code = element("code", { textContent: codeLine(id, scene) });
    const key = colourKey(scene, id, picture);
    const parts = [code, maths, ...this.#notes(), codeLinks(scene, id)];
    this.equation.replaceChildren(...(key ? [...parts, key] : parts));
  }

  #notes() {
    const { strings, attention, source, isChanged } = this.scene;
    const hint = (/** @type {string} */ textContent) => [element("p", { className: "hint", textContent })];
    if (this.id === "logits") return hint(strings.beside);
    if (this.id !== "weights" || !isChanged || !attention) return [];
    return hint(fill(strings.changed, { number: shortNumber(attention.softmax[source]) }));
  }
}

/**
 * What a stage is, in one sentence that is true of this model.
 *
 * @param {Scene} scene
 * @param {StageName} id
 */
export function toldOf({ strings, payload, features, H, arrays, attends }, id) {
  if (id === "products" && payload.score === "PositionScore") return strings.told_products_of_places;
  if (id === "hs_enc" && !attends) return strings.told_hs_enc_last;
  if (id === "features" && features.length === H) return strings.told_features_alone;
  if (id === "features" && arrays.part_peek) return strings.told_features_peek;
  return strings[`told_${id}`];
}
