// The code that computes a stage, over the page.

/** @import { Scene } from "./scene.js" */
import { one } from "../shared/elements.js";
import { fill } from "../shared/texts.js";

/**
 * @param {HTMLElement} root
 * @param {Scene} scene
 * @param {string} name of what is shown
 */
export function openCode(root, { strings, payload }, name) {
  one(root, ".code-name", HTMLElement).textContent = fill(strings.source_of, { name });
  one(root, ".code pre", HTMLElement).textContent = payload.sources[name];
  one(root, ".code", HTMLDialogElement).showModal();
}
