// Between a click on a link and the page that it leads to.

// Longer than a busy server takes; then something has gone wrong, and the page is given back.
const LONGEST_MS = 10_000;

/**
 * On the way to another page. What is pressed meanwhile would be asked of the page that is left: Python would draw that one
 * again, and the click on the link would be undone. So it is held until the new page is there.
 */
export class Departure {
  /** @type {string | null} */
  #path = null;
  /** @type {Element | null} */
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

  /** @param {Element | null} pressed the last one counts */
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
