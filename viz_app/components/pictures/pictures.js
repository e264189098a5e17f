// Pictures that the server has drawn, as they are: parsed as XML, so that what is no picture is not shown at all.

import { one } from "../shared/elements.js";

/** @typedef {{ svgs: string[], language: string, least: number }} PicturesPayload `least` is a width in pixels */

// What each picture was drawn from: one that has not changed stays, with the words that somebody is just reading.
/** @type {WeakMap<Element, string>} */
const drawnFrom = new WeakMap();

/** @param {{ data: PicturesPayload, parentElement: ParentNode }} call */
function draw({ data, parentElement }) {
  const place = one(parentElement, ".pictures", HTMLElement);
  place.lang = data.language;
  place.style.setProperty("--least", `${data.least}px`);
  data.svgs.forEach((svg, i) => show(place, svg, i));
  while (place.children.length > data.svgs.length) place.lastElementChild?.remove();
}

/**
 * @param {HTMLElement} place
 * @param {string} svg
 * @param {number} i
 */
function show(place, svg, i) {
  const old = place.children.item(i);
  if (old && drawnFrom.get(old) === svg) return;
  const drawn = document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);
  drawnFrom.set(drawn, svg);
  if (old) old.replaceWith(drawn);
  else place.append(drawn);
}

export default draw;
