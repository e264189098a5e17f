"use strict";
const rows = [...document.querySelectorAll("[data-step]")];
const controls = document.querySelector(".controls");
const slider = controls.querySelector("input");
const outline = document.querySelector(".outline");
const readout = document.querySelector(".readout");
const play = controls.querySelector("[data-go=play]");
const last = Number(slider.max);
let timer = 0;

function go(step) {
  step = Math.min(Math.max(step, 1), last);
  slider.value = step;
  controls.querySelector("output").textContent = controls.dataset.label.replace("{step}", step);
  for (const row of rows) {
    const own = Number(row.dataset.step);
    row.classList.toggle("current", own === step);
    row.classList.toggle("ahead", own > step);
    if (own === step && row.matches("g")) outline.setAttribute("y", row.querySelector(".cell").y.baseVal.value - 1.5);
  }
}

function pause() {
  clearInterval(timer);
  timer = 0;
  play.textContent = play.dataset.play;
}

function toggle() {
  if (timer) return pause();
  if (Number(slider.value) === last) go(1);
  play.textContent = play.dataset.pause;
  timer = setInterval(() => {
    go(Number(slider.value) + 1);
    if (Number(slider.value) === last) pause();
  }, 800);
}

const ways = {
  first: () => 1, back: () => Number(slider.value) - 1, forward: () => Number(slider.value) + 1, last: () => last,
};
const keys = { Home: "first", ArrowLeft: "back", ArrowUp: "back", ArrowRight: "forward", ArrowDown: "forward", End: "last" };

controls.addEventListener("click", (event) => {
  const way = event.target.dataset.go;
  if (way === "play") return toggle();
  if (way) { pause(); go(ways[way]()); }
});
slider.addEventListener("input", () => { pause(); go(Number(slider.value)); });
for (const row of rows) row.addEventListener("click", () => { pause(); go(Number(row.dataset.step)); });
document.addEventListener("pointerover", (event) => {
  if (event.target.matches(".cell")) readout.textContent = event.target.querySelector("title").textContent;
});
document.addEventListener("keydown", (event) => {
  if (event.target === slider || event.altKey || event.ctrlKey || event.metaKey || !(event.key in keys)) return;
  event.preventDefault();
  pause();
  go(ways[keys[event.key]]());
});
controls.hidden = false;
go(Number(slider.value));
