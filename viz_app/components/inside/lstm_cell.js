// The LSTM cell that reads a character: its gates as strips, a unit's numbers as an equation, pictures over time.

/** @import { GateName } from "./payload.js" */
/** @import { Scene } from "./scene.js" */
/** @import { Cell } from "./unpacked.js" */
import { visible } from "../shared/characters.js";
import { element, one } from "../shared/elements.js";
import { bracketed, exactNumber, shortNumber } from "../shared/numbers.js";
import { fill } from "../shared/texts.js";
import { largest } from "./arrays.js";
import { pictureOfRows } from "./canvas.js";
import { bookLine, captionedCanvas, codeLinks } from "./card.js";
import { largestUnits } from "./followed.js";
import { drawTriangle, drawWay } from "./lstm_pictures.js";
import { STRIP_LEFT, drawStrip } from "./matrices.js";

const UNKNOWN_WIDTH = 600;
// Between -1 and 1 by their making; a cell state has no limit.
const LIMITED = ["f", "i", "o", "g", "hidden"];

/** @type {[id: GateName, symbol: string, string: string][]} */
const GATES = [
  ["f", "f", "gate_f"],
  ["i", "i", "gate_i"],
  ["g", "g", "gate_g"],
  ["o", "o", "gate_o"],
  ["cell_before", "c₋", "cell_before"],
  ["cell", "c", "cell_state"],
  ["hidden", "h", "hidden_state"],
];

/** The part of the page that a person opens; its numbers are sent then. */
export class LstmCell {
  /** @type {{ id: GateName, canvas: HTMLCanvasElement, units: HTMLElement }[]} */
  #gates = [];

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.body = one(root, ".cell-body", HTMLElement);
    this.opener = one(root, ".open-cell", HTMLButtonElement);
  }

  /** @param {Scene} scene */
  build(scene) {
    const { strings, view, cells, H } = scene;
    this.body.hidden = !view.cellOpen;
    this.opener.ariaExpanded = String(view.cellOpen);
    if (!view.cellOpen) return;
    if (!cells) {
      const waiting = element("p", { className: "hint", role: "status", textContent: strings.loading });
      return this.body.replaceChildren(waiting);
    }
    const gates = GATES.map(([id, symbol, string]) => gateRow(id, symbol, strings[string]));
    this.#gates = gates;
    const ariaLabel = fill(strings.choose_unit, { count: H });
    const slider = element("input", { type: "range", className: "unit", min: "0", max: String(H - 1), ariaLabel });
    const unit = element("label", { className: "row" }, element("span", { className: "gate unit-name" }), slider);
    // Named by `show`, for the unit that is shown.
    const pictures = [captionedCanvas("", "trajectory"), captionedCanvas(strings.triangle, "triangle")];
    this.body.replaceChildren(
      whichChoice(scene),
      element("p", { className: "cell-told" }),
      ...gates.map(({ node }) => node),
      unit,
      element("p", { className: "maths cell-maths" }),
      codeLinks(scene, "cell"),
      ...bookLine(scene, "cell"),
      element("div", { className: "pictures" }, ...pictures),
    );
  }

  /** @param {Scene} scene */
  show(scene) {
    const { view, cells, strings, unit } = scene;
    if (!view.cellOpen || !cells) return;
    const cell = cells[view.which];
    const t = view.which === "encoder" ? scene.source : view.step;
    one(this.body, ".cell-told", HTMLElement).textContent = toldOf(scene, cell, t);
    for (const { id, canvas, units } of this.#gates) {
      const full = canvas.clientWidth || UNKNOWN_WIDTH;
      const limit = LIMITED.includes(id) ? 1 : Math.max(largest(cell.cell[t]), largest(cell.cell_before[t]));
      const picture = pictureOfRows([cell[id][t]], limit, scene.theme);
      drawStrip(scene, canvas, picture, { left: STRIP_LEFT, width: full - 2 * STRIP_LEFT, full });
      units.textContent = largestUnits(cell[id][t]);
    }
    one(this.body, "input.unit", HTMLInputElement).value = String(unit);
    one(this.body, ".unit-name", HTMLElement).textContent = fill(strings.unit, { unit });
    one(this.body, ".cell-maths", HTMLElement).textContent = cellLines(cell, t, unit).join("\n");
    const trajectory = one(this.body, ".trajectory", HTMLCanvasElement);
    trajectory.ariaLabel = fill(strings.trajectory, { unit });
    drawWay(scene, trajectory, cell, t);
    drawTriangle(scene, one(this.body, ".triangle", HTMLCanvasElement), cell, t);
    one(this.body, "figcaption", HTMLElement).textContent = fill(strings.trajectory, { unit });
  }
}

/**
 * @param {GateName} id
 * @param {string} symbol
 * @param {string} name
 */
function gateRow(id, symbol, name) {
  const canvas = element("canvas", { role: "img", "data-gate": id, ariaLabel: name });
  const units = element("span", { className: "units" });
  const label = element("span", { className: "gate" }, element("b", { textContent: symbol }), ` ${name}`);
  return { id, canvas, units, node: element("div", { className: "row" }, label, canvas, units) };
}

/** @param {Scene} scene */
function whichChoice({ strings, view }) {
  const choices = ["encoder", "decoder"].map((which) => {
    const radio = { type: "radio", name: "which", value: which, checked: which === view.which };
    return element("label", {}, element("input", radio), strings[which]);
  });
  return element("div", { className: "which", role: "radiogroup", ariaLabel: strings.cell }, ...choices);
}

/**
 * @param {Scene} scene
 * @param {Cell} cell
 * @param {number} t
 */
function toldOf({ strings, view, payload }, { characters }, t) {
  const time = view.which === "encoder" ? payload.readAt[t] + 1 : t + 1;
  const values = { character: `“${visible(characters[t])}”`, time, total: characters.length };
  return fill(view.which === "encoder" ? strings.cell_encoder : strings.cell_decoder, values);
}

/**
 * The equations of a unit of the cell.
 *
 * @param {Cell} cell
 * @param {number} t
 * @param {number} k the unit
 */
export function cellLines(cell, t, k) {
  const at = (/** @type {GateName} */ id) => cell[id][t][k];
  const kept = `${shortNumber(at("f"))} · ${bracketed(at("cell_before"))}`;
  const added = `${shortNumber(at("i"))} · ${bracketed(at("g"))}`;
  const shown = `${shortNumber(at("o"))} · ${bracketed(Math.tanh(at("cell")))}`;
  return [
    `c[${k}] = f · c₋ + i · g = ${kept} + ${added} = ${exactNumber(at("cell"))}`,
    `h[${k}] = o · tanh(c) = ${shown} = ${exactNumber(at("hidden"))}`,
  ];
}
