// Between a click on a link and the page that it leads to.

// Longer than a busy server takes; then something has gone wrong, and the page is given back.
const LONGEST_MS = 10_000;

/**
 * What was pressed, as it can be found again: a page that is drawn anew may have another node for it.
 *
 * @typedef {{ node: Element, place: string, name: string }} Pressed
 */

const NAMED = "label, button, a";

/**
 * @param {Element} node
 * @returns {Pressed}
 */
export function described(node) {
  const place = node.closest("[class*='st-key-']")?.className.match(/st-key-[\w-]+/)?.[0] ?? "";
  return { node, place, name: node.closest(NAMED)?.textContent ?? "" };
}

/**
 * The node that was pressed, or the one that stands for it now; null for none.
 *
 * @param {Pressed} pressed
 */
export function foundAgain({ node, place, name }) {
  if (node.isConnected) return node;
  if (place === "" || name === "") return null;
  const all = [...document.querySelectorAll(`.${place} :is(${NAMED})`)];
  return all.find((one) => one.textContent === name) ?? null;
}

/**
 * On the way to another page. What is pressed meanwhile would be asked of the page that is left: Python would draw that one
 * again, and the click on the link would be undone. So it is held until the new page is there.
 */
export class Departure {
  /** @type {string | null} */
  #path = null;
  /** @type {Pressed | null} */
  #held = null;
  #since = 0;

  /**
   * @param {string} path of the page that was chosen
   * @param {number} now in milliseconds
   */
  leave(path, now) {
    this.#path = path;
    this.#since = now;
    this.#held = null;
  }

  /** @param {number} now in milliseconds */
  isUnderWay(now) {
    return this.#path !== null && now - this.#since < LONGEST_MS;
  }

  /** @param {Pressed | null} pressed the last one counts */
  hold(pressed) {
    this.#held = pressed;
  }

  /**
   * What was pressed on the way, if this is where it led; null for nothing.
   *
   * @param {string} here the page that Python has drawn
   */
  arrive(here) {
    if (here !== this.#path) return null;
    const held = this.#held;
    this.#path = this.#held = null;
    return held;
  }
}
