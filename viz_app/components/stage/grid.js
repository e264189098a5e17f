// The map as a grid for the keyboard: one tab stop, arrow keys inside, Enter goes to the row's step.

/** @import { StageView } from "./stage_view.js" */
import { clamp, strongest } from "../shared/arithmetic.js";
import { Handle } from "./handle.js";
import { cellAt } from "./map_rows.js";
import { weightIn } from "./steps.js";

/** @typedef {{ row: number, column: number }} Cell counted from 0 */
/** @typedef {Cell | "select" | "hide" | null} GridMove where a key leads to, or what else it asks for */

/**
 * @param {{ key: string, ctrlKey: boolean }} event
 * @param {Cell} from
 * @param {Cell} last the last row that is written, and the last column
 * @returns {GridMove}
 */
export function gridMove({ key, ctrlKey }, { row, column }, last) {
  /** @type {ReadonlyMap<string, Cell>} */
  const cells = new Map([
    ["ArrowLeft", { row, column: column - 1 }],
    ["ArrowRight", { row, column: column + 1 }],
    ["ArrowUp", { row: row - 1, column }],
    ["ArrowDown", { row: row + 1, column }],
    ["Home", { row: ctrlKey ? 0 : row, column: 0 }],
    ["End", { row: ctrlKey ? last.row : row, column: last.column }],
  ]);
  const to = cells.get(key);
  if (to) return { row: clamp(to.row, 0, last.row), column: clamp(to.column, 0, last.column) };
  if (key === "Escape") return "hide";
  return key === "Enter" || key === " " ? "select" : null;
}

/** The map of a stage as a grid: where its tab stop is, and what keys, focus and pointer do on it. */
export class Grid {
  /** @type {Cell} */
  #at = { row: 0, column: 0 };
  /** @type {SVGElement | undefined} */
  #node;
  #stage;

  /** @param {StageView} stage */
  constructor(stage) {
    this.#stage = stage;
  }

  /** Begin to listen. */
  listen() {
    const { map, signal, tooltip } = this.#stage;
    map.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    map.addEventListener("mousedown", (event) => this.#onMouseDown(event), { signal });
    map.addEventListener("pointermove", (event) => this.pointAt(event.target), { signal });
    map.addEventListener("pointerleave", () => this.pointAt(null), { signal });
    map.addEventListener("focusin", (event) => this.#onFocus(event.target), { signal });
    map.addEventListener("focusout", () => tooltip.hide(), { signal });
    new Handle(this.#stage).listen();
  }

  /** The tab key stops at the strongest weight of the current step. */
  placeTabStop() {
    const { drawn, payload, view } = this.#stage;
    if (!drawn.isAttending) return;
    const weights = drawn.columns.map((column) => weightIn(payload.steps[view.step], column));
    this.#stopAt({ row: view.step, column: strongest(weights) });
  }

  /** Whether the focus is on one of the cells. */
  get hasFocus() {
    const { root, drawn } = this.#stage;
    const { activeElement } = /** @type {ShadowRoot} */ (root.getRootNode());
    return drawn.map.root.contains(activeElement);
  }

  /** Put the focus on the cell that had it, or on the last of its row. */
  refocus() {
    this.#focus({ row: this.#at.row, column: Math.min(this.#at.column, this.#lastCell.column) });
  }

  get #lastCell() {
    return { row: this.#stage.view.step, column: this.#stage.drawn.columns.length - 1 };
  }

  /** @param {Cell} at */
  #stopAt(at) {
    this.#keepInView(at.column);
    this.#node?.setAttribute("tabindex", "-1");
    this.#at = at;
    this.#node = this.#stage.drawn.map.rows[at.row].cells[at.column];
    this.#node.setAttribute("tabindex", "0");
  }

  /**
   * A long date on a small phone is wider than the screen.
   *
   * @param {number} column
   */
  #keepInView(column) {
    const { map, drawn } = this.#stage;
    if (map.scrollWidth > map.clientWidth) map.scrollLeft = drawn.size.x[column] - map.clientWidth / 2;
  }

  /** @param {Cell} at */
  #focus(at) {
    this.#stopAt(at);
    this.#node?.focus();
  }

  /** @param {EventTarget | null} target */
  #onFocus(target) {
    const cell = cellAt(target);
    if (!cell) return;
    this.#stopAt({ row: Number(cell.dataset.row), column: Number(cell.dataset.column) });
    this.pointAt(cell);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (!cellAt(event.target) || event.altKey || event.metaKey || event.shiftKey) return;
    const move = gridMove(event, this.#at, this.#lastCell);
    if (move === null) return;
    event.preventDefault();
    if (move === "hide") this.#stage.tooltip.hide();
    else if (move === "select") this.#select(this.#at);
    else this.#focus(move);
  }

  /** @param {Cell} at */
  #select(at) {
    this.#stage.moveByHand(at.row);
    this.#stopAt(at);
    this.pointAt(this.#node ?? null);
  }

  /**
   * A click on a row goes to a step; it must not take the keyboard from the page to the grid.
   *
   * @param {MouseEvent} event
   */
  #onMouseDown(event) {
    event.preventDefault();
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  }

  /**
   * Show the numbers of what is pointed at: a cell, or a typed character.
   *
   * @param {EventTarget | null} target
   */
  pointAt(target) {
    const { drawn, payload, view, tooltip } = this.#stage;
    const place = target instanceof Element ? target.closest(".cell, .typed, .ribbon") : null;
    if (!(place instanceof SVGElement) || !drawn.isAttending) {
      drawn.map.light(null);
      return tooltip.hide();
    }
    const step = Number(place.dataset.row ?? view.step);
    drawn.map.light(step === view.step ? Number(place.dataset.column) : null);
    tooltip.show(place, payload, step, drawn.columns[Number(place.dataset.column)]);
  }
}
