// The answer of a frame: what is written, how probable each character is, what is right, and what was measured.

/** @import { FilmPayload, Frame } from "./payload.js" */
import { spoken, visible } from "../shared/characters.js";
import { element, one } from "../shared/elements.js";
import { percentDown } from "../shared/numbers.js";
import { fill } from "../shared/texts.js";

/** @typedef {{ item: HTMLLIElement, chip: HTMLSpanElement, share: HTMLSpanElement }} Written */

/** What is written and what is right, and how a frame gets into it. */
export class Answer {
  /**
   * @param {HTMLElement} root
   * @param {FilmPayload} payload
   */
  constructor(root, payload) {
    this.root = root;
    this.payload = payload;
    this.output = this.#characters(".output");
    this.expected = this.#characters(".expected");
  }

  /**
   * @param {string} list
   * @returns {Written[]}
   */
  #characters(list) {
    const items = this.payload.frames[0].output.map(() => {
      const chip = element("span", { className: "chip" });
      const share = element("span", { className: "share", ariaHidden: true });
      return { item: element("li", {}, chip, share), chip, share };
    });
    one(this.root, list, HTMLElement).replaceChildren(...items.map(({ item }) => item));
    return items;
  }

  /** @param {Frame} frame */
  show(frame) {
    this.output.forEach((written, i) => this.#showCharacter(written, frame, i));
    this.#showExpected(frame);
    this.#showMeasures(frame);
  }

  /**
   * @param {Written} written
   * @param {Frame} frame
   * @param {number} i
   */
  #showCharacter({ item, chip, share }, frame, i) {
    const { strings } = this.payload;
    const probability = frame.probabilities[i];
    const isWrong = frame.right !== null && !frame.right[i];
    const number = percentDown(probability);
    chip.textContent = visible(frame.output[i]);
    chip.style.setProperty("--probability", String(probability));
    share.textContent = number;
    item.className = isWrong ? "wrong" : "";
    const percent = fill(strings.percent, { number });
    const told = isWrong ? strings.wrong : strings.probability;
    const name = fill(told, { character: spoken(frame.output[i], strings), percent });
    item.setAttribute("aria-label", name);
    item.title = name;
  }

  /** @param {Frame} frame */
  #showExpected({ expected, right }) {
    one(this.root, ".known", HTMLElement).hidden = expected === null;
    if (expected === null) return;
    this.expected.forEach(({ item, chip }, i) => {
      chip.textContent = visible(expected[i]);
      item.className = right?.[i] ? "" : "differs";
    });
  }

  /** @param {Frame} frame */
  #showMeasures({ measures }) {
    const rows = measures.map(([name, value, what]) => {
      const term = element("dt", { textContent: name }, element("small", { textContent: what }));
      return element("div", {}, term, element("dd", { textContent: value }));
    });
    one(this.root, ".measures", HTMLElement).replaceChildren(...rows);
  }
}
