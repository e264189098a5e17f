// The page: one step of a decoding, what a person points at in it, and what Python has to know of that.

/** @import { Host } from "../shared/mounting.js" */
/** @import { InsidePayload, CellName } from "./payload.js" */
/** @import { Pointed } from "./scene.js" */
/** @import { Pictures } from "./line.js" */
/** @import { StageName } from "./stages.js" */
/** @import { Known, View } from "./view.js" */
import { Address, addressWith, onAddressChange, stepIn } from "../shared/address.js";
import { clamp } from "../shared/arithmetic.js";
import { one, originOf } from "../shared/elements.js";
import { placeAfterKey } from "../shared/keys.js";
import { onPressElsewhere } from "../shared/presses.js";
import { fillTexts } from "../shared/texts.js";
import { buildBar, markRibbon, showStep } from "./bar.js";
import { themeOf } from "./canvas.js";
import { openCode } from "./code_dialog.js";
import { buildLine, drawLine, markLine, stageAfterKey } from "./line.js";
import { LstmCell } from "./lstm_cell.js";
import { Panel, picturesOf } from "./panel.js";
import { isSamePointed, pointedAt } from "./pointing.js";
import { Scene } from "./scene.js";
import { stageIn } from "./stages.js";
import { unpackArrays } from "./unpacked.js";
import { nextView } from "./view.js";

// Below this width everything stands one below the other.
const NARROW = 900;

/** What is on the page. */
export class InsideView {
  #listening = new AbortController();
  #resizing = new ResizeObserver(() => this.#onResize());
  /** @type {number | null} */
  #frameAsked = null;
  #width = 0;
  /** @type {Pictures} */
  #pictures = {};

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
    this.told = { step: payload.step, stage: payload.stage };
    const known = host.memory.value;
    this.#dress(payload);
    this.scene = this.#sceneOf(payload, nextView(payload, known, true), unpackArrays(payload.arrays));
    this.panel = new Panel(root, this.scene);
    this.#build();
    if (known) this.address.plan();
    this.#listen();
  }

  /** @param {InsidePayload} payload */
  receive(payload) {
    const { view, payload: sent, hover, arrays } = this.scene;
    this.told = { step: payload.step, stage: payload.stage };
    this.#dress(payload);
    const next = nextView(payload, { view, sent }, false);
    this.scene = this.#sceneOf(payload, next, payload.id === sent.id ? arrays : unpackArrays(payload.arrays));
    this.scene.hover = hover;
    this.panel = new Panel(this.root, this.scene);
    this.#build();
    this.address.plan();
  }

  #listen() {
    const { signal } = this.#listening;
    this.root.addEventListener("click", (event) => this.#onClick(event), { signal });
    this.root.addEventListener("change", (event) => this.#onChange(event), { signal });
    this.root.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    this.root.addEventListener("pointermove", (event) => this.#onPoint(event), { signal });
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
    return new Scene(payload, view, themeOf(this.root), arrays);
  }

  /** Everything that depends on the text, the model, the language or the width; a step only goes through `show`. */
  #build() {
    const { scene, root } = this;
    one(root, ".no-attention", HTMLElement).hidden = scene.attends;
    root.classList.toggle("stacked", root.clientWidth < NARROW);
    buildBar(root, scene);
    buildLine(root, scene);
    markLine(root, scene);
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
    this.#pictures = picturesOf(this.scene);
    showStep(this.root, this.scene);
    drawLine(this.root, this.scene, this.#pictures);
    this.panel.showStep();
    this.#showMarks();
    this.host.memory.value = { view: this.scene.view, sent: this.scene.payload };
  }

  /** Everything that depends on what is pointed at. */
  #showMarks() {
    const { root, scene } = this;
    this.panel.show(this.#pictures);
    markRibbon(root, scene);
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
    this.root.classList.toggle("stacked", this.#width < NARROW);
    drawLine(this.root, this.scene, this.#pictures);
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

  /** @param {PointerEvent} event */
  #onPoint(event) {
    if (event.pointerType === "mouse") this.#hoverOver(pointedAt(event, this.scene));
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
    const { move, tab, open, code } = button?.dataset ?? {};
    if (move) return this.#moveTo(this.scene.step + Number(move));
    if (tab) return this.#open(/** @type {StageName} */ (tab));
    if (open) return this.#turnTo(/** @type {StageName} */ (open));
    if (code) return openCode(this.root, this.scene, code);
    if (button?.matches(".open-cell")) return this.#toggleCell();
    const at = pointedAt(event, this.scene);
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

  /**
   * Zoom into a stage.
   *
   * @param {StageName} stage
   */
  #open(stage) {
    const { root, scene } = this;
    if (scene.view.stage === stage) return;
    scene.view.stage = stage;
    scene.hover = {};
    markLine(root, scene);
    this.panel = new Panel(root, scene);
    this.panel.showStep();
    this.#showMarks();
    this.address.plan();
  }

  /**
   * From the buttons in the panel, which are then others: the focus goes to the stage's name.
   *
   * @param {StageName} stage
   */
  #turnTo(stage) {
    this.#open(stage);
    one(this.root, `#tab-${stage}`, HTMLElement).focus({ preventScroll: true });
  }

  #toggleCell() {
    const { scene } = this;
    scene.view.cellOpen = !scene.view.cellOpen;
    this.cell.build(scene);
    this.cell.show(scene);
    this.#askForCell();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { target } = event;
    if (event.altKey || event.metaKey || event.ctrlKey || !(target instanceof HTMLElement)) return;
    const { scene } = this;
    const stage = target.matches(".tab") ? stageAfterKey(event.key, scene) : null;
    const from = scene.view.source ?? 0;
    const source = target.matches(".ribbon") ? placeAfterKey(event.key, from, scene.T - 1) : null;
    if (stage === null && source === null) return;
    event.preventDefault();
    if (stage !== null) return this.#turnTo(stage);
    scene.hover = {};
    scene.view.source = source;
    this.#mark();
  }

  // --- The address, and what Python has to know ----------------------------------------------------------------------

  /** Streamlit reads the address only until Python has written it once, so Python is told. */
  #tellStep() {
    this.address.writePlanned();
    const { step, view } = this.scene;
    if (step === this.told.step && view.stage === this.told.stage) return;
    this.told = { step, stage: view.stage };
    this.host.tell("moved", this.told);
  }

  #writeAddress() {
    const { step, last, view } = this.scene;
    const { parameters } = this.address;
    if (stepIn(parameters, last) === step && stageIn(parameters) === view.stage) return;
    history.replaceState(history.state, "", addressWith({ step: step + 1, stage: view.stage }));
  }

  /** Back and forward: the page follows the address. */
  #followAddress() {
    const { parameters } = this.address;
    this.scene.goTo(stepIn(parameters, this.scene.last));
    this.#open(stageIn(parameters) ?? this.scene.view.stage);
    this.show();
  }
}
