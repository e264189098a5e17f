// A drawing of Python's on the page: made of escaped texts alone, so that nothing that a person typed is markup in it.

import { element } from "../shared/elements.js";

/** @param {{ data: { html: string }, parentElement: ParentNode }} call */
function draw({ data, parentElement }) {
  let place = parentElement.querySelector(".drawing");
  if (!place) {
    place = element("div", { className: "drawing" });
    parentElement.append(place);
  }
  // What has not changed stays as it is.
  // eslint-disable-next-line no-restricted-properties -- a page of Python's, not a text
  if (place.innerHTML !== data.html) place.innerHTML = data.html;
}

export default draw;
