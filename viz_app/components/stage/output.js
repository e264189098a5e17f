// What is written so far, a chip a character, and below it what would be written without changes.

/** @import { Scale } from "../shared/colours.js" */
/** @import { StagePayload } from "./payload.js" */
import { spoken, visible } from "../shared/characters.js";
import { shadeChip } from "../shared/colours.js";
import { element, one } from "../shared/elements.js";
import { percent } from "../shared/numbers.js";
import { fill, nameNode } from "../shared/texts.js";

export const PERCENT_DIGITS = 1;

/** The written characters, and how a step gets into them. */
export class Output {
  /**
   * @param {HTMLElement} root
   * @param {StagePayload} payload
   * @param {Scale} colours
   * @param {(step: number) => void} choose
   */
  constructor(root, payload, colours, choose) {
    this.payload = payload;
    this.colours = colours;
    this.chips = payload.steps.map((_, i) => element("li", { onclick: () => choose(i) }));
    one(root, ".output", HTMLElement).replaceChildren(...this.chips);
    one(root, ".without", HTMLElement).hidden = payload.original === null;
    one(root, ".original", HTMLElement).replaceChildren(...originalItems(payload));
  }

  /** @param {number} step */
  show(step) {
    this.chips.forEach((chip, i) => this.#showChip(chip, i, step));
  }

  /**
   * @param {HTMLElement} chip
   * @param {number} i
   * @param {number} current
   */
  #showChip(chip, i, current) {
    const { steps, strings } = this.payload;
    const { character, probability } = steps[i];
    if (i > current) {
      chip.className = "ahead";
      chip.textContent = "";
      chip.style.background = "";
      chip.style.color = "";
      return nameNode(chip, strings.not_written);
    }
    chip.className = i === current ? "current" : "reached";
    chip.textContent = visible(character);
    shadeChip(chip, this.colours, probability);
    const share = percent(probability, PERCENT_DIGITS, strings);
    nameNode(chip, fill(strings.probability, { character: spoken(character, strings), percent: share }));
  }
}

/** @param {StagePayload} payload */
function originalItems({ original, steps, strings }) {
  return [...(original ?? "")].map((character, i) => {
    const differs = character !== steps[i].character;
    const item = element("li", { className: differs ? "differs" : "", textContent: visible(character) });
    const name = spoken(character, strings);
    item.setAttribute("aria-label", differs ? fill(strings.original_differs, { character: name }) : name);
    return item;
  });
}
