// The page: one step of a decoding, what a person points at in it, and what Python has to know of that.

/** @import { Host } from "../shared/mounting.js" */
/** @import { InsidePayload, CellName } from "./payload.js" */
/** @import { Pointed } from "./scene.js" */
/** @import { Known, View } from "./view.js" */
import { Address, addressWith, onAddressChange, stepIn } from "../shared/address.js";
import { clamp } from "../shared/arithmetic.js";
import { one, originOf } from "../shared/elements.js";
import { placeAfterKey } from "../shared/keys.js";
import { onPressElsewhere } from "../shared/presses.js";
import { fill, fillTexts } from "../shared/texts.js";
import { showCandidates, showParts } from "./answer.js";
import { buildBar, markRibbon, showStep } from "./bar.js";
import { Board, NARROW } from "./board.js";
import { themeOf } from "./canvas.js";
import { showFollowed } from "./followed.js";
import { LstmCell } from "./lstm_cell.js";
import { isSamePointed, pointedAt } from "./pointing.js";
import { Scene } from "./scene.js";
import { FOLDED_ON_PHONES } from "./stages.js";
import { unpackArrays } from "./unpacked.js";
import { nextView } from "./view.js";

/** What is on the page. */
export class InsideView {
  #listening = new AbortController();
  #resizing = new ResizeObserver(() => this.#onResize());
  /** @type {number | null} */
  #frameAsked = null;
  #width = 0;

  /**
   * @param {HTMLElement} root
   * @param {InsidePayload} payload
   * @param {Host<Known>} host
   */
  constructor(root, payload, host) {
    this.root = root;
    this.host = host;
    this.address = new Address(() => this.#writeAddress());
    this.cell = new LstmCell(root);
    this.told = payload.step;
    const known = host.memory.value;
    this.#dress(payload);
    this.scene = this.#sceneOf(payload, nextView(payload, known, true), unpackArrays(payload.arrays));
    this.board = new Board(root, this.scene);
    this.#build();
    if (known) this.address.plan();
    this.#listen();
  }

  /** @param {InsidePayload} payload */
  receive(payload) {
    const { view, payload: sent, hover, arrays } = this.scene;
    this.told = payload.step;
    this.#dress(payload);
    const next = nextView(payload, { view, sent }, false);
    this.scene = this.#sceneOf(payload, next, payload.id === sent.id ? arrays : unpackArrays(payload.arrays));
    this.scene.hover = hover;
    this.board = new Board(this.root, this.scene);
    this.#build();
    this.address.plan();
  }

  #listen() {
    const { signal } = this.#listening;
    this.root.addEventListener("click", (event) => this.#onClick(event), { signal });
    this.root.addEventListener("change", (event) => this.#onChange(event), { signal });
    this.root.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    this.root.addEventListener("pointermove", (event) => event.pointerType === "mouse" && this.#onPoint(event), {
      signal,
    });
    this.root.addEventListener("pointerleave", () => this.#hoverOver({}), { signal });
    window.addEventListener("pagehide", () => this.address.write(), { signal });
    window.addEventListener("popstate", () => this.address.isOurs && this.#followAddress(), { signal });
    onPressElsewhere(this.root, () => this.#tellStep(), signal);
    onAddressChange(() => this.address.plan(), signal);
    this.#resizing.observe(this.root);
  }

  /** The page is left. */
  close() {
    this.address.writePlanned();
    this.#listening.abort();
    this.#resizing.disconnect();
  }

  // --- Drawing -------------------------------------------------------------------------------------------------------

  /** @param {InsidePayload} payload in whose language everything is to be */
  #dress({ strings, language }) {
    this.root.hidden = false;
    fillTexts(this.root, strings, language);
    one(this.root, ".code-name", HTMLElement).textContent = strings.code;
  }

  /**
   * @param {InsidePayload} payload
   * @param {View} view
   * @param {Scene["arrays"]} arrays
   */
  #sceneOf(payload, view, arrays) {
    view.folded ??= new Set(this.root.clientWidth < NARROW ? FOLDED_ON_PHONES : []);
    return new Scene(payload, view, themeOf(this.root), arrays);
  }

  /** Everything that depends on the text, the model, the language or the width; a step only goes through `show`. */
  #build() {
    const { scene, root } = this;
    one(root, ".no-attention", HTMLElement).hidden = scene.attends;
    buildBar(root, scene);
    this.board.layOut();
    this.cell.build(scene);
    this.show();
    this.#askForCell();
  }

  #askForCell() {
    const { view, cells } = this.scene;
    if (view.cellOpen && !cells) this.host.tell("cell", true);
  }

  /** Everything that depends on the step. */
  show() {
    this.board.makePictures();
    showStep(this.root, this.scene);
    showCandidates(this.root, this.scene);
    this.#showMarks();
    this.host.memory.value = { view: this.scene.view, sent: this.scene.payload };
  }

  /** Everything that depends on what is pointed at. */
  #showMarks() {
    const { root, scene } = this;
    this.board.show();
    showParts(root, scene);
    markRibbon(root, scene);
    if (scene.attention) showFollowed(root, scene, scene.attention);
    this.cell.show(scene);
  }

  /** At most once a frame. */
  #mark() {
    if (this.#frameAsked !== null) return;
    this.#frameAsked = requestAnimationFrame(() => {
      this.#frameAsked = null;
      this.#showMarks();
    });
  }

  #onResize() {
    if (this.root.clientWidth === this.#width) return;
    this.#width = this.root.clientWidth;
    this.board.layOut();
    this.#showMarks();
  }

  // --- What a person does --------------------------------------------------------------------------------------------

  /** @param {number} step */
  #moveTo(step) {
    const { scene } = this;
    scene.goTo(clamp(step, 0, scene.last));
    scene.view.candidate = 0;
    if (scene.attends) scene.view.source = scene.strongestAt(scene.step);
    this.show();
    this.address.plan();
  }

  /** @param {MouseEvent} event */
  #pointed(event) {
    return pointedAt(event, this.scene, this.board.cards, this.board.isStacked);
  }

  /** @param {MouseEvent} event */
  #onPoint(event) {
    this.#hoverOver(this.#pointed(event));
  }

  /** @param {Pointed} at */
  #hoverOver(at) {
    if (isSamePointed(at, this.scene.hover)) return;
    this.scene.hover = at;
    this.#mark();
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const button = originOf(event)?.closest("button");
    const { move, fold, code } = button?.dataset ?? {};
    if (move) return this.#moveTo(this.scene.step + Number(move));
    if (fold) return this.#fold(fold);
    if (code) return this.#openCode(code);
    if (button?.matches(".open-cell")) return this.#toggleCell();
    const at = this.#pointed(event);
    const { view } = this.scene;
    view.source = at.source ?? view.source;
    view.unit = at.unit ?? view.unit;
    view.candidate = at.candidate ?? view.candidate;
    if (Object.keys(at).length) this.#mark();
  }

  /** @param {Event} event */
  #onChange({ target }) {
    if (!(target instanceof HTMLInputElement)) return;
    const { view } = this.scene;
    if (target.name === "step") this.#moveTo(Number(target.value));
    if (target.name === "which") view.which = /** @type {CellName} */ (target.value);
    if (target.matches("input.unit")) view.unit = Number(target.value);
    this.#mark();
  }

  /** @param {string} id */
  #fold(id) {
    const { folded } = this.scene.view;
    if (!folded?.delete(id)) folded?.add(id);
    this.board.layOut();
    this.#showMarks();
  }

  #toggleCell() {
    const { scene } = this;
    scene.view.cellOpen = !scene.view.cellOpen;
    this.cell.build(scene);
    this.cell.show(scene);
    this.#askForCell();
  }

  /** @param {string} name */
  #openCode(name) {
    const { strings, payload } = this.scene;
    one(this.root, ".code-name", HTMLElement).textContent = fill(strings.source_of, { name });
    one(this.root, ".code pre", HTMLElement).textContent = payload.sources[name];
    one(this.root, ".code", HTMLDialogElement).showModal();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { target } = event;
    if (event.altKey || event.metaKey || event.ctrlKey || !(target instanceof HTMLElement)) return;
    if (target.matches(".ribbon")) this.#onRibbonKey(event);
    if (target.matches(".fold")) this.#onStageKey(event, target.dataset.fold ?? "");
  }

  /** @param {KeyboardEvent} event */
  #onRibbonKey(event) {
    const { scene } = this;
    const source = placeAfterKey(event.key, scene.view.source ?? 0, scene.T - 1);
    if (source === null) return;
    event.preventDefault();
    scene.hover = {};
    scene.view.source = source;
    this.#mark();
  }

  /**
   * @param {KeyboardEvent} event
   * @param {string} id of the stage whose name has the focus
   */
  #onStageKey(event, id) {
    const { ids, cards } = this.board;
    const place = placeAfterKey(
      event.key,
      ids.findIndex((other) => other === id),
      ids.length - 1,
    );
    if (place === null) return;
    event.preventDefault();
    cards[ids[place]]?.button.focus();
  }

  // --- The address, and what Python has to know ----------------------------------------------------------------------

  /** Streamlit reads the address only until Python has written it once, so Python is told. */
  #tellStep() {
    this.address.writePlanned();
    const { step } = this.scene;
    if (step === this.told) return;
    this.told = step;
    this.host.tell("moved", { step });
  }

  #writeAddress() {
    const { step, last } = this.scene;
    if (stepIn(this.address.parameters, last) === step) return;
    history.replaceState(history.state, "", addressWith({ step: step + 1 }));
  }

  /** Back and forward: the page follows the address. */
  #followAddress() {
    this.scene.goTo(stepIn(this.address.parameters, this.scene.last));
    this.show();
  }
}
