// Pictures that the server has drawn, as they are: parsed as XML, so that what is no picture is not shown at all.
//
// Streamlit calls the default export after mounting and again whenever the payload or the theme changes.

export default function mount({ data, parentElement }) {
  const place = parentElement.querySelector(".pictures");
  place.lang = data.language;
  place.style.setProperty("--least", `${data.least}px`);
  data.svgs.forEach((svg, i) => show(place, svg, i));
  while (place.children.length > data.svgs.length) place.lastElementChild.remove();
}

function show(place, svg, i) {
  const old = place.children[i];
  // What has not changed stays, with the words that somebody is just reading where they point.
  if (old?.drawnFrom === svg) return;
  const drawn = document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);
  drawn.drawnFrom = svg;
  if (old) old.replaceWith(drawn);
  else place.append(drawn);
}
