// The stage on the whole screen.

import { nameNode } from "../shared/texts.js";

/** Enlarges an element, and says so on a button. */
export class FullScreen {
  /**
   * @param {HTMLElement} root
   * @param {HTMLButtonElement} button
   */
  constructor(root, button) {
    this.root = root;
    this.button = button;
  }

  /** Whether the element fills the screen. */
  get isOn() {
    const { fullscreenElement } = /** @type {ShadowRoot} */ (this.root.getRootNode());
    return fullscreenElement === this.root;
  }

  /** Fill the screen, or no longer. */
  toggle() {
    return this.isOn ? document.exitFullscreen() : this.root.requestFullscreen();
  }

  /** @param {Readonly<Record<string, string>>} strings */
  show(strings) {
    this.root.classList.toggle("enlarged", this.isOn);
    this.button.hidden = !document.fullscreenEnabled;
    nameNode(this.button, this.isOn ? strings.shrink : strings.enlarge);
  }
}
