// The most probable characters of a step: bars that are buttons, each writes its character by force.

/** @import { Moment } from "./journey.js" */
/** @import { Candidate, StagePayload } from "./payload.js" */
import { spoken, visible } from "../shared/characters.js";
import { element, one } from "../shared/elements.js";
import { percent } from "../shared/numbers.js";
import { fill } from "../shared/texts.js";
import { DONE } from "./journey.js";
import { PERCENT_DIGITS } from "./output.js";

/** The bars, and how a step gets into them. */
export class Candidates {
  #step = 0;

  /**
   * @param {HTMLElement} root
   * @param {StagePayload} payload
   * @param {(character: string) => void} force
   */
  constructor(root, payload, force) {
    this.payload = payload;
    this.force = force;
    this.bars = payload.steps[0].candidates.map((_, i) => this.#makeBar(i));
    one(root, ".candidates", HTMLElement).replaceChildren(...this.bars.map(({ item }) => item));
  }

  /** @param {number} i */
  #makeBar(i) {
    const chip = element("span", { className: "chip", ariaHidden: true });
    const bar = element("span", { className: "fill" });
    const share = element("span", { className: "share", ariaHidden: true });
    const track = element("span", { className: "track" }, bar);
    const spoken = element("span", { className: "hidden-text" });
    const button = element("button", { type: "button", onclick: () => this.#choose(i) }, chip, track, share, spoken);
    return { item: element("li", {}, button), button, chip, bar, share, spoken };
  }

  /**
   * What is written here anyway needs no force.
   *
   * @param {number} i
   */
  #choose(i) {
    const { character, candidates } = this.payload.steps[this.#step];
    const chosen = candidates[i].character;
    if (chosen !== character || this.#isForced(chosen)) this.force(chosen);
  }

  /** @param {string} character whether a person has chosen it at this step */
  #isForced(character) {
    return this.payload.forced.includes(this.#step) && character === this.payload.steps[this.#step].character;
  }

  /**
   * @param {number} step
   * @param {Moment} moment of the step
   */
  show(step, moment = DONE) {
    this.#step = step;
    const { candidates } = this.payload.steps[step];
    this.bars.forEach((parts, i) => this.#showBar(parts, candidates[i], moment.weigh));
  }

  /**
   * @param {ReturnType<Candidates["bars"]["at"]> & {}} parts
   * @param {Candidate} candidate
   * @param {number} weighed how far the bar has grown, 0 to 1
   */
  #showBar({ item, button, chip, bar, share, spoken: name }, { character, probability }, weighed) {
    const { strings, steps } = this.payload;
    chip.textContent = visible(character);
    item.style.opacity = String(weighed);
    bar.style.inlineSize = `${100 * probability * weighed}%`;
    share.textContent = percent(probability, PERCENT_DIGITS, strings);
    item.className = character === steps[this.#step].character ? "best" : "";
    const isForced = this.#isForced(character);
    button.setAttribute("aria-pressed", String(isForced));
    const told = isForced ? strings.let_go : strings.force;
    name.textContent = fill(told, { character: spoken(character, strings), percent: share.textContent });
    button.title = name.textContent;
  }
}
