// What is played place by place, a step of a decoding or a frame of a film: its buttons, slider, speed and keys, and when
// it writes the address. A kind of player has `place`, `last`, `seconds` a place, `move(place)`, `writeAddress()`,
// `onHistory()`, `onResize()`, and the `payload` that Python sent.

class Player {
  constructor(root) {
    this.root = root;
    this.calls = 0;
    this.timer = null;
    this.addressTimer = null;
    // Whether a pointer, and not the tab key, has put the focus where it is; also before the player was there to see it.
    this.pointed = !document.activeElement?.matches(":focus-visible");
    this.$ = (selector) => root.querySelector(selector);
    this.pathname = location.pathname;
    this.listening = new AbortController();
    this.listen();
  }

  on(target, type, handler, options = {}) {
    target.addEventListener(type, handler.bind(this), { ...options, signal: this.listening.signal });
  }

  listen() {
    // Capturing: some widgets swallow arrow keys, also where only a mouse has left the focus on them.
    this.on(document, "keydown", this.onPageKey, { capture: true });
    this.on(document, "pointerdown", () => (this.pointed = true), { capture: true });
    this.on(this.root, "click", this.onClick);
    this.on(this.root, "change", this.onChange);
    this.on(this.$(".slider"), "input", () => this.moveByHand(Number(this.$(".slider").value) - 1));
    this.on(window, "resize", this.onResize);
    this.on(window, "pagehide", this.writeAddress);
    this.on(window, "popstate", this.onHistory);
    // Python replaces the whole query when it changes a part of it, from what it knew of the rest.
    if ("navigation" in window) this.on(navigation, "currententrychange", this.planAddress);
    this.resizing = new ResizeObserver(() => this.onResize());
    this.resizing.observe(this.$(".map"));
  }

  close() {
    this.pause();
    if (this.addressTimer !== null) this.writeAddress();
    this.listening.abort();
    this.resizing.disconnect();
  }

  // --- Words and colours ---------------------------------------------------------------------------------------------

  fillTexts() {
    const { strings, language } = this.payload;
    this.root.lang = language;
    // Streamlit calls every page English; a screen reader and the choice of a font go by this.
    document.documentElement.lang = language;
    for (const node of this.root.querySelectorAll("[data-text]")) node.textContent = strings[node.dataset.text];
    for (const node of this.root.querySelectorAll("[data-label]")) {
      node.setAttribute("aria-label", strings[node.dataset.label]);
      if (node.matches("button, select, input")) node.title = strings[node.dataset.label];
    }
    this.$(".slider").max = this.last + 1;
    this.labelPlay();
  }

  // Every sentence lies unseen behind the one that is shown, so that nothing below moves from place to place.
  reserveRoom(places) {
    for (const ghost of this.root.querySelectorAll(".ghost")) ghost.remove();
    for (const { sentence } of places) {
      this.$(".sentences").append(element("p", { className: "ghost", ariaHidden: true, textContent: sentence }));
    }
  }

  // The browser's own controls, and what is drawn in their colours, have to know whether the page is dark.
  followTheme() {
    const [r, g, b] = getComputedStyle(this.root).backgroundColor.match(/\d+/g).map(Number);
    this.root.style.colorScheme = r + g + b < 384 ? "dark" : "light";
  }

  // --- Moving --------------------------------------------------------------------------------------------------------

  moveByHand(place) {
    this.pause();
    this.move(place);
  }

  get playing() {
    return this.timer !== null;
  }

  play() {
    clearInterval(this.timer);
    if (!this.playing && this.place === this.last) this.move(0);
    const interval = (1000 * this.seconds) / Number(this.$(".speed-choice").value);
    this.timer = setInterval(() => this.playOn(), interval);
    this.labelPlay();
  }

  playOn() {
    this.move(this.place + 1);
    if (this.place === this.last) this.pause();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    if (this.payload) this.labelPlay();
  }

  labelPlay() {
    const button = this.button("play");
    button.classList.toggle("playing", this.playing);
    button.title = this.payload.strings[this.playing ? "pause" : "play"];
    button.setAttribute("aria-label", button.title);
  }

  button(action) {
    return this.$(`[data-action="${action}"]`);
  }

  onClick(event) {
    const action = event.target.closest("[data-action]")?.dataset.action;
    if (action) this.act(action);
  }

  onChange({ target }) {
    if (target.matches(".speed-choice") && this.playing) this.play();
  }

  act(action) {
    this.actions()[action]();
  }

  actions() {
    return {
      first: () => this.moveByHand(0),
      back: () => this.moveByHand(this.place - 1),
      play: () => (this.playing ? this.pause() : this.play()),
      forward: () => this.moveByHand(this.place + 1),
      last: () => this.moveByHand(this.last),
    };
  }

  onPageKey(event) {
    if (event.key === "Tab") this.pointed = false;
    const action = { ArrowLeft: "back", ArrowRight: "forward", Home: "first", End: "last", " ": "play" }[event.key];
    if (!action || event.defaultPrevented || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const target = event.composedPath()[0];
    if (needsKey(target, event.key, this.pointed) || document.querySelector("[aria-modal=true]")) return;
    event.preventDefault();
    event.stopPropagation();
    if (action === "play" && event.repeat) return;
    // Otherwise some browsers press the button that has the focus when the space bar comes up.
    if (action === "play") target.blur?.();
    this.act(action);
  }

  // --- The address ---------------------------------------------------------------------------------------------------

  planAddress() {
    clearTimeout(this.addressTimer);
    this.addressTimer = setTimeout(() => this.writeAddress(), ADDRESS_DELAY_MS);
  }
}
