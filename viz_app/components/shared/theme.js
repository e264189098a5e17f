// The colours of the page, which a person or the system may change at any time.

/** @import { Rgb } from "./colours.js" */
import { isDark } from "./colours.js";
import { element, penOf } from "./elements.js";

/**
 * The ground that an element stands on, however its style sheet writes it.
 *
 * @param {HTMLElement} node
 * @returns {Rgb}
 */
export function groundOf(node) {
  const probe = penOf(element("canvas", { width: 1, height: 1 }), { willReadFrequently: true });
  probe.fillStyle = getComputedStyle(node).backgroundColor;
  probe.fillRect(0, 0, 1, 1);
  const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
  return [r, g, b];
}

/**
 * Tell the browser whether an element stands on dark ground: its own controls, and what is drawn in their colours, go by it.
 *
 * @param {HTMLElement} root
 * @returns {boolean} whether it does
 */
export function followGround(root) {
  const onDark = isDark(groundOf(root));
  root.classList.toggle("dark", onDark);
  root.style.colorScheme = onDark ? "dark" : "light";
  return onDark;
}
