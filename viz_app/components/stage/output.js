// What is written so far, below the typed characters: a place for every character, and below it what would be written
// without changes. The line in a place is as long as its character is probable.

/** @import { Moment } from "./journey.js" */
/** @import { MapParts } from "./stage_map.js" */
import { spoken, visible } from "../shared/characters.js";
import { svgElement } from "../shared/elements.js";
import { percent } from "../shared/numbers.js";
import { fill } from "../shared/texts.js";
import { mapText } from "./map_text.js";

export const PERCENT_DIGITS = 1;

const DROP = 12;
const LINE = { height: 3, inset: 4 };
const LABEL = { gap: 12, size: 13, share: 0.4, room: 170 };

/** @typedef {ReturnType<Output["slots"]["at"]> & {}} Slot */

/** The places of the written characters, and how a step gets into them. */
export class Output {
  /** @param {MapParts} parts */
  constructor(parts) {
    const { payload } = parts;
    this.parts = parts;
    this.slots = payload.steps.map((_, i) => this.#drawSlot(i));
    const list = { class: "output", role: "list", "aria-label": payload.strings.output };
    this.root = svgElement("g", {}, svgElement("g", list, ...this.slots.map(({ group }) => group)));
    this.#label(payload.strings.output, parts.size.slots.y + parts.size.slots.height / 2);
    if (payload.original !== null) this.#drawOriginal(payload.original);
  }

  /** @param {number} i */
  #drawSlot(i) {
    const { size, palette } = this.parts;
    const { y, width, height } = size.slots;
    const middle = size.slots.middle(i);
    const left = middle - width / 2;
    const box = svgElement("rect", { x: left, y, width, height, rx: 4 });
    const track = { x: left + LINE.inset, y: y + height - LINE.height - 3, height: LINE.height, rx: 1 };
    const line = svgElement("rect", { class: "probability", ...track });
    line.style.fill = palette.text;
    const text = mapText(palette, "", middle, y + height / 2 - 1);
    const group = svgElement("g", { role: "listitem", "data-step": i }, box, line, text);
    return { group, box, line, text };
  }

  /**
   * A name left of a line of characters, where there is room for one.
   *
   * @param {string} words
   * @param {number} y
   */
  #label(words, y) {
    const { size, palette } = this.parts;
    const end = size.slots.middle(0) - size.slots.width / 2 - LABEL.gap;
    const fontSize = Math.max(LABEL.size, size.font * LABEL.share);
    if (end - size.rowLabel < (LABEL.room * fontSize) / LABEL.size) return;
    const label = mapText(palette, words, end, y);
    label.setAttribute("text-anchor", "end");
    label.setAttribute("aria-hidden", "true");
    label.style.fill = palette.muted;
    label.style.fontFamily = palette.font;
    label.style.fontSize = `${fontSize}px`;
    this.root.append(label);
  }

  /** @param {string} original what is written without changes */
  #drawOriginal(original) {
    const { payload, size } = this.parts;
    const items = [...original].map((character, i) => this.#drawOriginalCharacter(character, i));
    const list = { class: "original", role: "list", "aria-label": payload.strings.original };
    this.root.append(svgElement("g", list, ...items));
    this.#label(payload.strings.original, size.slots.originalY);
  }

  /**
   * @param {string} character
   * @param {number} i
   */
  #drawOriginalCharacter(character, i) {
    const { payload, size, palette } = this.parts;
    const { strings, steps } = payload;
    const differs = character !== steps[i].character;
    const text = mapText(palette, visible(character), size.slots.middle(i), size.slots.originalY);
    text.style.fontWeight = differs ? "700" : "400";
    text.style.textDecoration = differs ? "underline" : "";
    if (!differs) text.style.fill = palette.muted;
    const name = spoken(character, strings);
    const told = differs ? fill(strings.original_differs, { character: name }) : name;
    return svgElement("g", { role: "listitem", class: differs ? "differs" : "", "aria-label": told }, text);
  }

  /**
   * @param {number} step
   * @param {Moment} moment of the step
   */
  show(step, moment) {
    this.slots.forEach((slot, i) => this.#showSlot(slot, i, i - step, i === step ? moment.write : 1));
  }

  /**
   * @param {Slot} slot
   * @param {number} i
   * @param {number} ahead how many steps the slot is ahead of the current one
   * @param {number} written 0 to 1
   */
  #showSlot({ group, box, line, text }, i, ahead, written) {
    const { payload, palette, size } = this.parts;
    const { strings, steps } = payload;
    const { character, probability } = steps[i];
    const isAhead = ahead > 0;
    const isCurrent = ahead === 0;
    const share = percent(probability, PERCENT_DIGITS, strings);
    const told = fill(strings.probability, { character: spoken(character, strings), percent: share });
    group.setAttribute("class", `slot ${isCurrent ? "current" : isAhead ? "ahead" : "reached"}`);
    group.setAttribute("aria-label", isAhead ? strings.not_written : told);
    box.style.fill = palette.ground;
    box.style.stroke = isCurrent ? palette.now : palette.hair;
    box.style.strokeWidth = isCurrent ? "2.5" : "1";
    box.style.strokeDasharray = isAhead ? "3 3" : "";
    line.setAttribute("width", isAhead ? "0" : String((size.slots.width - 2 * LINE.inset) * probability * written));
    text.textContent = isAhead ? "" : visible(character);
    text.style.opacity = String(written);
    text.style.transform = written < 1 ? `translateY(${DROP * (written - 1)}px)` : "";
    text.style.fontWeight = isCurrent ? "700" : "400";
  }
}
