// The links as they stand on a page.

/** @import { Host } from "../shared/mounting.js" */
/** @import { LinksPayload } from "./payload.js" */
import { element, originOf } from "../shared/elements.js";
import { addressOf } from "./addresses.js";
import { Departure, described, foundAgain } from "./departure.js";

// Whatever comes before a link is followed, copied or shown.
const APPROACHES = ["pointerover", "pointerdown", "focusin", "keydown", "contextmenu"];
const PRESSES = ["pointerdown", "mousedown", "keydown", "click"];

/** A link for every page; that of the open one is marked. */
export class PageLinksView {
  #listening = new AbortController();
  #departure = new Departure();

  /**
   * @param {HTMLElement} root
   * @param {LinksPayload} payload
   * @param {Host<null>} host
   */
  constructor(root, payload, host) {
    this.root = root;
    this.host = host;
    this.payload = payload;
    this.receive(payload);
    const { signal } = this.#listening;
    for (const type of APPROACHES) root.addEventListener(type, () => this.#address(), { signal, capture: true });
    root.addEventListener("click", (event) => this.#onClick(event), { signal });
    // Of the window: before everybody else on the page.
    const onPress = (/** @type {Event} */ event) => this.#onPress(event);
    for (const type of PRESSES) window.addEventListener(type, onPress, { signal, capture: true });
  }

  /** @param {LinksPayload} payload */
  receive(payload) {
    this.payload = payload;
    // Streamlit calls every page English; a screen reader, the browser's translator and the choice of a font go by this.
    document.documentElement.lang = payload.language;
    this.root.setAttribute("aria-label", payload.label);
    const { pages, here } = payload;
    if (this.#links.length !== pages.length) this.root.replaceChildren(...pages.map(() => element("a")));
    this.#links.forEach((link, i) => (link.textContent = pages[i].title));
    this.#mark(here);
    this.#address();
    const pressed = this.#departure.arrive(here);
    // What was pressed is gone with the page before, unless it stands around all pages, as the languages do.
    const node = pressed && foundAgain(pressed);
    if (node instanceof HTMLElement) node.click();
  }

  /** The links leave the page. */
  close() {
    this.#listening.abort();
  }

  get #links() {
    return [...this.root.querySelectorAll("a")];
  }

  /** @param {string} here */
  #mark(here) {
    this.#links.forEach((link, i) => {
      if (this.payload.pages[i].path === here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
  }

  #address() {
    const open = new URLSearchParams(location.search);
    this.#links.forEach((link, i) => (link.href = addressOf(this.payload.pages[i], this.payload, open)));
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    // With one of these keys the browser opens another tab or window, or saves the page.
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const place = this.#links.findIndex((link) => link.contains(originOf(event)));
    if (place < 0) return;
    event.preventDefault();
    const { path } = this.payload.pages[place];
    if (path === this.payload.here) return;
    this.#mark(path);
    this.#departure.leave(path, Date.now());
    this.host.tell("chosen", { path });
  }

  /** @param {Event} event */
  #onPress(event) {
    if (!this.#departure.isUnderWay(Date.now())) return;
    if (event instanceof KeyboardEvent && event.key !== "Enter" && event.key !== " ") return;
    event.stopImmediatePropagation();
    if (event.type === "click" || event.type === "keydown") {
      event.preventDefault();
      const node = originOf(event);
      this.#departure.hold(node && described(node));
    }
  }
}
