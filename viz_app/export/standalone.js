"use strict";

// The page is complete without this: it hides the rows after a step, and tells that step beside the map.

const PLAY_MS = 800;

const panel = document.querySelector(".panel");
const slider = panel.querySelector("input");
const play = panel.querySelector("[data-go=play]");
const rows = [...document.querySelectorAll("[data-step]")];
const last = Number(slider.max);
const outline = document.createElementNS("http://www.w3.org/2000/svg", "rect");
let timer = 0;

const ways = {
  first: () => 1,
  back: () => Number(slider.value) - 1,
  forward: () => Number(slider.value) + 1,
  last: () => last,
};

function go(wanted) {
  const step = Math.min(Math.max(wanted, 1), last);
  slider.value = step;
  panel.querySelector("output").textContent = panel.dataset.label.replace("{step}", step);
  for (const row of rows) {
    const own = Number(row.dataset.step);
    row.classList.toggle("current", own === step);
    row.classList.toggle("ahead", own > step);
  }
  panel.querySelector(".sentence").textContent = document.querySelector("tr.current .words").textContent;
  placeOutline([...document.querySelectorAll("g.current .cell")].map((cell) => cell.getBBox()));
}

function placeOutline(cells) {
  const { x, y, height } = cells[0];
  const end = cells.at(-1);
  const box = { x: x - 1.5, y: y - 1.5, width: end.x + end.width - x + 3, height: height + 3 };
  for (const [name, value] of Object.entries(box)) outline.setAttribute(name, value);
}

function pause() {
  clearInterval(timer);
  timer = 0;
  play.textContent = play.dataset.play;
}

function toggle() {
  if (timer) {
    pause();
    return;
  }
  if (Number(slider.value) === last) go(1);
  play.textContent = play.dataset.pause;
  timer = setInterval(() => {
    go(ways.forward());
    if (Number(slider.value) === last) pause();
  }, PLAY_MS);
}

function stepBy(way) {
  pause();
  go(ways[way]());
}

panel.addEventListener("click", (event) => {
  const way = event.target.dataset.go;
  if (way === "play") toggle();
  else if (way) stepBy(way);
});

slider.addEventListener("input", () => {
  pause();
  go(Number(slider.value));
});

for (const row of rows) {
  row.addEventListener("click", () => {
    pause();
    go(Number(row.dataset.step));
  });
}

document.addEventListener("pointerover", (event) => {
  if (event.target.matches(".cell")) {
    panel.querySelector(".readout").textContent = event.target.querySelector("title").textContent;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.target === slider || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "ArrowLeft") stepBy("back");
  if (event.key === "ArrowRight") stepBy("forward");
});

outline.classList.add("outline");
document.querySelector(".map svg").append(outline);
panel.hidden = false;
go(Number(slider.value));
