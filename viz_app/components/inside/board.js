// All stages on the page: their cards, how they are laid out, and what is drawn on them.

/** @import { Card, Cards } from "./cards.js" */
/** @import { Picture } from "./canvas.js" */
/** @import { Scene } from "./scene.js" */
/** @import { StageName } from "./stages.js" */
import { element, one } from "../shared/elements.js";
import { shortNumber } from "../shared/numbers.js";
import { fill } from "../shared/texts.js";
import { largest } from "./arrays.js";
import { drawLogits, drawScores, drawWeights } from "./bars.js";
import { pictureOfRows } from "./canvas.js";
import { codeLinks, makeCard } from "./cards.js";
import { equationsOf } from "./equations.js";
import { drawFeatures, drawMatrix, drawStrip, placeIn } from "./matrices.js";
import { ANSWER, COLUMNS, MATRICES, STRIPS, codeLine, stagesOf } from "./stages.js";

export const NARROW = 900;

const WIDTHS = ["minmax(0, 3.1fr)", "minmax(0, 3fr)", "138px", "138px", "minmax(0, 3fr)"];
const CLOSED_WIDTH = "44px";
const WIDTHS_WITHOUT_ATTENTION = "minmax(0, 1fr) minmax(0, 1fr)";

/** The cards of a scene. */
export class Board {
  /** @type {Cards} */
  cards = {};
  /** @type {Partial<Record<StageName, Picture>>} */
  #pictures = {};

  /**
   * @param {HTMLElement} root
   * @param {Scene} scene
   */
  constructor(root, scene) {
    this.root = root;
    this.scene = scene;
    this.ids = stagesOf(scene.attends);
    this.ids.forEach((id, i) => (this.cards[id] = makeCard(scene, id, i + 1)));
    const nodes = (/** @type {StageName[]} */ ids) => ids.map((id) => this.#card(id).node);
    const followed = scene.attends ? [element("div", { className: "followed" })] : [];
    const place = one(root, ".board", HTMLElement);
    place.replaceChildren(...nodes(this.ids.filter((id) => !ANSWER.includes(id))), ...followed);
    place.classList.toggle("plain", !scene.attends);
    one(root, ".answer", HTMLElement).replaceChildren(...nodes(this.ids.filter((id) => ANSWER.includes(id))));
  }

  /**
   * @param {StageName} id of a stage that the model has
   * @returns {Card}
   */
  #card(id) {
    const card = this.cards[id];
    if (!card) throw new Error(`there is no card of ${id}`);
    return card;
  }

  /** Whether the stages stand one below the other. */
  get isStacked() {
    return this.root.clientWidth < NARROW;
  }

  /** Fold what is folded; a column all of which is folded becomes thin. */
  layOut() {
    const { folded } = this.scene.view;
    for (const id of this.ids) {
      const { node, button, figure, equation } = this.#card(id);
      const isFolded = folded?.has(id) ?? false;
      node.classList.toggle("folded", isFolded);
      button.ariaExpanded = String(!isFolded);
      figure.hidden = equation.hidden = isFolded;
    }
    const { isStacked } = this;
    this.root.classList.toggle("stacked", isStacked);
    const closed = COLUMNS.map((ids) => !isStacked && ids.every((id) => folded?.has(id)));
    COLUMNS.forEach((ids, i) => {
      for (const id of ids) this.cards[/** @type {StageName} */ (id)]?.node.classList.toggle("thin", closed[i]);
    });
    const widths = WIDTHS.map((width, i) => (closed[i] ? CLOSED_WIDTH : width)).join(" ");
    const columns = this.scene.attends ? widths : WIDTHS_WITHOUT_ATTENTION;
    one(this.root, ".board", HTMLElement).style.gridTemplateColumns = isStacked ? "" : columns;
  }

  /** The pictures are made once a step, the marks on them at every move. */
  makePictures() {
    const { arrays, attention, h, features, theme } = this.scene;
    const add = (/** @type {StageName} */ id, /** @type {ArrayLike<number>[]} */ rows) =>
      (this.#pictures[id] = pictureOfRows(rows, Math.max(...rows.map(largest)), theme));
    add("hs_enc", arrays.hs_enc);
    add("h", [h]);
    add("features", [features]);
    if (!attention) return;
    add("products", attention.products);
    add("weighted_states", attention.weighted_states);
    add("context", [attention.context]);
  }

  /** Everything that depends on what is pointed at. */
  show() {
    const { scene, isStacked } = this;
    const { attention } = scene;
    for (const id of MATRICES) {
      const picture = this.#pictures[id];
      if (this.cards[id] && picture) drawMatrix(scene, id, this.cards[id], picture, isStacked);
    }
    for (const id of STRIPS) this.#showStrip(id);
    if (this.#pictures.features) drawFeatures(scene, this.#card("features"), this.#pictures.features);
    if (attention) drawScores(scene, this.#card("scores"), attention);
    if (attention) drawWeights(scene, this.#card("weights"), attention);
    drawLogits(scene, this.#card("logits"));
    this.#writeEquations();
  }

  /** @param {(typeof STRIPS)[number]} id */
  #showStrip(id) {
    const card = this.cards[id];
    const picture = this.#pictures[id];
    if (!card || !picture || card.figure.hidden) return;
    const above = id === "h" ? "hs_enc" : "weighted_states";
    drawStrip(this.scene, card.canvas, picture, placeIn(this.#card(above).canvas, above, this.isStacked));
    card.canvas.ariaLabel = this.scene.strings[id];
  }

  #writeEquations() {
    const lines = equationsOf(this.scene);
    for (const id of this.ids) {
      const maths = element("p", { className: "maths", textContent: lines[id]?.join("\n"), dir: "ltr" });
      const code = element("code", { textContent: codeLine(id, this.scene) });
      this.#card(id).equation.replaceChildren(code, maths, codeLinks(this.scene, id), ...this.#notes(id));
    }
  }

  /** @param {StageName} id */
  #notes(id) {
    const { strings, attention, source, isChanged } = this.scene;
    const hint = (/** @type {string} */ textContent) => [element("p", { className: "hint", textContent })];
    if (id === "logits") return hint(strings.beside);
    if (id !== "weights" || !isChanged || !attention) return [];
    return hint(fill(strings.changed, { number: shortNumber(attention.softmax[source]) }));
  }
}
