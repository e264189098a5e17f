// The way of the current step on the map: ribbons from the typed characters into the character that is written.

/** @import { Moment } from "./journey.js" */
/** @import { MapParts } from "./stage_map.js" */
import { visible } from "../shared/characters.js";
import { svgElement } from "../shared/elements.js";
import { wholePercent } from "../shared/numbers.js";
import { fill } from "../shared/texts.js";
import { between } from "./journey.js";
import { mapText } from "./map_text.js";
import { ribbonsOf, sourcePlaces } from "./ribbons.js";

// Pale when it rests: the picture and the map below are two views of the same row.
const OPACITY = { moving: 0.8, resting: 0.34 };
const CONTEXT_HEIGHT = 5;
const FONT = "12px";
// A rest that would be written as less than one percent is not named.
const LEAST_NAMED = 0.01;

/** What leads from the source to what is written, and how a step gets into it. */
export class Way {
  #step = -1;

  /** @param {MapParts} parts of a map with attention */
  constructor(parts) {
    const { size, palette, columns } = parts;
    this.parts = parts;
    this.places = sourcePlaces(columns, size);
    this.ribbons = svgElement("g", { class: "ribbons", fill: "none" });
    this.context = svgElement("rect", {
      width: size.slots.ribbon,
      height: CONTEXT_HEIGHT,
      rx: 2,
      y: size.way.to - CONTEXT_HEIGHT,
    });
    this.rest = mapText(palette, "", 0, size.way.to - 10);
    this.fed = mapText(palette, "", 0, size.slots.y + size.slots.height / 2);
    this.root = svgElement("g", { "aria-hidden": true }, this.ribbons, this.context, this.rest, this.fed);
    for (const node of [this.ribbons, this.context]) node.style.color = palette.now;
    this.ribbons.style.stroke = this.context.style.fill = "currentColor";
    this.rest.style.fill = palette.muted;
    this.rest.style.fontSize = FONT;
    this.rest.style.fontFamily = palette.font;
    this.fed.style.fill = palette.muted;
  }

  /**
   * @param {number} step
   * @param {Moment} moment
   */
  show(step, moment) {
    if (step !== this.#step) this.#lead(step);
    const { feed, reach, join, write } = moment;
    // Longer than the whole: a dash of just the length leaves a seam where it ends.
    this.ribbons.style.strokeDasharray = reach < 1 ? `${reach} 2` : "";
    this.ribbons.style.opacity = String(reach && between(OPACITY.moving, OPACITY.resting, write));
    this.context.style.opacity = String(join && between(1, OPACITY.resting, write));
    this.rest.style.opacity = String(join);
    this.fed.style.opacity = String(feed && 1 - join);
    const { slots } = this.parts.size;
    this.fed.setAttribute("x", String(slots.middle(step) - (1 - feed) * slots.pitch));
  }

  /** @param {number} step which the ribbons belong to */
  #lead(step) {
    this.#step = step;
    const { payload, size } = this.parts;
    const { weights, inputCharacter } = payload.steps[step];
    const x = size.slots.middle(step);
    const way = { x, from: size.way.from, to: size.way.to - CONTEXT_HEIGHT, thickness: size.slots.ribbon };
    const { ribbons, rest, side } = ribbonsOf(weights ?? [], this.places, way);
    this.ribbons.replaceChildren(...ribbons.map((ribbon) => this.#draw(ribbon)));
    this.context.setAttribute("x", String(x - size.slots.ribbon / 2));
    const share = wholePercent(rest, payload.strings);
    this.rest.textContent = rest < LEAST_NAMED ? "" : fill(payload.strings.others, { percent: share });
    // On the side that no ribbon comes from.
    this.rest.setAttribute("x", String(x + Math.sign(side || 1) * -(size.slots.ribbon / 2 + 8)));
    this.rest.setAttribute("text-anchor", side > 0 ? "end" : "start");
    this.fed.textContent = visible(inputCharacter);
  }

  /** @param {import("./ribbons.js").Ribbon} ribbon */
  #draw({ path, thickness, column }) {
    const look = { class: "ribbon", d: path, "stroke-width": thickness, pathLength: 1, "data-column": column };
    return svgElement("path", look);
  }

  /**
   * Light the ribbons of a column, or of none.
   *
   * @param {number | null} column
   */
  light(column) {
    for (const ribbon of this.ribbons.children) {
      ribbon.classList.toggle("lit", ribbon.getAttribute("data-column") === String(column));
    }
  }
}
