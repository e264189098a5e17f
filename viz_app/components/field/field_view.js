// The field, its examples, and what is said beside it. Whoever shows the text is asked: the stage where there is one on
// the page, else Python.

/** @import { Host } from "../shared/mounting.js" */
/** @import { FieldPayload, Said } from "./payload.js" */
import { ask, isVerdictBack, onInvited, onSaid } from "../shared/asking.js";
import { element, one, originOf } from "../shared/elements.js";
import { placeAfterKey } from "../shared/keys.js";
import { fill, fillTexts } from "../shared/texts.js";
import { followGround } from "../shared/theme.js";

const SIGNS = { right: "✓", wrong: "✗", open: "?" };

/** The field as it stands on a page. */
export class FieldView {
  #listening = new AbortController();

  /**
   * @param {HTMLElement} root
   * @param {FieldPayload} payload
   * @param {Host<null>} host
   */
  constructor(root, payload, host) {
    this.root = root;
    this.payload = payload;
    this.host = host;
    this.entry = one(root, ".entry", HTMLInputElement);
    this.examples = one(root, ".examples", HTMLElement);
    this.said = payload.said;
    this.#dress();
    this.show(payload.said);
    this.#listen();
  }

  /** @param {FieldPayload} payload */
  receive(payload) {
    const isNews = JSON.stringify(payload.said) !== JSON.stringify(this.payload.said);
    this.payload = payload;
    this.#dress();
    this.show(isNews ? payload.said : this.said);
  }

  /** The field leaves the page. */
  close() {
    this.#listening.abort();
  }

  #listen() {
    const { signal } = this.#listening;
    const form = one(this.root, "form", HTMLFormElement);
    form.addEventListener("submit", (event) => this.#onSubmit(event), { signal });
    this.examples.addEventListener("click", (event) => this.#onExample(event), { signal });
    this.examples.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    const random = one(this.root, ".random", HTMLButtonElement);
    one(this.root, ".offered", HTMLElement).addEventListener("click", (event) => this.#onOffer(event), { signal });
    random.addEventListener("click", () => this.#askRandom(), { signal });
    onSaid((said) => this.show(said), signal);
    onInvited(() => this.#invite(), signal);
    for (const name of ["input", "blur"]) {
      this.entry.addEventListener(name, () => this.#showInvitation(false), { signal });
    }
  }

  /** The date that stands there is replaced by what is typed. Where a finger types, no keyboard jumps up unasked. */
  #invite() {
    this.#showInvitation(true);
    if (!matchMedia("(pointer: fine)").matches) return;
    this.entry.focus({ preventScroll: true });
    this.entry.select();
  }

  /** @param {boolean} isShown */
  #showInvitation(isShown) {
    one(this.root, ".invitation", HTMLElement).hidden = !isShown;
  }

  #dress() {
    const { strings, language, examples } = this.payload;
    fillTexts(this.root, strings, language);
    this.entry.title = "";
    const radio = (/** @type {string} */ text) => element("button", { type: "button", role: "radio" }, text);
    if (this.examples.childElementCount !== examples.length) this.examples.replaceChildren(...examples.map(radio));
    this.root.hidden = false;
    followGround(this.root);
  }

  // --- Asking --------------------------------------------------------------------------------------------------------

  /** @param {string} text */
  ask(text) {
    if (!ask(text)) this.host.tell("asked", { text });
  }

  /** @param {SubmitEvent} event */
  #onSubmit(event) {
    event.preventDefault();
    this.ask(this.entry.value);
  }

  /** @param {MouseEvent} event */
  #onExample(event) {
    const example = originOf(event)?.closest("[role=radio]");
    if (example) this.ask(example.textContent ?? "");
  }

  /** @param {MouseEvent} event */
  #onOffer(event) {
    const offer = originOf(event)?.closest("[data-reading]");
    if (offer instanceof HTMLElement) this.ask(offer.dataset.reading ?? "");
  }

  /** @param {KeyboardEvent} event arrows move from example to example */
  #onKey(event) {
    const from = this.#radios.findIndex((radio) => radio === originOf(event));
    const place = placeAfterKey(event.key, from, this.#radios.length - 1);
    if (place === null || from < 0) return;
    event.preventDefault();
    event.stopPropagation();
    this.#radios[place].focus();
    this.#radios[place].click();
  }

  async #askRandom() {
    try {
      const response = await fetch(new URL(this.payload.random, location.href));
      this.ask((await response.json()).text);
    } catch {
      this.host.tell("random", { at: Date.now() });
    }
  }

  get #radios() {
    return [...this.examples.children].filter((node) => node instanceof HTMLElement);
  }

  // --- What is said --------------------------------------------------------------------------------------------------

  /** @param {Said} said */
  show(said) {
    // What a person is typing now is left alone, unless it is answered.
    if (said.typed !== this.said.typed || this.entry.value === "") this.entry.value = said.typed;
    if (said.typed !== this.said.typed) this.#showInvitation(false);
    this.said = said;
    this.#pressExample(said.typed);
    const problem = one(this.root, ".problem", HTMLElement);
    problem.replaceChildren(...(said.problem ? [message(said.problem, "error")] : []));
    one(this.root, ".offered", HTMLElement).replaceChildren(...said.offered.map((text) => this.#offer(text)));
    const kept = fill(this.payload.strings.kept, { text: said.kept });
    one(this.root, ".notes", HTMLElement).replaceChildren(
      ...(said.problem && said.kept ? [kept] : said.notes).map((text) => message(text, "note")),
    );
    one(this.root, ".lead", HTMLElement).hidden = said.problem !== "" || said.notes.length > 0;
    this.#judge(said.problem || isVerdictBack() ? null : said.verdict);
  }

  /** @param {string} text */
  #offer(text) {
    const label = fill(this.payload.strings.offer, { text });
    return element("button", { type: "button", "data-reading": text, textContent: label });
  }

  /** @param {string} text */
  #pressExample(text) {
    const { examples } = this.payload;
    const pressed = examples.indexOf(text);
    this.#radios.forEach((radio, i) => {
      radio.setAttribute("aria-checked", String(i === pressed));
      radio.tabIndex = i === Math.max(pressed, 0) ? 0 : -1;
    });
  }

  /** @param {Said["verdict"]} verdict */
  #judge(verdict) {
    const box = one(this.root, ".judged", HTMLElement);
    box.hidden = verdict === null;
    one(box, "details", HTMLDetailsElement).open = false;
    if (verdict === null) return;
    box.dataset.tone = verdict.tone;
    one(box, "p", HTMLElement).replaceChildren(
      element("span", { ariaHidden: "true" }, SIGNS[verdict.tone]),
      ` ${verdict.line}`,
    );
    const reasons = [verdict.sentence, verdict.certainty, ...verdict.outside].filter((text) => text !== "");
    one(box, ".reasons", HTMLElement).replaceChildren(...reasons.map((text) => element("p", {}, text)));
  }
}

/**
 * An error is read out at once by a screen reader, a note when it is convenient.
 *
 * @param {string} text
 * @param {"error" | "note"} tone
 */
const message = (text, tone) =>
  element("p", { className: `message ${tone}`, role: tone === "error" ? "alert" : "status", dir: "auto" }, text);
