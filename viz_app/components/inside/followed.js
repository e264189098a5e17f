// The source character that is followed: what its state has read, and what it brings to the context.

/** @import { Attention, Scene } from "./scene.js" */
import { visible } from "../shared/characters.js";
import { element } from "../shared/elements.js";
import { exactNumber, shortNumber } from "../shared/numbers.js";
import { fill } from "../shared/texts.js";
import { topUnits } from "./arrays.js";

const SHOWN_UNITS = 3;

/**
 * The largest units of a state, each with its number.
 *
 * @param {ArrayLike<number>} values
 */
export function largestUnits(values) {
  return topUnits(values, SHOWN_UNITS)
    .map((unit) => `${unit}:\u00a0${shortNumber(values[unit])}`)
    .join("  ");
}

/**
 * @param {HTMLElement} place
 * @param {Scene} scene
 * @param {Attention} attention
 */
export function showFollowed(place, scene, { scores, weights, weighted_states: weighted }) {
  const { strings, arrays, columns, payload, source: j } = scene;
  const { label, padding } = columns[j];
  const character = padding ? `${label} (${strings.padding_space})` : visible(payload.source[j]);
  const lines = [
    [strings.score, exactNumber(scores[j])],
    [strings.weight, exactNumber(weights[j])],
    [strings.largest, largestUnits(arrays.hs_enc[j])],
    [strings.share, largestUnits(weighted[j])],
  ];
  const items = lines.flatMap(([term, text]) => [
    element("dt", { textContent: term }),
    element("dd", { textContent: text }),
  ]);
  const seen = columns.filter((_, i) => scene.hasRead(j, i)).map((column) => column.label);
  place.replaceChildren(
    element("h3", { textContent: fill(strings.followed, { position: j + 1, character }) }),
    element("dl", {}, ...items),
    element("p", { className: "hint", textContent: toldOfReading(scene, seen.length) }),
    element("p", { className: "read-text", textContent: seen.join("") }),
  );
}

/**
 * @param {Scene} scene
 * @param {number} count
 */
function toldOfReading({ payload, strings, T }, count) {
  const inOrder = payload.readAt[0] ? strings.has_read : strings.has_read_in_order;
  const how = payload.bothWays ? strings.has_read_both_ways : inOrder;
  return `${how} · ${fill(strings.read_count, { count, total: T })}`;
}
