// The way from the field to the stage and back: two components of a page, each in a shadow of its own, told apart by what
// they are for. What is asked and what is said goes over the document as events.

/** @import { Said } from "../field/payload.js" */

const ASKED = "attention-asked";
const SAID = "attention-said";
const INVITED = "attention-invited";
const VERDICT_BACK = "data-attention-verdict-back";

/**
 * Ask for a text.
 *
 * @param {string} text
 * @returns {boolean} whether somebody on this page answers
 */
export function ask(text) {
  return !document.dispatchEvent(new CustomEvent(ASKED, { detail: text, cancelable: true }));
}

/**
 * Answer whoever asks.
 *
 * @param {(text: string) => void} answer
 * @param {AbortSignal} signal ends it
 */
export function onAsk(answer, signal) {
  document.addEventListener(
    ASKED,
    (event) => {
      event.preventDefault();
      if (event instanceof CustomEvent) answer(event.detail);
    },
    { signal },
  );
}

/**
 * Say what there is to be said of the text that is shown.
 *
 * @param {Said} said
 */
export const say = (said) => document.dispatchEvent(new CustomEvent(SAID, { detail: said }));

/**
 * @param {(said: Said) => void} listen
 * @param {AbortSignal} signal ends it
 */
export function onSaid(listen, signal) {
  document.addEventListener(SAID, (event) => event instanceof CustomEvent && listen(event.detail), { signal });
}

/** Let the person write something. */
export const invite = () => document.dispatchEvent(new CustomEvent(INVITED));

/**
 * @param {() => void} listen
 * @param {AbortSignal} signal ends it
 */
export function onInvited(listen, signal) {
  document.addEventListener(INVITED, listen, { signal });
}

/**
 * Keep the verdict back, or no longer: as long as an answer is being written, nobody knows it. The field may come to the page
 * later than the stage, so that to say it once would not be enough.
 *
 * @param {boolean} isBack
 */
export const keepVerdictBack = (isBack) => document.documentElement.toggleAttribute(VERDICT_BACK, isBack);

/** Whether the verdict is kept back. */
export const isVerdictBack = () => document.documentElement.hasAttribute(VERDICT_BACK);
