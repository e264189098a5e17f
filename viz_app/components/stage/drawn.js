// What is drawn of a view of a decoding: the map and the candidates, and what has to be known of them later.

/** @import { MapRoom } from "./map_size.js" */
/** @import { StagePayload } from "./payload.js" */
/** @import { View } from "./view.js" */
import { scaleOn, shadeBar } from "../shared/colours.js";
import { columnsOf, typedColumns } from "../shared/columns.js";
import { one } from "../shared/elements.js";
import { Candidates } from "./candidates.js";
import { measure } from "./map_size.js";
import { SCREEN, StageMap } from "./stage_map.js";
import { attends, linesOf } from "./steps.js";

/** @typedef {ReturnType<typeof drawView>} Drawn */

/**
 * Draw a view anew, without a step.
 *
 * @param {HTMLElement} root
 * @param {StagePayload} payload
 * @param {View} view
 * @param {{ room: MapRoom, isDark: boolean, force: (character: string) => void }} how room that there is, whether the ground
 *   is dark, what a candidate does that is chosen
 */
export function drawView(root, payload, view, { room, isDark, force }) {
  const isAttending = attends(payload.steps);
  const colours = scaleOn(payload.colours[view.scale], isDark);
  const columns = isAttending ? columnsOf(payload, view.padding) : typedColumns(payload);
  const size = measure(columns, linesOf(payload), room);
  const map = new StageMap({ payload, columns, size, colours, palette: SCREEN });
  one(root, ".map", HTMLElement).replaceChildren(map.root, ...(isAttending ? [map.letters] : []));
  one(root, ".caption", HTMLElement).style.maxInlineSize = `${size.width}px`;
  shadeBar(one(root, ".bar", HTMLElement), colours);
  one(root, `.scale input[value="${view.scale}"]`, HTMLInputElement).checked = true;
  one(root, ".padding-choice", HTMLInputElement).checked = view.padding;
  const candidates = new Candidates(root, payload, force);
  return { isAttending, columns, room, size, map, candidates };
}
