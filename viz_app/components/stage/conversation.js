// What the stage and Python know of each other: what Python asked for last, and what it was told since.

/** @import { StagePayload } from "./payload.js" */
import { merged } from "./question.js";

/** Hears what Python sends, and tells it what is shown. */
export class Conversation {
  /**
   * @param {StagePayload} payload
   * @param {number} count how many times Python was told before
   * @param {(name: string, value: unknown) => void} tell
   */
  constructor(payload, count, tell) {
    this.asked = payload.question;
    this.count = count;
    this.known = { step: payload.step, text: payload.question.text };
    this.send = tell;
  }

  /**
   * What is to be shown now.
   *
   * @param {StagePayload} payload that Python has sent
   * @param {StagePayload} shown
   */
  hear(payload, shown) {
    const next = merged(payload, shown, { question: this.asked, told: this.count });
    this.asked = payload.question;
    this.known = { step: payload.step, text: payload.question.text };
    return next;
  }

  /**
   * Streamlit reads the address only until Python has written it: what Python has to know is told to it.
   *
   * @param {number} step
   * @param {StagePayload["question"]} question
   */
  tell(step, question) {
    const { model, text } = question;
    if (step === this.known.step && text === this.known.text) return;
    this.known = { step, text };
    // From now on it is this that Python asks for: no news when it comes back.
    this.asked = { ...question };
    this.count += 1;
    this.send("moved", { step, text, model, count: this.count });
  }
}
