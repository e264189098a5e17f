// The strip: a button for every frame, with its map in small and what it writes.

/** @import { Scale } from "../shared/colours.js" */
/** @import { FilmPayload, Frame } from "./payload.js" */
import { visible } from "../shared/characters.js";
import { channels, shade } from "../shared/colours.js";
import { element } from "../shared/elements.js";
import { pixelPicture } from "../shared/pixels.js";
import { fill } from "../shared/texts.js";

/**
 * @param {FilmPayload} payload
 * @param {Scale} colours
 * @param {(frame: number) => void} choose
 */
export function stripButtons(payload, colours, choose) {
  return payload.frames.map((frame, i) => {
    const name = element("span", { className: "iteration", ariaHidden: true, textContent: frame.name });
    const spoken = element("span", { className: "hidden-text", textContent: spokenFrame(payload, frame) });
    const parts = [name, thumbnail(colours, frame), written(frame), spoken];
    return element("button", { type: "button", onclick: () => choose(i) }, ...parts);
  });
}

/**
 * The map of a frame, a pixel a cell.
 *
 * @param {Scale} colours
 * @param {Frame} frame
 */
function thumbnail(colours, frame) {
  return pixelPicture(frame.weights, (weight) => channels(shade(colours, weight)), { ariaHidden: true });
}

/** @param {Frame} frame */
function written(frame) {
  const characters = frame.output.map((character, i) => {
    const isWrong = frame.right !== null && !frame.right[i];
    return element("span", { className: isWrong ? "wrong" : "", textContent: visible(character) });
  });
  return element("span", { className: "written", ariaHidden: true }, ...characters);
}

/**
 * @param {FilmPayload} payload
 * @param {Frame} frame
 */
function spokenFrame({ strings }, frame) {
  const told = frame.whole === null ? strings.frame : frame.whole ? strings.frame_right : strings.frame_wrong;
  return fill(told, { iterations: frame.name, output: frame.output.join("") });
}
