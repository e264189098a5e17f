// The stage as it is stepped through: the parts of the page that show a decoding, and what a person does with them.

/** @import { Host } from "../shared/mounting.js" */
/** @import { Moment } from "./journey.js" */
/** @import { Question, StagePayload } from "./payload.js" */
/** @import { Known, View } from "./view.js" */
import { addressWith } from "../shared/address.js";
import { onAsk, say } from "../shared/asking.js";
import { one, originOf } from "../shared/elements.js";
import { Player } from "../shared/player.js";
import { rowHeightIn } from "../shared/room.js";
import { onPressElsewhere } from "../shared/presses.js";
import { fill } from "../shared/texts.js";
import { Asker } from "./asker.js";
import { Conversation } from "./conversation.js";
import { drawView } from "./drawn.js";
import { showFiles } from "./files.js";
import { FullScreen } from "./full_screen.js";
import { Grid } from "./grid.js";
import { DONE } from "./journey.js";
import { ROW_HEIGHTS, enlargedHeights, isSameRoom } from "./map_size.js";
import { fillTable } from "./numbers_table.js";
import { isSameQuestion, questionIn, withAnswer, withProblem } from "./question.js";
import { changesOf, savedPicture } from "./saved_picture.js";
import { Feedback, copyLink, savePng, saveSvg } from "./sharing.js";
import { attends } from "./steps.js";
import { Tooltip } from "./tooltip.js";
import { Walk } from "./walk.js";
import { isSameView, nextView, parametersOf, viewIn } from "./view.js";

/** @extends {Player<StagePayload, Known>} */
export class StageView extends Player {
  /**
   * @param {HTMLElement} root
   * @param {StagePayload} payload
   * @param {Host<Known>} host
   */
  constructor(root, payload, host) {
    super(root, payload, host);
    const known = host.memory.value;
    this.view = nextView(payload, known, true);
    this.asker = new Asker();
    this.walk = new Walk((step, moment) => this.drawStep(step, moment));
    this.python = new Conversation(payload, known?.told ?? 0, (name, value) => host.tell(name, value));
    this.tooltip = new Tooltip(root);
    this.fullScreen = new FullScreen(root, this.button("enlarge"));
    this.grid = new Grid(this);
    this.feedback = new Feedback(one(root, ".feedback", HTMLElement));
    this.dress(payload.steps);
    this.drawn = this.#draw();
    this.show();
    this.listen();
    say(payload.said);
    if (known || payload.follow) this.address.plan();
  }

  /** @param {StagePayload} payload */
  receive(payload) {
    const next = this.python.hear(payload, this.payload);
    this.#adopt(next, nextView(next, { view: this.view, sent: this.payload, told: 0 }, false));
    this.address.plan();
  }

  /**
   * @param {StagePayload} payload
   * @param {View} view
   */
  #adopt(payload, view) {
    this.view = view;
    if (payload.id !== this.payload.id) this.pause();
    this.payload = payload;
    this.dress(payload.steps);
    this.build();
    say(payload.said);
  }

  /** Also to the grid, and to what is pressed elsewhere. */
  listen() {
    super.listen();
    const { signal } = this;
    this.grid.listen();
    onAsk((text) => this.#askFor(text), signal);
    onPressElsewhere(this.root, () => this.#tell(), signal);
    document.addEventListener("fullscreenchange", () => this.#onFullScreen(), { signal });
    one(this.root, ".numbers", HTMLElement).addEventListener("toggle", () => this.#fillTable(), { signal });
  }

  // --- Drawing -------------------------------------------------------------------------------------------------------

  /** @param {StagePayload["steps"]} steps */
  dress(steps) {
    super.dress(steps);
    const isAttending = attends(steps);
    this.root.classList.toggle("plain", !isAttending);
    this.root.classList.toggle("editable", Boolean(this.payload.editable));
    if (!isAttending) one(this.root, "#typed-label", HTMLElement).textContent = this.payload.strings.typed_plain;
    this.fullScreen.show(this.payload.strings);
    this.root.classList.toggle("outdated", this.payload.said.problem !== "");
  }

  /** Draw everything anew: for another trace, scale, padding or size. Steps only go through `show`. */
  build() {
    const hadFocus = this.grid.hasFocus;
    this.drawn = this.#draw();
    this.show();
    if (hadFocus) this.grid.refocus();
  }

  #draw() {
    const force = (/** @type {string} */ character) => this.#force(character);
    const how = { room: this.#measureRoom(), isDark: this.isDark, force };
    return drawView(this.root, this.payload, this.view, how);
  }

  #measureRoom() {
    const { letter, heights } = this.fullScreen.isOn ? enlargedHeights(window.innerHeight) : { heights: ROW_HEIGHTS };
    const rowHeight = rowHeightIn(this.root, this.payload.steps.length, heights);
    return { width: this.map.clientWidth, rowHeight, letter };
  }

  /** Everything that depends on the step. */
  show() {
    const { step } = this.view;
    const { steps, strings } = this.payload;
    this.walk.stop();
    this.drawStep(step, DONE);
    this.showPlace(steps[step].sentence, fill(strings.step_of, { step: step + 1, steps: steps.length }));
    this.grid.placeTabStop();
    this.#fillTable();
    showFiles(this.root, this.payload, this.view);
    this.host.memory.value = { view: { ...this.view }, sent: this.payload, told: this.python.count };
  }

  /**
   * @param {number} step
   * @param {Moment} moment on the way to it, of which all else is shown already
   */
  drawStep(step, moment) {
    this.drawn.map.show(step, moment);
    this.drawn.candidates.show(step, moment);
  }

  #fillTable() {
    fillTable(this.root, this.payload, this.drawn.columns, this.view.step);
  }

  /** Drawn anew where there is more room, or less. */
  onResize() {
    if (!isSameRoom(this.#measureRoom(), this.drawn.room)) this.build();
  }

  // --- Stepping and choosing -----------------------------------------------------------------------------------------

  /** The step, counted from 0. */
  get place() {
    return this.view.step;
  }

  /** The last step. */
  get last() {
    return this.payload.steps.length - 1;
  }

  /** @param {number} step */
  goTo(step) {
    const from = this.view.step;
    const isWalk = !this.isSliding && this.walk.leads(from, step);
    this.view.step = step;
    this.tooltip.hide();
    this.show();
    if (isWalk) this.walk.start(from, step, this.speed);
  }

  /** Python hears of it where it follows the steps. */
  pause() {
    super.pause();
    if (this.payload.follow) this.address.plan();
  }

  /** @param {Partial<View>} change */
  #choose(change) {
    Object.assign(this.view, change);
    this.build();
    this.address.plan();
  }

  /** @param {string} character to write at this step */
  #force(character) {
    const { step } = this.view;
    this.pause();
    this.#tell();
    this.python.known.step = step;
    this.host.tell("force", { step, character });
  }

  /** @param {string} text as it was typed or chosen */
  async #askFor(text) {
    const { question, changesOfAnyText } = this.payload;
    const changes = text === question.text ? question.changes : changesOfAnyText;
    const toItsEnd = (/** @type {StagePayload} */ { step }) => ({ ...this.view, step });
    if (await this.#ask({ model: question.model, text, changes }, toItsEnd)) this.#visit();
  }

  /**
   * @param {Question} question
   * @param {(payload: StagePayload) => View} viewOf how the answer is looked at
   * @returns {Promise<boolean>} whether it is answered
   */
  async #ask(question, viewOf) {
    this.pause();
    this.root.classList.add("waiting");
    const reply = await this.asker.ask(this.payload.api, question, this.payload.language);
    // Another is asked for by now, or this stage has left the page.
    if (reply === null || this.signal.aborted) return false;
    this.root.classList.remove("waiting");
    if ("failed" in reply) this.host.tell("asked", { text: question.text });
    if ("problem" in reply) this.#adopt(withProblem(this.payload, question.text, reply.problem), this.view);
    if (!("answer" in reply)) return false;
    const payload = withAnswer(this.payload, question, reply.answer);
    this.#adopt(payload, viewOf(payload));
    return true;
  }

  /** A text that a person asked for has an address of its own, to come back to. */
  #visit() {
    const { text, changes } = this.payload.question;
    const url = addressWith({ text, changes, ...parametersOf(this.view) });
    if (url.href !== location.href) history.pushState(history.state, "", url);
    if (this.payload.follow) this.#tell();
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    super.onClick(event);
    const row = originOf(event)?.closest(".map :is(.row, .letter, .slot)");
    if (!(row instanceof SVGElement)) return;
    this.moveByHand(Number(row.dataset.step));
    this.grid.pointAt(event.target);
  }

  /** @param {Event} event */
  onChange(event) {
    super.onChange(event);
    const { target } = event;
    if (!(target instanceof HTMLInputElement)) return;
    if (target.matches(".scale input")) this.#choose({ scale: target.value });
    if (target.matches(".padding-choice")) this.#choose({ padding: target.checked });
  }

  /** What the buttons do, those for taking the view along included. */
  actions() {
    const name = `${this.payload.fileName}-step-${this.view.step + 1}`;
    return {
      ...super.actions(),
      png: () => savePng(savedPicture(this.payload, this.view), name, changesOf(this.payload)),
      svg: () => saveSvg(savedPicture(this.payload, this.view), name),
      link: () => copyLink(this.root, this.#link(), this.payload.strings, (text) => this.feedback.say(text)),
      enlarge: () => this.fullScreen.toggle(),
    };
  }

  /** @param {KeyboardEvent} event */
  onPageKey(event) {
    if (event.key === "Escape") this.tooltip.hide();
    super.onPageKey(event);
  }

  #onFullScreen() {
    this.fullScreen.show(this.payload.strings);
    this.onResize();
  }

  // --- The address, and what Python has to know ----------------------------------------------------------------------

  /** The view, where the address says another. */
  writeAddress() {
    if (this.asker.isAsking) return; // The address is that of the text to come.
    const said = viewIn(this.address.parameters, this.payload);
    if (!isSameView(said, this.view)) history.replaceState(history.state, "", addressWith(parametersOf(this.view)));
    if (this.payload.follow && !this.playing) this.#tell();
  }

  /** Back and forward: the stage follows the address. */
  async followAddress() {
    this.pause();
    const view = viewIn(this.address.parameters, this.payload); // Read now: it may have moved on when it is answered.
    const question = questionIn(this.address.parameters, this.payload);
    if (isSameQuestion(question, this.payload.question)) this.#adopt(this.payload, view);
    else if (await this.#ask(question, () => view)) this.#tell();
  }

  #tell() {
    this.python.tell(this.view.step, this.payload.question);
  }

  /** A link to this view, with the date, the model and the language. */
  #link() {
    return addressWith({ ...this.payload.link, ...parametersOf(this.view) });
  }
}
