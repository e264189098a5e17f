// The decoding as files, which the server makes when somebody asks for one.

/** @import { StagePayload } from "./payload.js" */
/** @import { View } from "./view.js" */
import { element, one } from "../shared/elements.js";
import { addressOf } from "./asker.js";

/**
 * @param {HTMLElement} root
 * @param {StagePayload} payload
 * @param {View} view
 */
export function showFiles(root, { files, question, language }, { scale, padding, step }) {
  const links = files.map(({ format, label, address }) => {
    const parameters = {
      format,
      ...question,
      lang: language,
      scale,
      padding: padding ? "1" : "",
      step: String(step + 1),
    };
    return element("a", { href: addressOf(address, parameters).href, download: "" }, label);
  });
  one(root, ".files", HTMLElement).replaceChildren(...links);
}
