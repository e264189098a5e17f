// What the components of the pages have in common; it stands before the script of each.

const SVG = "http://www.w3.org/2000/svg";

// Browsers refuse more than about 100 address changes in 30 seconds; a held arrow key makes more.
const ADDRESS_DELAY_MS = 250;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

const fill = (template, values) => template.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

// What is no property of an element, such as an `aria-` name, is one of its attributes.
function element(name, properties = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in node) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

function svgElement(name, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function luminance(colour) {
  const channels = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16) / 255);
  const [r, g, b] = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// Black or white, whichever contrasts more: at least 4.58 to 1 on every colour there is.
const inkOn = (colour) => (luminance(colour) > 0.179 ? "#000000" : "#ffffff");

const shade = (colours, share) => colours[Math.round(clamp(share, 0, 1) * (colours.length - 1))];

const visible = (character) => (character === " " ? "␣" : character);

// Keys for writing and for moving inside a widget are the widget's own.
const KEEPS =
  "textarea, canvas, [contenteditable=true], [role=textbox], [role=searchbox], [role=combobox], [role=listbox], " +
  "[role=option], [role=menu], [role=tree], [role=grid], [role=dialog], input[type=range]:not(.slider), " +
  "input:not([type=checkbox], [type=radio], [type=range], [type=button], [type=submit])";
const PRESSES =
  "button, a[href], summary, select, input:not([type=range]), [role=button], [role=link], [role=switch], [role=tab]";
const MOVES =
  "select, input[type=radio], input[type=range], [role=radio], [role=slider], [role=spinbutton], [role=tab], .scroll";

// Does the element that has the focus need this key itself? A button that was clicked has the focus too, but whoever
// clicks an example and then presses an arrow means the picture.
function needsKey(target, key, pointed) {
  if (!(target instanceof Element)) return false;
  if (target.closest(KEEPS)) return true;
  return !pointed && target.matches(key === " " ? PRESSES : MOVES);
}
