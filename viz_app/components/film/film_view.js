// The film as it is played: the map of a frame, the answer, the strip of all frames and the charts below it.

/** @import { Host } from "../shared/mounting.js" */
/** @import { FilmPayload } from "./payload.js" */
import { addressWith } from "../shared/address.js";
import { clamp, tenths } from "../shared/arithmetic.js";
import { scaleOn, shadeBar } from "../shared/colours.js";
import { columnsOf } from "../shared/columns.js";
import { element, one } from "../shared/elements.js";
import { Player } from "../shared/player.js";
import { rowHeightIn } from "../shared/room.js";
import { fill } from "../shared/texts.js";
import { Answer } from "./answer.js";
import { Charts } from "./charts.js";
import { FrameMap } from "./frame_map.js";
import { stripButtons } from "./strip.js";

const ROW_HEIGHTS = { below: 560, limits: /** @type {const} */ ([20, 40]), narrow: 26 };

/**
 * The frame that an address asks for, counted from 0; null where it asks for none, or for one that there is not.
 *
 * @param {URLSearchParams} parameters
 * @param {number} last
 */
export function frameIn(parameters, last) {
  const frame = Number(parameters.get("frame") ?? NaN);
  return Number.isInteger(frame) && frame >= 1 && frame <= last + 1 ? frame - 1 : null;
}

/** @extends {Player<FilmPayload, number>} */
export class FilmView extends Player {
  /**
   * @param {HTMLElement} root
   * @param {FilmPayload} payload
   * @param {Host<number>} host
   */
  constructor(root, payload, host) {
    super(root, payload, host);
    this.strip = one(root, ".strip", HTMLElement);
    this.timeline = one(root, ".timeline", HTMLElement);
    const asked = frameIn(this.address.parameters, this.last);
    this.frame = clamp(asked ?? host.memory.value ?? this.last, 0, this.last);
    this.dress(payload.frames);
    this.drawn = this.#draw();
    this.show();
    this.listen();
  }

  /** Also to who scrubs over the charts. */
  listen() {
    super.listen();
    const charts = one(this.root, ".charts", HTMLElement);
    const { signal } = this;
    charts.addEventListener("pointerdown", (event) => this.#onScrub(event), { signal });
    charts.addEventListener("pointermove", (event) => this.#onScrub(event), { signal });
    this.watchSize(this.timeline);
  }

  /**
   * Another date leaves the frame where the person put it.
   *
   * @param {FilmPayload} payload
   */
  receive(payload) {
    const isSameDate = payload.id === this.payload.id;
    this.payload = payload;
    this.frame = clamp(this.frame, 0, this.last);
    if (!isSameDate) this.pause();
    this.dress(payload.frames);
    this.build();
    this.address.plan();
  }

  // --- Drawing -------------------------------------------------------------------------------------------------------

  /** Draw everything anew: for another date or size. Frames only go through `show`. */
  build() {
    this.drawn = this.#draw();
    this.show();
  }

  #draw() {
    const { payload } = this;
    const columns = columnsOf(payload, false);
    const room = this.#measureRoom();
    const colours = scaleOn(payload.colours, this.isDark);
    const map = new FrameMap(payload, columns, colours, room);
    this.map.replaceChildren(map.root);
    shadeBar(one(this.root, ".bar", HTMLElement), colours);
    const answer = new Answer(this.root, payload);
    const buttons = stripButtons(payload, colours, (frame) => this.moveByHand(frame));
    const items = buttons.map((button) => element("li", {}, button));
    this.strip.replaceChildren(...items);
    this.strip.style.setProperty("--frames", String(items.length));
    const charts = new Charts(payload, this.#measureStrip(items));
    one(this.root, ".charts", HTMLElement).replaceChildren(...charts.parts);
    return { room, map, answer, buttons, charts };
  }

  #measureRoom() {
    const rowHeight = rowHeightIn(this.root, this.payload.frames[0].output.length, ROW_HEIGHTS);
    return { width: this.map.clientWidth, strip: this.timeline.clientWidth, rowHeight };
  }

  /** @param {HTMLElement[]} items of the strip, already on the page */
  #measureStrip(items) {
    const { left } = this.strip.getBoundingClientRect();
    const boxes = items.map((item) => item.getBoundingClientRect());
    const middles = boxes.map((box) => tenths(box.left + box.width / 2 - left));
    return { middles, width: tenths(boxes[boxes.length - 1].right - left), column: tenths(boxes[0].width) };
  }

  /** Everything that depends on the frame. */
  show() {
    const { frames, strings } = this.payload;
    const frame = frames[this.frame];
    this.drawn.map.show(frame);
    this.drawn.charts.show(this.frame);
    this.drawn.answer.show(frame);
    this.showPlace(frame.sentence, fill(strings.frame_of, { frame: this.frame + 1, frames: frames.length }));
    this.drawn.buttons.forEach((button, i) => button.setAttribute("aria-current", String(i === this.frame)));
    this.#keepInView();
    this.host.memory.value = this.frame;
  }

  /** On a narrow screen the strip is moved sideways. */
  #keepInView() {
    const { timeline } = this;
    if (timeline.scrollWidth <= timeline.clientWidth) return;
    timeline.scrollLeft = this.drawn.charts.middles[this.frame] - timeline.clientWidth / 2;
  }

  /** Drawn anew where there is more room, or less. */
  onResize() {
    const now = this.#measureRoom();
    const before = this.drawn.room;
    const isSame = now.width === before.width && now.strip === before.strip && now.rowHeight === before.rowHeight;
    if (!isSame) this.build();
  }

  // --- Stepping ------------------------------------------------------------------------------------------------------

  /** The frame, counted from 0. */
  get place() {
    return this.frame;
  }

  /** The last frame. */
  get last() {
    return this.payload.frames.length - 1;
  }

  /** @param {number} frame */
  goTo(frame) {
    this.frame = frame;
    this.show();
  }

  /**
   * A press on the charts goes to the nearest frame, and a mouse that is held goes on.
   *
   * @param {PointerEvent} event
   */
  #onScrub(event) {
    if (event.buttons !== 1 || (event.type === "pointermove" && event.pointerType !== "mouse")) return;
    const x = event.clientX - this.strip.getBoundingClientRect().left;
    this.moveByHand(this.drawn.charts.frameAt(x));
  }

  // --- The address ---------------------------------------------------------------------------------------------------

  /** The frame, where the address says another. */
  writeAddress() {
    const frame = String(this.frame + 1);
    if (this.address.parameters.get("frame") === frame) return;
    history.replaceState(history.state, "", addressWith({ frame }));
  }

  /** Back and forward: the film follows the address. */
  followAddress() {
    const frame = frameIn(this.address.parameters, this.last);
    if (frame !== null) this.moveByHand(frame);
  }
}
