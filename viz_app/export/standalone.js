"use strict";

// The page is complete without this: it hides the rows after a step, and tells that step beside the map. It is a script of
// its own and no component's: what it moves over was drawn by Python, and the file is to stay small.

const PLAY_MS = 800;
const SVG = "http://www.w3.org/2000/svg";
const OUTLINE_WIDTH = 1.5;

/**
 * The first element that matches a selector and has to be there.
 *
 * @template {Element} Kind
 * @param {ParentNode} place
 * @param {string} selector
 * @param {new () => Kind} kind such as HTMLInputElement
 * @returns {Kind}
 */
function one(place, selector, kind) {
  const found = place.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`there is no ${kind.name} at ${selector}`);
}

const panel = one(document, ".panel", HTMLElement);
const slider = one(panel, "input", HTMLInputElement);
const playButton = one(panel, "[data-go=play]", HTMLButtonElement);
const last = Number(slider.max);
const outline = document.createElementNS(SVG, "rect");
/** @type {NodeListOf<HTMLElement | SVGElement>} */
const rows = document.querySelectorAll("[data-step]");

/** @type {ReturnType<typeof setInterval> | undefined} */
let timer;

/** @type {Readonly<Record<string, () => number>>} */
const ways = {
  first: () => 1,
  back: () => Number(slider.value) - 1,
  forward: () => Number(slider.value) + 1,
  last: () => last,
};

/** @param {number} wanted the nearest step to it is shown */
function go(wanted) {
  const step = Math.min(Math.max(wanted, 1), last);
  slider.value = String(step);
  one(panel, "output", HTMLElement).textContent = (panel.dataset.label ?? "").replace("{step}", String(step));
  for (const row of rows) {
    const own = Number(row.dataset.step);
    row.classList.toggle("current", own === step);
    row.classList.toggle("ahead", own > step);
  }
  one(panel, ".sentence", HTMLElement).textContent = one(document, "tr.current .words", HTMLElement).textContent;
  /** @type {NodeListOf<SVGGraphicsElement>} */
  const cells = document.querySelectorAll("g.current .cell");
  placeOutline([...cells].map((cell) => cell.getBBox()));
}

/** @param {DOMRect[]} cells of a row */
function placeOutline(cells) {
  const { x, y, height } = cells[0];
  const end = cells[cells.length - 1];
  const width = end.x + end.width - x;
  outline.setAttribute("x", String(x - OUTLINE_WIDTH));
  outline.setAttribute("y", String(y - OUTLINE_WIDTH));
  outline.setAttribute("width", String(width + 2 * OUTLINE_WIDTH));
  outline.setAttribute("height", String(height + 2 * OUTLINE_WIDTH));
}

function pause() {
  clearInterval(timer);
  timer = undefined;
  playButton.textContent = playButton.dataset.play ?? "";
}

function toggle() {
  if (timer !== undefined) return pause();
  if (Number(slider.value) === last) go(1);
  playButton.textContent = playButton.dataset.pause ?? "";
  timer = setInterval(() => {
    go(ways.forward());
    if (Number(slider.value) === last) pause();
  }, PLAY_MS);
}

/** @param {number} step */
function goByHand(step) {
  pause();
  go(step);
}

panel.addEventListener("click", ({ target }) => {
  const way = target instanceof HTMLElement ? target.dataset.go : undefined;
  if (way === "play") toggle();
  else if (way) goByHand(ways[way]());
});

slider.addEventListener("input", () => goByHand(Number(slider.value)));

for (const row of rows) row.addEventListener("click", () => goByHand(Number(row.dataset.step)));

document.addEventListener("pointerover", ({ target }) => {
  if (!(target instanceof Element) || !target.matches(".cell")) return;
  one(panel, ".readout", HTMLElement).textContent = one(target, "title", SVGTitleElement).textContent;
});

document.addEventListener("keydown", (event) => {
  if (event.target === slider || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "ArrowLeft") goByHand(ways.back());
  if (event.key === "ArrowRight") goByHand(ways.forward());
});

outline.classList.add("outline");
one(document, ".map svg", SVGSVGElement).append(outline);
panel.hidden = false;
go(Number(slider.value));
