// The map as a handle: where the page lets weights be changed, a cell of the current row is dragged up for more and down for
// less, or its weight is typed. The others share the rest as they did; Python hears of it when it is let go.

/** @import { Column } from "../shared/columns.js" */
/** @import { StagePayload, Step } from "./payload.js" */
/** @import { StageView } from "./stage_view.js" */
import { clamp } from "../shared/arithmetic.js";
import { element } from "../shared/elements.js";
import { cellAt } from "./map_rows.js";

// A drag of so many pixels leads from no weight to all of it; a shorter one than the slip of a finger is a click.
const PIXELS_TO_ALL = 160;
const SLIP = 4;

/** @typedef {{ position: number, weight: number, y: number, dragged: boolean }} Drag */

/**
 * The weights of a step with one of them set; the others share the rest in the proportion that they have.
 *
 * @param {readonly number[]} weights
 * @param {number} position
 * @param {number} weight
 */
export function withWeight(weights, position, weight) {
  const rest = weights.reduce((sum, other, i) => (i === position ? sum : sum + other), 0);
  // Where nothing else has any weight, all others get the same.
  const share = (/** @type {number} */ other) => (rest > 0 ? other / rest : 1 / (weights.length - 1));
  return weights.map((other, i) => (i === position ? weight : share(other) * (1 - weight)));
}

/**
 * The weight that a drag leads to.
 *
 * @param {number} weight where it began
 * @param {number} up pixels
 */
export const draggedTo = (weight, up) => clamp(weight + up / PIXELS_TO_ALL, 0, 1);

/**
 * A weight as a person types it, with a point or a comma, or in percent; null for what is none.
 *
 * @param {string} text
 */
export function typedWeight(text) {
  const written = text.trim().replace(",", ".");
  if (!/^\d*\.?\d+\s*%?$|^\d+\.\s*%?$/.test(written)) return null;
  const value = parseFloat(written) / (written.endsWith("%") ? 100 : 1);
  return value >= 0 && value <= 1 ? value : null;
}

/** What a pointer and keys do to the weights of the current row. */
export class Handle {
  /** @type {Drag | null} */
  #drag = null;
  #stage;
  /** @type {StagePayload} */
  #before;

  /** @param {StageView} stage */
  constructor(stage) {
    this.#stage = stage;
    this.#before = stage.payload;
  }

  /** Begin to listen. */
  listen() {
    const { map, signal } = this.#stage;
    map.addEventListener("pointerdown", (event) => this.#onDown(event), { signal });
    map.addEventListener("pointermove", (event) => this.#onMove(event), { signal });
    map.addEventListener("pointerup", (event) => this.#onUp(event), { signal });
    map.addEventListener("pointercancel", () => this.#cancel(), { signal });
    map.addEventListener("keydown", (event) => this.#onKey(event), { signal });
  }

  /**
   * The column that a cell of the current row belongs to; null for another cell, and where nothing is to be changed.
   *
   * @param {EventTarget | null} target
   * @returns {Column | null}
   */
  #columnAt(target) {
    const { payload, view, drawn } = this.#stage;
    const cell = cellAt(target);
    if (!payload.editable || !cell || Number(cell.dataset.row) !== view.step) return null;
    const column = drawn.columns[Number(cell.dataset.column)];
    return column.folded || column.padding ? null : column;
  }

  /** @param {PointerEvent} event */
  #onDown(event) {
    const column = this.#columnAt(event.target);
    if (!column || event.button !== 0) return;
    const { map, payload, view } = this.#stage;
    map.setPointerCapture(event.pointerId);
    this.#stage.pause();
    this.#before = payload;
    const weight = (payload.steps[view.step].weights ?? [])[column.from];
    this.#drag = { position: column.from, weight, y: event.clientY, dragged: false };
  }

  /** @param {PointerEvent} event */
  #onMove(event) {
    const drag = this.#drag;
    if (!drag) return;
    const up = drag.y - event.clientY;
    drag.dragged ||= Math.abs(up) > SLIP;
    if (drag.dragged) this.#preview(drag.position, draggedTo(drag.weight, up));
  }

  /** @param {PointerEvent} event */
  #onUp(event) {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag) return;
    const weight = drag.dragged ? draggedTo(drag.weight, drag.y - event.clientY) : null;
    this.#tell(drag.position, weight);
  }

  #cancel() {
    if (this.#drag?.dragged) this.#show(this.#before);
    this.#drag = null;
  }

  /**
   * A digit or a point on a cell begins to type its weight.
   *
   * @param {KeyboardEvent} event
   */
  #onKey(event) {
    const column = this.#columnAt(event.target);
    if (!column || !/^[0-9.,]$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.#type(/** @type {Element} */ (event.target), column, event.key);
  }

  /**
   * @param {Element} cell
   * @param {Column} column
   * @param {string} begun what is typed already
   */
  #type(cell, column, begun) {
    const { root, payload } = this.#stage;
    const label = `${payload.strings.weight}: ${column.name}`;
    const entry = element("input", { className: "weight-entry", inputMode: "decimal", value: begun, ariaLabel: label });
    const [at, stage] = [cell.getBoundingClientRect(), root.getBoundingClientRect()];
    entry.style.insetInlineStart = `${at.left - stage.left}px`;
    entry.style.insetBlockStart = `${at.top - stage.top - 2}px`;
    // Who leaves the entry leaves the weight as it is. Removing it is leaving, too.
    entry.addEventListener("blur", () => entry.isConnected && entry.remove(), { once: true });
    entry.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") this.#take(entry, column);
      if (event.key === "Enter" || event.key === "Escape") entry.blur();
      if (event.key === "Escape" && cell instanceof SVGElement) cell.focus();
    });
    root.append(entry);
    entry.focus();
  }

  /**
   * @param {HTMLInputElement} entry
   * @param {Column} column
   */
  #take(entry, { from }) {
    const weight = typedWeight(entry.value);
    if (weight === null) return;
    this.#before = this.#stage.payload;
    this.#preview(from, weight);
    this.#tell(from, weight);
  }

  /**
   * Show a weight before it is decoded with.
   *
   * @param {number} position
   * @param {number} weight
   */
  #preview(position, weight) {
    const { step } = this.#stage.view;
    const steps = this.#before.steps.map((one, i) => (i === step ? changedStep(one, position, weight) : one));
    this.#show({ ...this.#before, steps });
  }

  /** @param {StagePayload} payload */
  #show(payload) {
    this.#stage.payload = payload;
    this.#stage.build();
  }

  /**
   * @param {number} position
   * @param {number | null} weight null where the place alone is chosen
   */
  #tell(position, weight) {
    this.#stage.host.tell("weighed", { step: this.#stage.view.step, position, weight });
  }
}

/**
 * @param {Step} step
 * @param {number} position
 * @param {number} weight
 * @returns {Step}
 */
function changedStep(step, position, weight) {
  return { ...step, weights: withWeight(step.weights ?? [], position, weight) };
}
