// The bar that stays on top: the steps, the step in a sentence, and the date as a ribbon of characters.

/** @import { Scene } from "./scene.js" */
import { spoken, visible } from "../shared/characters.js";
import { shadeChip } from "../shared/colours.js";
import { element, every, one } from "../shared/elements.js";
import { exactNumber } from "../shared/numbers.js";
import { fill } from "../shared/texts.js";

/**
 * @param {HTMLElement} root
 * @param {Scene} scene
 */
export function buildBar(root, { payload, strings, columns }) {
  const steps = payload.output.map((character, i) => {
    const ariaLabel = `${stepOf(strings, i, payload.output.length)}: ${spoken(character, strings)}`;
    const radio = { type: "radio", name: "step", value: String(i), className: "hidden-text", ariaLabel };
    return element("label", {}, element("input", radio), element("span", { textContent: visible(character) }));
  });
  one(root, ".steps", HTMLElement).replaceChildren(...steps);
  const chips = columns.map(({ label, name, padding }, j) => {
    const chip = { className: padding ? "chip padding" : "chip", role: "option", id: `chip-${j}`, "data-source": j };
    return element("li", { ...chip, "data-name": name, ariaLabel: name, textContent: label });
  });
  one(root, ".ribbon", HTMLElement).replaceChildren(...chips);
}

/**
 * @param {Scene["strings"]} strings
 * @param {number} step
 * @param {number} steps
 */
const stepOf = (strings, step, steps) => fill(strings.step_of, { step: step + 1, steps });

/**
 * @param {HTMLElement} root
 * @param {Scene} scene
 */
export function showStep(root, scene) {
  const { step, last, strings } = scene;
  root.querySelectorAll("[name=step]").forEach((radio, i) => {
    if (radio instanceof HTMLInputElement) radio.checked = i === step;
    radio.parentElement?.classList.toggle("now", i === step);
    radio.parentElement?.classList.toggle("later", i > step);
  });
  for (const button of every(root, ".move")) {
    const to = step + Number(button.dataset.move);
    button.ariaDisabled = String(to < 0 || to > last);
  }
  one(root, ".told", HTMLElement).textContent = tale(scene);
  one(root, ".bar", HTMLElement).ariaLabel = strings.steps;
}

/**
 * The step in a sentence.
 *
 * @param {Scene} scene
 */
function tale({ payload, strings, probabilities, step, last, isForced }) {
  const character = payload.output[step];
  const values = {
    input: `“${visible(payload.inputs[step])}”`,
    output: `“${visible(character)}”`,
    probability: exactNumber(probabilities[payload.vocabulary.indexOf(character)]),
  };
  return `${stepOf(strings, step, last + 1)}. ${fill(isForced ? strings.step_forced : strings.step_told, values)}`;
}

/**
 * Which character is followed, what its state has read, how much attention each has.
 *
 * @param {HTMLElement} root
 * @param {Scene} scene
 */
export function markRibbon(root, scene) {
  const { source, attention, strings } = scene;
  every(root, ".chip").forEach((chip, j) => {
    chip.ariaSelected = String(j === source);
    chip.classList.toggle("read", scene.hasRead(source, j));
    if (!attention) return;
    chip.ariaLabel = `${chip.dataset.name}, ${strings.weight} ${exactNumber(attention.weights[j])}`;
    shadeChip(chip, scene.scale, attention.weights[j]);
  });
  one(root, ".ribbon", HTMLElement).setAttribute("aria-activedescendant", `chip-${source}`);
}
