// What moves by itself for a moment: calls back for every picture of it.

/** Whether a person wants to see where things are rather than how they got there. */
export const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** One movement at a time. */
export class Motion {
  #frame = 0;

  /** Whether something moves. */
  get isOn() {
    return this.#frame !== 0;
  }

  /**
   * @param {number} duration in milliseconds
   * @param {(share: number) => void} draw called with 0, then with ever more of 1, and at the end with 1
   */
  start(duration, draw) {
    this.stop();
    const start = performance.now();
    const next = (/** @type {number} */ now) => {
      const share = Math.min(1, Math.max(0, now - start) / duration);
      this.#frame = share < 1 ? requestAnimationFrame(next) : 0;
      draw(share);
    };
    this.#frame = requestAnimationFrame(next);
    draw(0);
  }

  /** Move no longer. */
  stop() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }
}
