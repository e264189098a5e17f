// Numbers at the pointer: of a cell, or of a typed character, which is the cell below it in the current row.

/** @import { Column } from "../shared/columns.js" */
/** @import { StagePayload } from "./payload.js" */
import { clamp } from "../shared/arithmetic.js";
import { visible } from "../shared/characters.js";
import { element, one } from "../shared/elements.js";
import { float32Digits, percent } from "../shared/numbers.js";
import { PERCENT_DIGITS } from "./output.js";
import { scoreIn, weightDigits, weightIn } from "./steps.js";

const GAP = 6;

/** The box that is shown at what is pointed at. */
export class Tooltip {
  /** @param {HTMLElement} root the stage, which it stays inside of */
  constructor(root) {
    this.root = root;
    this.node = one(root, ".tooltip", HTMLElement);
  }

  /** Point at nothing. */
  hide() {
    this.node.hidden = true;
  }

  /**
   * @param {Element} place
   * @param {StagePayload} payload
   * @param {number} step
   * @param {Column} column
   */
  show(place, { strings, steps, source }, step, column) {
    const { character } = steps[step];
    const lines = [[strings.weight, weightDigits(steps[step], column)]];
    if (!column.folded) lines.push([strings.score, float32Digits(scoreIn(steps[step], column))]);
    const typed = column.padding ? column.name : visible(source[column.from]);
    one(this.node, ".pair", HTMLElement).textContent = `${visible(character)} ← ${typed}`;
    one(this.node, ".part", HTMLElement).textContent = percent(weightIn(steps[step], column), PERCENT_DIGITS, strings);
    const items = lines.flatMap(([name, value]) => [
      element("dt", { textContent: name }),
      element("dd", { textContent: value }),
    ]);
    one(this.node, "dl", HTMLElement).replaceChildren(...items);
    this.node.hidden = false;
    this.#placeAt(place.getBoundingClientRect());
  }

  /**
   * Above where there is room, below otherwise, never outside the stage.
   *
   * @param {DOMRect} at
   */
  #placeAt(at) {
    const stage = this.root.getBoundingClientRect();
    const left = at.left + at.width / 2 - this.node.offsetWidth / 2 - stage.left;
    const above = at.top - stage.top - this.node.offsetHeight - GAP;
    this.node.style.left = `${clamp(left, 0, stage.width - this.node.offsetWidth)}px`;
    this.node.style.top = `${above >= 0 ? above : at.bottom - stage.top + GAP}px`;
  }
}
