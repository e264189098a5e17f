// What the stage asks the server by itself: another text of the same model, decoded.

/** @import { Answer, Problem, Question } from "./payload.js" */

/** @typedef {{ answer: Answer } | { problem: Problem } | { failed: unknown }} Reply */

/** Asks one question at a time: whoever asks again does not wait for what was asked before. */
export class Asker {
  /** @type {AbortController | null} */
  #asking = null;

  /** Whether an answer is waited for. */
  get isAsking() {
    return this.#asking !== null;
  }

  /**
   * @param {string} address of the server's answers
   * @param {Question} question
   * @param {string} language of the sentences
   * @returns {Promise<Reply | null>} null where another question was asked meanwhile
   */
  async ask(address, { model, text, changes }, language) {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    const reply = await fetchReply(addressOf(address, { model, text, changes, lang: language }), asking.signal);
    if (this.#asking !== asking) return null;
    this.#asking = null;
    return reply;
  }
}

/**
 * @param {string} address
 * @param {Record<string, string>} parameters those that are empty are left out, but for the text
 */
export function addressOf(address, parameters) {
  const url = new URL(address, location.href);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== "" || name === "text") url.searchParams.set(name, value);
  }
  return url;
}

/**
 * @param {URL} url
 * @param {AbortSignal} signal
 * @returns {Promise<Reply>}
 */
async function fetchReply(url, signal) {
  try {
    // A text that cannot be read is no error of the page, as which the browser would note it.
    const response = await fetch(url, { signal, headers: { Prefer: "handling=lenient" } });
    const content = await response.json();
    if (isAboutText(content)) return { problem: content };
    return "steps" in content ? { answer: content } : { failed: content };
  } catch (failed) {
    return { failed };
  }
}

/** @param {unknown} content of an answer that is none */
function isAboutText(content) {
  const reason = content instanceof Object ? Reflect.get(content, "reason") : null;
  return typeof reason === "string" && reason.startsWith("text-");
}
