// The way from one step to the next, drawn as it is gone.

/** @import { Moment } from "./journey.js" */
import { STEP_MS, momentAt } from "./journey.js";
import { Motion, isStill } from "./motion.js";

/** Draws the steps of a stage, one way at a time. */
export class Walk {
  #motion = new Motion();
  #draw;

  /** @param {(step: number, moment: Moment) => void} draw */
  constructor(draw) {
    this.#draw = draw;
  }

  /** Whether a way is being drawn. */
  get isOn() {
    return this.#motion.isOn;
  }

  /** Leave it where it is. */
  stop() {
    this.#motion.stop();
  }

  /**
   * Whether a way is drawn: to the next step, for who wants to see it. Who steps faster than it is drawn wants to see where
   * it leads.
   *
   * @param {number} from
   * @param {number} to
   */
  leads(from, to) {
    return Math.abs(to - from) === 1 && !this.isOn && !isStill();
  }

  /**
   * The way back is the same, backwards.
   *
   * @param {number} from
   * @param {number} to the step beside it
   * @param {number} speed
   */
  start(from, to, speed) {
    const isBack = to < from;
    this.#motion.start(STEP_MS / speed, (share) => {
      if (isBack && share < 1) this.#draw(from, momentAt(1 - share));
      else this.#draw(to, momentAt(isBack ? 1 : share));
    });
  }
}
