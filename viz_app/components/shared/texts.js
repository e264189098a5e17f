// The words that Python sends: templates, and the places in the HTML that they go to.

import { every } from "./elements.js";

/**
 * Words by name; `{names}` in them are filled in here.
 *
 * @typedef {Readonly<Record<string, string>>} Strings
 */

/**
 * @param {string} template
 * @param {Record<string, unknown>} values
 */
export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * Put the words of a language in their places: `data-text` names a text, `data-label` a name for who cannot see.
 *
 * @param {HTMLElement} root
 * @param {Strings} strings
 * @param {string} language a BCP 47 tag
 */
export function fillTexts(root, strings, language) {
  root.lang = language;
  for (const node of every(root, "[data-text]")) node.textContent = strings[node.dataset.text ?? ""];
  for (const node of every(root, "[data-label]")) {
    const label = strings[node.dataset.label ?? ""];
    node.setAttribute("aria-label", label);
    if (node.matches("button, select, input")) node.title = label;
  }
}

/**
 * The names of a button.
 *
 * @param {HTMLElement} node
 * @param {string} name
 */
export function nameNode(node, name) {
  node.title = name;
  node.setAttribute("aria-label", name);
}
