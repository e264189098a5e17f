// What is played place by place, a step of a decoding or a frame of a film: its buttons, slider, speed and keys, and when
// it writes the address. The stage and the film are kinds of it.

/** @import { Action } from "./keys.js" */
/** @import { Host } from "./mounting.js" */
/** @import { Strings } from "./texts.js" */
import { Address, onAddressChange } from "./address.js";
import { one, originOf } from "./elements.js";
import { actionOf, needsKey } from "./keys.js";
import { clamp } from "./arithmetic.js";
import { reserveRoom } from "./room.js";
import { fillTexts, nameNode } from "./texts.js";
import { followGround } from "./theme.js";

const SECONDS_A_PLACE = 1;

/**
 * What every payload of a player has.
 *
 * @typedef {object} PlayedPayload
 * @property {string} id of what is played
 * @property {Strings} strings
 * @property {string} language
 */

/**
 * A kind of player says what is played (`place`, `last`, `show`), and what goes into the address.
 *
 * @template {PlayedPayload} Payload
 * @template Kept
 */
export class Player {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #listening = new AbortController();
  #resizing = new ResizeObserver(() => this.onResize());
  // Where the slider is dragged to is shown without the way there.
  isSliding = false;
  // What is drawn in the colours of the page's ground has to be drawn anew when they change.
  isDark = false;
  // Whether a pointer, and not the tab key, has put the focus where it is; also before the player was there to see it.
  #pointed = !document.activeElement?.matches(":focus-visible");

  /**
   * @param {HTMLElement} root
   * @param {Payload} payload
   * @param {Host<Kept>} host
   */
  constructor(root, payload, host) {
    this.root = root;
    this.payload = payload;
    this.host = host;
    this.slider = one(root, ".slider", HTMLInputElement);
    this.map = one(root, ".map", HTMLElement);
    this.address = new Address(() => this.writeAddress());
  }

  // --- What a kind of player has -------------------------------------------------------------------------------------

  /**
   * The place that is shown, counted from 0.
   *
   * @returns {number}
   */
  get place() {
    throw new Error("a kind of player has a place");
  }

  /**
   * The last place there is.
   *
   * @returns {number}
   */
  get last() {
    throw new Error("a kind of player has a last place");
  }

  /**
   * Show another place.
   *
   * @param {number} _place within 0 and `last`
   */
  goTo(_place) {}

  /** Write what is shown into the address, if it says something else. */
  writeAddress() {}

  /** Follow the address, which has changed. */
  followAddress() {}

  /** The size of the page may have changed. */
  onResize() {}

  // --- Listening -----------------------------------------------------------------------------------------------------

  /** Ends with the player; what is to be heard no longer then is listened to with it. */
  get signal() {
    return this.#listening.signal;
  }

  /** Begin to listen: to the page, to the controls, to the address. */
  listen() {
    const { signal } = this;
    // Capturing: some widgets swallow arrow keys, also where only a mouse has left the focus on them.
    document.addEventListener("keydown", (event) => this.onPageKey(event), { signal, capture: true });
    document.addEventListener("pointerdown", () => (this.#pointed = true), { signal, capture: true });
    this.root.addEventListener("click", (event) => this.onClick(event), { signal });
    this.root.addEventListener("change", (event) => this.onChange(event), { signal });
    this.slider.addEventListener("input", () => this.#slide(), { signal });
    window.addEventListener("resize", () => this.onResize(), { signal });
    window.addEventListener("pagehide", () => this.address.write(), { signal });
    window.addEventListener("popstate", () => this.address.isOurs && this.followAddress(), { signal });
    onAddressChange(() => this.address.plan(), signal);
    this.watchSize(this.map);
  }

  /** @param {HTMLElement} node whose size is watched */
  watchSize(node) {
    this.#resizing.observe(node);
  }

  /** The player leaves the page. */
  close() {
    this.pause();
    this.address.writePlanned();
    this.#listening.abort();
    this.#resizing.disconnect();
  }

  // --- Words and colours ---------------------------------------------------------------------------------------------

  /**
   * Show itself in the language and the colours of the page.
   *
   * @param {readonly { sentence: string }[]} places
   */
  dress(places) {
    const { strings, language } = this.payload;
    fillTexts(this.root, strings, language);
    this.slider.max = String(this.last + 1);
    this.#labelPlay();
    reserveRoom(this.root, places);
    this.root.hidden = false;
    this.isDark = followGround(this.root);
  }

  /**
   * What the controls and the sentence say of the place.
   *
   * @param {string} sentence
   * @param {string} counter
   */
  showPlace(sentence, counter) {
    // Written only when it differs: every writing is read out.
    const line = one(this.root, ".sentence", HTMLElement);
    if (line.textContent !== sentence) line.textContent = sentence;
    this.slider.value = String(this.place + 1);
    this.slider.style.setProperty("--done", String(this.place / (this.last || 1)));
    this.slider.setAttribute("aria-valuetext", counter);
    one(this.root, ".counter", HTMLElement).textContent = counter;
    this.#showEnd(["first", "back"], this.place === 0);
    this.#showEnd(["forward", "last"], this.place === this.last);
  }

  /**
   * aria-disabled and not disabled: a disabled button loses the focus in the middle of stepping.
   *
   * @param {Action[]} actions
   * @param {boolean} isReached
   */
  #showEnd(actions, isReached) {
    for (const action of actions) this.button(action).setAttribute("aria-disabled", String(isReached));
  }

  /** @param {string} action */
  button(action) {
    return one(this.root, `[data-action="${action}"]`, HTMLButtonElement);
  }

  // --- Moving --------------------------------------------------------------------------------------------------------

  /** @param {number} place the nearest there is */
  move(place) {
    const target = clamp(place, 0, this.last);
    if (target === this.place) return;
    this.goTo(target);
    this.address.plan();
  }

  /** @param {number} place */
  moveByHand(place) {
    this.pause();
    this.move(place);
  }

  #slide() {
    this.isSliding = true;
    this.moveByHand(Number(this.slider.value) - 1);
    this.isSliding = false;
  }

  /** How many times as fast as one place a second it moves by itself. */
  get speed() {
    return Number(one(this.root, ".speed-choice", HTMLSelectElement).value);
  }

  /** Whether it moves by itself. */
  get playing() {
    return this.#timer !== undefined;
  }

  /** Move by itself, from the beginning where it stands at the end. */
  play() {
    clearInterval(this.#timer);
    if (!this.playing && this.place === this.last) this.move(0);
    this.#timer = setInterval(() => this.#playOn(), (1000 * SECONDS_A_PLACE) / this.speed);
    this.#labelPlay();
  }

  #playOn() {
    this.move(this.place + 1);
    if (this.place === this.last) this.pause();
  }

  /** Move by itself no longer. */
  pause() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#labelPlay();
  }

  #labelPlay() {
    const button = this.button("play");
    button.classList.toggle("playing", this.playing);
    nameNode(button, this.payload.strings[this.playing ? "pause" : "play"]);
  }

  // --- What a person does --------------------------------------------------------------------------------------------

  /** @param {MouseEvent} event */
  onClick(event) {
    const button = originOf(event)?.closest("[data-action]");
    if (button instanceof HTMLElement) this.act(button.dataset.action ?? "");
  }

  /** @param {Event} event */
  onChange(event) {
    if (originOf(event)?.matches(".speed-choice") && this.playing) this.play();
  }

  /** @param {string} action */
  act(action) {
    this.actions()[action]();
  }

  /**
   * What the buttons do.
   *
   * @returns {Record<string, () => unknown>}
   */
  actions() {
    return {
      first: () => this.moveByHand(0),
      back: () => this.moveByHand(this.place - 1),
      play: () => (this.playing ? this.pause() : this.play()),
      forward: () => this.moveByHand(this.place + 1),
      last: () => this.moveByHand(this.last),
    };
  }

  /** @param {KeyboardEvent} event anywhere on the page */
  onPageKey(event) {
    if (event.key === "Tab") this.#pointed = false;
    const action = actionOf(event);
    if (action === null) return;
    const target = event.composedPath()[0];
    if (needsKey(target, event.key, this.#pointed) || document.querySelector("[aria-modal=true]")) return;
    event.preventDefault();
    event.stopPropagation();
    if (action === "play" && event.repeat) return;
    // Otherwise some browsers press the button that has the focus when the space bar comes up.
    if (action === "play" && target instanceof HTMLElement) target.blur();
    this.act(action);
  }
}
