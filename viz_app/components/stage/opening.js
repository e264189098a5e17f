// The first ten seconds: in a browser that has never been here, the stage plays once by itself, from a typed date and
// nothing written to the answer. Whatever a person does ends it, at once and for good.

/** @import { StageView } from "./stage_view.js" */
import { invite, keepVerdictBack, say } from "../shared/asking.js";
import { spoken } from "../shared/characters.js";
import { element, originOf } from "../shared/elements.js";
import { fill } from "../shared/texts.js";
import { momentAt } from "./journey.js";
import { isStill } from "./motion.js";
import { attends } from "./steps.js";

const SEEN = "attention-opening-seen";
const BEFORE_MS = 1000;
// The first steps at 1x, one after the other; the others share what is left, so that the answer stands after nine seconds.
const SLOW = { steps: 5, ms: 1000 };
const ALL_MS = 9000;
const ENDED_BY = ["keydown", "pointerdown", "wheel", "touchstart", "scroll"];

/**
 * When each step begins, and the end, in milliseconds after the stage has appeared.
 *
 * @param {number} steps
 */
export function timetable(steps) {
  const slow = Math.min(SLOW.steps, steps);
  const slowEnd = BEFORE_MS + slow * SLOW.ms;
  const pace = steps > slow ? Math.max(0, ALL_MS - slowEnd) / (steps - slow) : 0;
  return Array.from(
    { length: steps + 1 },
    (_, i) => BEFORE_MS + Math.min(i, slow) * SLOW.ms + Math.max(0, i - slow) * pace,
  );
}

/** Whether this browser was here before; from now on it was. A browser that keeps nothing is left in peace. */
function wasHereBefore() {
  try {
    const seen = localStorage.getItem(SEEN) !== null;
    localStorage.setItem(SEEN, "1");
    return seen;
  } catch {
    return true;
  }
}

/**
 * Play the opening where there is somebody who has not seen it. A link to a step opens on that step.
 *
 * @param {StageView} stage which has just appeared
 */
export function playOpening(stage) {
  const { parameters } = stage.address;
  const isLink = ["step", "text", "changes", "model"].some((name) => parameters.has(name));
  if (wasHereBefore() || isLink || isStill() || !attends(stage.payload.steps)) return;
  new Opening(stage).begin();
}

/** One playing of it. */
class Opening {
  #ending = new AbortController();
  #caption = element("p", { className: "aside", role: "note", hidden: true });

  /** @param {StageView} stage */
  constructor(stage) {
    this.stage = stage;
  }

  /** Show the typed date, and nothing written. */
  begin() {
    const { stage } = this;
    const { signal } = this.#ending;
    for (const name of ENDED_BY) {
      document.addEventListener(name, (event) => this.#end(event), { signal, capture: true, passive: true });
    }
    stage.signal.addEventListener("abort", () => this.#leave(), { signal });
    stage.map.after(this.#caption);
    keepVerdictBack(true);
    say(stage.payload.said);
    stage.view.step = 0;
    stage.show();
    stage.drawStep(0, momentAt(0));
    const times = timetable(stage.payload.steps.length);
    times.forEach((time, i) => this.#at(time, () => (i < times.length - 1 ? this.#step(i, times) : this.#finish())));
  }

  /**
   * @param {number} time in milliseconds
   * @param {() => void} act unless it has ended before
   */
  #at(time, act) {
    const timer = setTimeout(act, time);
    this.#ending.signal.addEventListener("abort", () => clearTimeout(timer));
  }

  /**
   * @param {number} i
   * @param {number[]} times
   */
  #step(i, times) {
    const { stage } = this;
    stage.view.step = i;
    stage.show();
    stage.walk.start(i - 1, i, SLOW.ms / (times[i + 1] - times[i]));
    this.#explain(i);
  }

  /**
   * A step that looks behind the date seems to be a mistake, the first time.
   *
   * @param {number} i
   */
  #explain(i) {
    const { steps, textLength, strings } = this.stage.payload;
    const onPadding = (steps[i].weights ?? []).slice(textLength).reduce((sum, weight) => sum + weight, 0);
    if (onPadding > 0.5 && this.#caption.hidden) {
      this.#caption.textContent = fill(strings.opening_padding, { character: spoken(steps[i].character, strings) });
      this.#caption.hidden = false;
    }
  }

  /** The answer stands, and it is the person's turn. */
  #finish() {
    this.#leave();
    invite();
  }

  #leave() {
    this.#ending.abort();
    this.#caption.remove();
    keepVerdictBack(false);
    say(this.stage.payload.said);
    this.stage.address.plan();
  }

  /**
   * Who steps on takes over from where it is; who does anything else sees the answer.
   *
   * @param {Event} event
   */
  #end(event) {
    const { stage } = this;
    this.#leave();
    const takesOver = event.type === "keydown" || Boolean(originOf(event)?.closest(".controls"));
    if (!takesOver) stage.view.step = stage.last;
    stage.show();
  }
}
