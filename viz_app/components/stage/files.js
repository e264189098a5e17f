// The decoding as files, which the server makes when somebody asks for one.

/** @import { StagePayload } from "./payload.js" */
/** @import { View } from "./view.js" */
import { element, one } from "../shared/elements.js";
import { addressOf } from "./asker.js";

/**
 * The links stay while their addresses change: who presses one just then has pressed it.
 *
 * @param {HTMLElement} root
 * @param {StagePayload} payload
 * @param {View} view
 */
export function showFiles(root, { files, question, language }, { scale, padding, step }) {
  const place = one(root, ".files", HTMLElement);
  if (place.childElementCount !== files.length) {
    place.replaceChildren(...files.map(() => element("a", { download: "" })));
  }
  const look = { lang: language, scale, padding: padding ? "1" : "", step: String(step + 1) };
  place.querySelectorAll("a").forEach((link, i) => {
    const { format, label, address } = files[i];
    link.href = addressOf(address, { format, ...question, ...look }).href;
    link.textContent = label;
  });
}
