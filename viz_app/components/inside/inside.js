// Inside: one decoding step unfolded. Every number comes from the trace; only products of two of its numbers are made
// here, which the browser's float64 holds exactly.
//
// Streamlit calls the default export after mounting and again whenever the payload or the theme changes. What a person
// typed reaches the document as text nodes and attributes only, never as HTML.

import { clamp } from "../shared/arithmetic.js";
import { visible } from "../shared/characters.js";
import { inkOn } from "../shared/colours.js";
import { element } from "../shared/elements.js";
import { fill } from "../shared/texts.js";

const ADDRESS_DELAY_MS = 250;
const ROW = 12;
const STRIP = 20;
const NARROW = 900;
const MONOSPACE = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono', monospace";

// Below zero, above zero; zero is the ground. Told apart with red-green colour blindness too.
const POLES = { light: [[33, 102, 172], [196, 90, 16]], dark: [[112, 178, 240], [240, 160, 80]] };

// ---------------------------------------------------------------------------------------------------------------------
// Mounting
// ---------------------------------------------------------------------------------------------------------------------

const pages = new WeakMap();

// What was last on the page. It outlives a mount, so that leaving the page and coming back keeps it.
let memory = null;

export default mount;

function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".inside");
  let page = pages.get(parentElement);
  if (!page || page.root !== root) {
    page?.close();
    page = new Inside(root);
    pages.set(parentElement, page);
  }
  page.tell = setTriggerValue;
  page.receive(data);
  // An outdated call's clean-up may come after the next call: only the latest may close the page.
  const call = ++page.calls;
  return () => {
    if (page.calls !== call) return;
    page.close();
    pages.delete(parentElement);
  };
}

// ---------------------------------------------------------------------------------------------------------------------
// Small tools
// ---------------------------------------------------------------------------------------------------------------------

// An array of Python: rows of typed arrays for two and more axes.
function unpack({ shape, dtype, data }) {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const flat = dtype === "float64" ? new Float64Array(bytes.buffer) : new Float32Array(bytes.buffer);
  return split(flat, shape);
}

function split(flat, shape) {
  if (shape.length === 1) return flat;
  const size = flat.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) => split(flat.subarray(i * size, (i + 1) * size), shape.slice(1)));
}

// The fewest digits that still name this float32, so that what is read off the screen is the number itself.
function exact(value) {
  for (let precision = 1; precision < 9; precision++) {
    const short = value.toPrecision(precision);
    if (Math.fround(short) === value) return sign(String(Number(short)));
  }
  return sign(String(Number(value.toPrecision(9))));
}

const sign = (text) => text.replace("-", "−");

// A term of a sum: four digits, and so close to what it stands for.
function short(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 100000)) return sign(value.toExponential(2));
  return sign(size >= 100 ? value.toFixed(1) : size >= 10 ? value.toFixed(2) : value.toFixed(4));
}

// Where there is no room for more: a number of a column, which is told exactly elsewhere.
function brief(value) {
  const size = Math.abs(value);
  if (size !== 0 && size < 0.00005) return sign(value.toExponential(0));
  return size < 1 ? sign(value.toFixed(4)) : short(value);
}

const largest = (values) => values.reduce((size, value) => Math.max(size, Math.abs(value)), 0);

const topUnits = (values, count) =>
  Array.from(values.keys())
    .sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]) || a - b)
    .slice(0, count);

const product = (a, b) => Float64Array.from(a, (value, k) => value * b[k]);

const scaled = (a, factor) => Float64Array.from(a, (value) => value * factor);

// ---------------------------------------------------------------------------------------------------------------------
// Drawing
// ---------------------------------------------------------------------------------------------------------------------

// A canvas as sharp as the screen; `draw` works in CSS pixels.
function paint(canvas, width, height, draw) {
  const sharpness = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * sharpness);
  canvas.height = Math.round(height * sharpness);
  canvas.style.blockSize = `${height}px`;
  const pen = canvas.getContext("2d");
  pen.scale(sharpness, sharpness);
  pen.imageSmoothingEnabled = false;
  draw(pen);
}

// Rows of numbers as an image of one pixel a number: blue below zero, orange above, as strong as `limit` allows.
function picture(rows, limit, poles, ground) {
  const canvas = element("canvas", { width: rows[0].length, height: rows.length });
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(canvas.width, canvas.height);
  rows.forEach((row, y) =>
    row.forEach((value, x) => image.data.set(tint(value, limit, poles, ground), 4 * (y * canvas.width + x))),
  );
  pen.putImageData(image, 0, 0);
  return canvas;
}

function tint(value, limit, poles, ground) {
  const share = limit ? Math.min(Math.abs(value) / limit, 1) : 0;
  const pole = poles[value < 0 ? 0 : 1];
  return [...ground.map((from, i) => Math.round(from + share * (pole[i] - from))), 255];
}

const css = ([r, g, b]) => `rgb(${r} ${g} ${b})`;

// ---------------------------------------------------------------------------------------------------------------------
// The page
// ---------------------------------------------------------------------------------------------------------------------

// `axes`: which axes the array has; a minus marks the one that a sum has just removed.
const STAGES = {
  hs_enc: { shape: "(T_enc, H)", axes: ["batch", "time", "hidden"], code: "hs_enc = encoder.forward(xs)" },
  h: { shape: "(H,)", axes: ["batch", "hidden"], code: "h = hs_dec[i]" },
  products: { shape: "(T_enc, H)", axes: ["batch", "time", "hidden"], code: "products = hs_enc * h" },
  scores: { shape: "(T_enc,)", axes: ["batch", "time", "-hidden"], code: "s = np.sum(hs_enc * h, axis=2)" },
  weights: { shape: "(T_enc,)", axes: ["batch", "time"], code: "a = softmax(s)" },
  weighted_states: { shape: "(T_enc, H)", axes: ["batch", "time", "hidden"], code: "weighted = a * hs_enc" },
  context: { shape: "(H,)", axes: ["batch", "-time", "hidden"], code: "c = np.sum(a * hs_enc, axis=1)" },
  features: { shape: "(2H,)", axes: ["batch", "hidden"], code: "out = np.concatenate([c, h])" },
  logits: { shape: "(V,)", axes: ["batch", "vocabulary"], code: "logits = out @ W + b" },
  probabilities: { shape: "(V,)", axes: ["batch", "vocabulary"], code: "p = softmax(logits)" },
};
// What a score function adds up over the hidden units, and one of its terms.
const SCORES = {
  DotScore: { code: "hs_enc * h", term: (j, k) => `hs_enc[${j}, ${k}] · h[${k}]` },
  ScaledDotScore: { code: "hs_enc * h / sqrt(H)", term: (j, k) => `hs_enc[${j}, ${k}] · h[${k}] / √H` },
  GeneralScore: { code: "hs_enc * (h @ W)", term: (j, k) => `hs_enc[${j}, ${k}] · (h W)[${k}]` },
  AdditiveScore: { code: "v * tanh(h @ W_dec + hs_enc @ W_enc)", term: (j, k) => `v[${k}] · tanh(h W_dec + hs_enc[${j}] W_enc)[${k}]` },
  PositionScore: { code: "h * W.T", term: (j, k) => `h[${k}] · W[${k}, ${j}]` },
};
const AXIS_NUMBER = { batch: 0, time: 1, hidden: 2, vocabulary: 2 };
const MATRICES = ["hs_enc", "products", "weighted_states"];
const STRIPS = ["h", "context"];
const WITH_ATTENTION = ["products", "scores", "weights", "weighted_states", "context"];
const COLUMNS = [["hs_enc", "h"], ["products"], ["scores"], ["weights"], ["weighted_states", "context"]];
const FOLDED_ON_PHONES = ["hs_enc", "products", "weighted_states", "features"];
const PRESSED = "button, label, summary, [role=radio], [role=tab], [role=option]";
const GATES = [
  ["f", "gate_f"],
  ["i", "gate_i"],
  ["g", "gate_g"],
  ["o", "gate_o"],
  ["cell_before", "cell_before"],
  ["cell", "cell_state"],
  ["hidden", "hidden_state"],
];

class Inside {
  constructor(root) {
    this.root = root;
    this.calls = 0;
    this.addressTimer = null;
    this.hover = {};
    this.$ = (selector) => root.querySelector(selector);
    this.pathname = location.pathname;
    this.listening = new AbortController();
    const { signal } = this.listening;
    const on = (target, type, handler) => target.addEventListener(type, handler.bind(this), { signal });
    on(root, "click", this.onClick);
    on(root, "change", this.onChange);
    on(root, "keydown", this.onKey);
    on(root, "pointermove", this.onPoint);
    on(root, "pointerleave", this.onLeave);
    on(window, "pagehide", this.writeAddress);
    on(window, "popstate", this.onHistory);
    for (const type of ["pointerdown", "keydown"]) {
      document.addEventListener(type, this.onPress.bind(this), { signal, capture: true });
    }
    // Python replaces the whole query when it changes a part of it, from what it knew of the rest.
    if ("navigation" in window) on(navigation, "currententrychange", this.planAddress);
    this.resizing = new ResizeObserver(() => this.onResize());
    this.resizing.observe(root);
  }

  close() {
    if (this.addressTimer !== null) this.writeAddress();
    this.listening.abort();
    this.resizing.disconnect();
  }

  // --- What Python sends ---------------------------------------------------------------------------------------------

  receive(payload) {
    const known = this.payload ? { view: this.view, sent: this.payload } : memory;
    const sameView = known?.sent.view === payload.view;
    const sameStep = sameView && (this.payload || known.sent.step === payload.step);
    this.view = {
      step: sameStep ? known.view.step : payload.step,
      source: sameView ? known.view.source : null,
      candidate: 0,
      unit: sameView ? known.view.unit : null,
      folded: known?.view.folded ?? null,
      cellOpen: known?.view.cellOpen ?? false,
      which: known?.view.which ?? "encoder",
    };
    if (payload.id !== this.payload?.id) {
      this.arrays = Object.fromEntries(Object.entries(payload.arrays).map(([name, array]) => [name, unpack(array)]));
    }
    this.payload = payload;
    this.told = payload.step;
    this.strings = payload.strings;
    this.cells = payload.cells && this.unpackCells(payload.cells);
    this.attends = "weights" in this.arrays;
    this.root.hidden = false;
    this.root.lang = payload.language;
    // Streamlit calls every page English; a screen reader and the choice of a font go by this.
    document.documentElement.lang = payload.language;
    this.view.folded ??= new Set(this.root.clientWidth < NARROW ? FOLDED_ON_PHONES : []);
    this.fillTexts();
    this.followTheme();
    this.build();
    if (this.view.cellOpen && !payload.cells) this.tell("cell", true);
    if (known) this.planAddress();
  }

  unpackCells(cells) {
    return Object.fromEntries(
      Object.entries(cells).map(([which, { characters, seen, ...arrays }]) => {
        const numbers = Object.entries(arrays).map(([name, array]) => [name, unpack(array)]);
        return [which, { characters, seen, ...Object.fromEntries(numbers) }];
      }),
    );
  }

  fillTexts() {
    for (const node of this.root.querySelectorAll("[data-text]")) node.textContent = this.strings[node.dataset.text];
    for (const node of this.root.querySelectorAll("[data-label]")) {
      node.setAttribute("aria-label", this.strings[node.dataset.label]);
      if (node.matches("button")) node.title = this.strings[node.dataset.label];
    }
  }

  followTheme() {
    const probe = element("canvas", { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
    const style = getComputedStyle(this.root);
    probe.fillStyle = style.backgroundColor;
    probe.fillRect(0, 0, 1, 1);
    this.ground = [...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    this.text = style.color;
    this.poles = POLES[this.ground[0] < 128 ? "dark" : "light"];
  }

  // --- The parts of the page -----------------------------------------------------------------------------------------

  // Everything that depends on the text, the model, the language or the width; a step only goes through `show`.
  build() {
    const { payload, strings } = this;
    this.T = payload.source.length;
    this.H = this.arrays.hs_dec[0].length;
    this.view.source ??= this.attends ? this.strongest(payload.step) : 0;
    this.view.unit ??= topUnits(this.arrays.hs_dec[this.view.step], 1)[0];
    this.$(".no-attention").hidden = this.attends;
    this.buildSteps();
    this.$(".ribbon").replaceChildren(...payload.source.map((character, j) => this.chip(character, j)));
    this.cards = {};
    this.shown = Object.keys(STAGES).filter((id) => this.attends || !WITH_ATTENTION.includes(id));
    for (const id of this.shown) this.cards[id] = this.card(id);
    const answer = ["features", "logits", "probabilities"].map((id) => this.cards[id].node);
    const board = this.shown.filter((id) => !["features", "logits", "probabilities"].includes(id));
    const followed = element("div", { className: "followed" });
    this.$(".board").replaceChildren(...board.map((id) => this.cards[id].node), ...(this.attends ? [followed] : []));
    this.$(".board").classList.toggle("plain", !this.attends);
    this.$(".answer").replaceChildren(...answer);
    this.layOut();
    this.buildCell();
    this.root.querySelector(".code-name").textContent = strings.code;
    this.show();
  }

  buildSteps() {
    const { output } = this.payload;
    const choices = output.map((character, i) => {
      const radio = element("input", { type: "radio", name: "step", value: String(i), className: "hidden-text" });
      radio.setAttribute("aria-label", `${fill(this.strings.step_of, { step: i + 1, steps: output.length })}: ${this.spoken(character)}`);
      return element("label", {}, radio, element("span", { textContent: visible(character) }));
    });
    this.$(".steps").replaceChildren(...choices);
  }

  chip(character, j) {
    const padding = j >= this.payload.textLength;
    const chip = element("li", { className: "chip", role: "option", id: `chip-${j}`, "data-source": String(j) });
    chip.textContent = padding ? "·" : visible(character);
    chip.classList.toggle("padding", padding);
    chip.dataset.name = padding ? this.strings.padding_space : this.spoken(character);
    chip.ariaLabel = chip.dataset.name;
    return chip;
  }

  spoken(character) {
    const names = { " ": "space", ",": "comma", "-": "hyphen", "/": "slash", _: "start" };
    return character in names ? this.strings[names[character]] : character;
  }

  // A stage: name, shape and axes; the picture; the equation; the code. Folded, only the first line.
  card(id) {
    const { strings } = this;
    const number = element("span", { className: "number", textContent: String(1 + this.shown.indexOf(id)) });
    const title = element("span", { className: "title", textContent: this.titleOf(id) });
    const chevron = element("span", { className: "chevron" });
    chevron.ariaHidden = "true";
    const button = element("button", { type: "button", className: "fold", "data-fold": id }, number, title, chevron);
    button.title = fill(strings.fold, { stage: strings[id] });
    const canvas = element("canvas", { role: "img", "data-stage": id });
    const figure = element("div", { className: "figure" });
    if (id !== "probabilities") figure.append(canvas);
    const equation = element("div", { className: "equation" });
    const head = element("div", { className: "head" }, element("h3", {}, button), this.shapeOf(id), this.axesOf(id));
    const node = element("section", { className: `stage ${id}`, "data-id": id }, head, figure, equation);
    if (id === "logits") figure.append(element("table", { className: "parts" }));
    if (id === "logits" && this.arrays.by_source) figure.append(this.captioned("by_source", "by-source"));
    if (id === "probabilities") figure.append(element("p", { className: "hint", textContent: strings.candidates }), element("ol", { className: "candidates" }));
    return { node, button, figure, canvas, equation };
  }

  // Without attention and peeking nothing stands beside the decoder's state.
  titleOf(id) {
    const alone = id === "features" && this.arrays.features[0].length === this.H;
    return this.strings[alone ? "h" : id];
  }

  captioned(string, name) {
    const canvas = element("canvas", { className: name, role: "img" });
    canvas.setAttribute("aria-label", this.strings[string]);
    return element("figure", {}, element("figcaption", { textContent: this.strings[string] }), canvas);
  }

  shapeOf(id) {
    const sizes = { T_enc: this.T, "2H": this.arrays.features[0].length, H: this.H, V: this.payload.vocabulary.length };
    const name = id === "features" && sizes["2H"] === this.H ? "(H,)" : STAGES[id].shape;
    const shape = name.replace(/T_enc|2H|H|V/g, (symbol) => sizes[symbol]);
    return element("p", { className: "shape", textContent: `${name} = ${shape}` });
  }

  // The axes of the array as (N, T, H) has them; the one that a sum has removed is struck out.
  axesOf(id) {
    const { strings } = this;
    const axes = element("p", { className: "axes" });
    const sizes = { batch: 1, time: this.T, hidden: id === "features" ? this.arrays.features[0].length : this.H };
    sizes.vocabulary = this.payload.vocabulary.length;
    STAGES[id].axes.forEach((axis, i) => {
      const gone = axis.startsWith("-");
      const name = axis.replace("-", "");
      const values = { number: this.axisNumber(id, name, i), name: strings[`axis_${name}`], size: sizes[name] };
      const mark = element("span", { className: gone ? "axis gone" : "axis" });
      mark.append(element("b", { textContent: values.number }), ` ${values.name} ${gone ? "Σ" : values.size}`);
      mark.title = fill(gone ? strings.axis_gone : strings.axis, values);
      axes.append(mark);
    });
    return axes;
  }

  // In scores and context the axes keep the numbers that they had in the sum; else they count from 0.
  axisNumber(id, name, position) {
    return STAGES[id].axes.some((axis) => axis.startsWith("-")) ? AXIS_NUMBER[name] : position;
  }

  layOut() {
    for (const [id, { node, button, figure, equation }] of Object.entries(this.cards)) {
      const folded = this.view.folded.has(id);
      node.classList.toggle("folded", folded);
      button.ariaExpanded = String(!folded);
      figure.hidden = equation.hidden = folded;
    }
    const narrow = this.root.clientWidth < NARROW;
    this.root.classList.toggle("stacked", narrow);
    const closed = COLUMNS.map((ids) => !narrow && ids.every((id) => this.view.folded.has(id)));
    COLUMNS.forEach((ids, i) => ids.forEach((id) => this.cards[id]?.node.classList.toggle("thin", closed[i])));
    const widths = ["minmax(0, 3.1fr)", "minmax(0, 3fr)", "138px", "138px", "minmax(0, 3fr)"];
    const columns = widths.map((width, i) => (closed[i] ? "44px" : width)).join(" ");
    this.$(".board").style.gridTemplateColumns = narrow ? "" : this.attends ? columns : "minmax(0, 1fr) minmax(0, 1fr)";
  }

  // --- What is looked at ---------------------------------------------------------------------------------------------

  get last() {
    return this.payload.output.length - 1;
  }

  get source() {
    return this.hover.source ?? this.view.source;
  }

  get unit() {
    return this.hover.unit ?? this.view.unit;
  }

  get candidate() {
    return this.hover.candidate ?? this.view.candidate;
  }

  strongest(step) {
    const weights = this.arrays.weights[step];
    return weights.reduce((best, weight, j) => (weight > weights[best] ? j : best), 0);
  }

  moveTo(step) {
    this.view.step = clamp(step, 0, this.last);
    this.view.candidate = 0;
    if (this.attends) this.view.source = this.strongest(this.view.step);
    this.show();
    this.planAddress();
  }

  // Everything that depends on the step; the pictures are made once a step, the marks on them at every move.
  show() {
    const { view, payload, arrays, strings } = this;
    const { step } = view;
    this.h = arrays.hs_dec[step];
    const data = { hs_enc: arrays.hs_enc };
    if (this.attends) {
      data.products = arrays.products?.[step] ?? arrays.hs_enc.map((state) => product(state, this.h));
      data.weighted_states = arrays.hs_enc.map((state, j) => scaled(state, arrays.weights[step][j]));
    }
    this.data = data;
    this.pictures = {};
    for (const [id, rows] of Object.entries(data)) this.addPicture(id, rows);
    this.addPicture("h", [this.h]);
    if (this.attends) this.addPicture("context", [arrays.context[step]]);
    this.addPicture("features", [arrays.features[step]]);
    this.root.querySelectorAll("[name=step]").forEach((radio, i) => {
      radio.checked = i === step;
      radio.parentElement.classList.toggle("now", i === step);
      radio.parentElement.classList.toggle("later", i > step);
    });
    this.root.querySelectorAll(".move").forEach((button) => {
      button.ariaDisabled = String(!(step + Number(button.dataset.move) in payload.output));
    });
    this.$(".told").textContent = this.tale();
    this.showCandidates();
    this.showMarks();
    memory = { view, sent: payload };
    this.$(".bar").ariaLabel = strings.steps;
  }

  // The step in a sentence.
  tale() {
    const { payload, strings, view } = this;
    const { step } = view;
    const id = payload.vocabulary.indexOf(payload.output[step]);
    const values = {
      input: `“${visible(payload.inputs[step])}”`,
      output: `“${visible(payload.output[step])}”`,
      probability: exact(this.arrays.probabilities[step][id]),
    };
    return `${fill(strings.step_of, { step: step + 1, steps: this.last + 1 })}. ${fill(strings.step_told, values)}`;
  }

  addPicture(id, rows) {
    const limit = Math.max(...rows.map(largest));
    this.pictures[id] = { image: picture(rows, limit, this.poles, this.ground), limit };
  }

  // Everything that depends on what is pointed at.
  showMarks() {
    for (const id of MATRICES) if (this.cards[id]) this.drawMatrix(id);
    for (const id of STRIPS) if (this.cards[id]) this.drawStrip(id);
    this.drawFeatures();
    if (this.attends) this.drawBars();
    this.drawLogits();
    this.showParts();
    this.markRibbon();
    this.writeEquations();
    this.showFollowed();
    this.showCell();
  }

  // Whether the encoder's state at one character knows of another one.
  hasRead(state, character) {
    const { readAt, bothWays } = this.payload;
    return bothWays || readAt[character] <= readAt[state];
  }

  markRibbon() {
    this.root.querySelectorAll(".chip").forEach((chip, j) => {
      chip.ariaSelected = String(j === this.source);
      chip.classList.toggle("read", this.hasRead(this.source, j));
      if (this.attends) this.shadeChip(chip, this.arrays.weights[this.view.step][j]);
    });
    this.$(".ribbon").setAttribute("aria-activedescendant", `chip-${this.source}`);
  }

  shadeChip(chip, weight) {
    const colour = this.colourOf(weight);
    chip.ariaLabel = `${chip.dataset.name}, ${this.strings.weight} ${exact(weight)}`;
    chip.style.background = colour;
    chip.style.color = inkOn(colour);
  }

  colourOf(weight) {
    const { scale } = this.payload;
    return scale[Math.round(clamp(weight, 0, 1) * (scale.length - 1))];
  }

  // --- Pictures ------------------------------------------------------------------------------------------------------

  // Where the picture lies in its canvas: the characters left of it, what is summed right of and below it.
  frameOf(id) {
    const width = this.cards[id].canvas.clientWidth || 300;
    const left = id === "hs_enc" || this.root.classList.contains("stacked") ? 20 : 2;
    const right = id === "products" ? 16 : 2;
    return { left, top: 16, width: Math.max(width - left - right, 50), full: width };
  }

  drawMatrix(id) {
    const { canvas, figure } = this.cards[id];
    if (figure.hidden) return;
    const { left, top, width, full } = this.frameOf(id);
    const height = this.T * ROW;
    const bottom = id === "weighted_states" ? 18 : 4;
    paint(canvas, full, top + height + bottom, (pen) => {
      pen.drawImage(this.pictures[id].image, left, top, width, height);
      this.frame(pen, left, top, width, height);
      this.words(pen);
      this.axisWords(pen, id, left, top, width, height);
      this.rowNames(pen, id, left, top);
      const y = top + this.source * ROW;
      pen.strokeRect(left - 1, y - 0.5, width + 2, ROW + 1);
      this.markUnit(pen, left, top, width, height);
    });
    canvas.ariaLabel = this.strings[id];
  }

  words(pen, size = 11) {
    pen.font = `${size}px ${getComputedStyle(this.root).fontFamily}`;
    pen.fillStyle = this.text;
    pen.strokeStyle = this.text;
    pen.lineWidth = 2;
    pen.textBaseline = "middle";
  }

  // Along the top the hidden axis; at products an arrow over what is summed away to the right, at weighted downwards.
  axisWords(pen, id, left, top, width, height) {
    const { strings } = this;
    const limit = `±${short(this.pictures[id].limit)}`;
    pen.textAlign = "right";
    pen.globalAlpha = 0.75;
    pen.fillText(limit, left + width, 7);
    pen.globalAlpha = 1;
    pen.textAlign = "left";
    const sum = { products: fill(strings.sum_over, { number: 2, name: strings.axis_hidden }) };
    pen.fillText(sum[id] ? `Σ → ${sum[id]}` : `2 ${strings.axis_hidden} →`, left, 7);
    if (id === "products") this.arrow(pen, left + width + 8, top, height);
    if (id === "weighted_states") {
      const below = fill(strings.sum_over, { number: 1, name: strings.axis_time });
      pen.fillText(`Σ ↓ ${below}`, left, top + height + 10);
    }
  }

  arrow(pen, x, top, height) {
    pen.textAlign = "center";
    for (let j = 0; j < this.T; j++) {
      pen.globalAlpha = j === this.source ? 1 : 0.45;
      pen.fillText("→", x, top + (j + 0.5) * (height / this.T));
    }
    pen.globalAlpha = 1;
  }

  rowNames(pen, id, left, top) {
    if (left < 20) return;
    pen.font = `11px ${MONOSPACE}`;
    pen.textAlign = "center";
    this.payload.source.forEach((character, j) => {
      pen.globalAlpha = j >= this.payload.textLength ? 0.5 : 1;
      const name = j >= this.payload.textLength ? "·" : visible(character);
      pen.fillText(name, left / 2 - 1, top + (j + 0.5) * ROW);
    });
    pen.globalAlpha = 1;
  }

  frame(pen, left, top, width, height) {
    pen.strokeStyle = this.text;
    pen.globalAlpha = 0.35;
    pen.lineWidth = 1;
    pen.strokeRect(left - 0.5, top - 0.5, width + 1, height + 1);
    pen.globalAlpha = 1;
  }

  markUnit(pen, left, top, width, height, unit = this.unit, units = this.H) {
    const x = left + ((unit + 0.5) / units) * width;
    pen.beginPath();
    pen.moveTo(x - 4, top - 5);
    pen.lineTo(x + 4, top - 5);
    pen.lineTo(x, top);
    pen.fill();
    pen.globalAlpha = 0.35;
    pen.lineWidth = 1;
    pen.strokeRect(x - 1.5, top, 3, height);
    pen.globalAlpha = 1;
  }

  drawStrip(id) {
    const { canvas, figure } = this.cards[id];
    if (figure.hidden) return;
    const { left, width, full } = this.frameOf(id === "h" ? "hs_enc" : "weighted_states");
    this.strip(canvas, this.pictures[id], { left, width, full });
    canvas.ariaLabel = this.strings[id];
  }

  strip(canvas, { image }, { left, width, full, unit, units }) {
    paint(canvas, full, STRIP + 10, (pen) => {
      pen.drawImage(image, left, 8, width, STRIP);
      this.frame(pen, left, 8, width, STRIP);
      this.words(pen);
      this.markUnit(pen, left, 8, width, STRIP, unit, units);
    });
  }

  drawFeatures() {
    const { canvas, figure } = this.cards.features;
    if (figure.hidden) return;
    const full = canvas.clientWidth || 300;
    const units = this.arrays.features[0].length;
    const parts = units > this.H ? [this.attends ? this.strings.context : this.strings.from_peek, this.strings.h] : [this.strings.h];
    paint(canvas, full, STRIP + 30, (pen) => {
      const width = full - 4;
      pen.drawImage(this.pictures.features.image, 2, 8, width, STRIP);
      this.frame(pen, 2, 8, width, STRIP);
      this.words(pen);
      parts.forEach((name, i) => {
        const x = 2 + (i * width) / parts.length;
        if (i) pen.strokeRect(x, 4, 0.1, STRIP + 8);
        pen.fillText(name, x + 2, STRIP + 20);
        this.markUnit(pen, 2, 8, width, STRIP, this.unit + i * this.H, units);
      });
    });
    canvas.ariaLabel = this.strings.features;
  }

  // Scores and weights: a number and a bar for every source character, in line with the matrices.
  drawBars() {
    const { step } = this.view;
    const scores = this.arrays.scores[step];
    const limit = largest(scores);
    this.columnOf("scores", scores, (pen, value, x, y, room) => {
      const zero = x + room * 0.3;
      const reach = (value / limit) * (value < 0 ? room * 0.3 : room * 0.7);
      pen.fillStyle = css(this.poles[value < 0 ? 0 : 1]);
      pen.fillRect(Math.min(zero, zero + reach), y + 2, Math.abs(reach), ROW - 4);
    });
    this.columnOf("weights", this.arrays.weights[step], (pen, value, x, y, room) => {
      pen.fillStyle = this.colourOf(value);
      pen.fillRect(x, y + 0.5, room, ROW - 1);
    });
  }

  columnOf(id, values, draw) {
    const { canvas, figure } = this.cards[id];
    if (figure.hidden) return;
    const full = canvas.clientWidth || 120;
    const top = 16;
    const name = 20;
    paint(canvas, full, top + this.T * ROW + 18, (pen) => {
      this.words(pen);
      this.rowNames(pen, id, name, top);
      pen.textAlign = "right";
      values.forEach((value, j) => {
        const y = top + j * ROW;
        const room = full - name - 52;
        draw(pen, value, name, y, room);
        pen.fillStyle = this.text;
        pen.font = `${j === this.source ? "700 " : ""}10.5px ${MONOSPACE}`;
        pen.fillText(brief(value), full - 3, y + ROW / 2);
      });
      this.words(pen);
      pen.lineWidth = 1.5;
      pen.strokeRect(1, top + this.source * ROW - 0.5, full - 2, ROW + 1);
      if (id === "weights") {
        const sum = values.reduce((total, value) => total + value, 0);
        pen.textAlign = "right";
        pen.fillText(`Σ = ${short(sum)}`, full - 3, top + this.T * ROW + 10);
      }
    });
    canvas.ariaLabel = this.strings[id];
  }

  drawLogits() {
    const { canvas, figure } = this.cards.logits;
    if (figure.hidden) return;
    const full = canvas.clientWidth || 500;
    const logits = this.arrays.logits[this.view.step];
    this.uprights(canvas, logits, this.payload.vocabulary, this.chosenId(), full, 66);
    canvas.ariaLabel = this.strings.logits;
    const below = figure.querySelector(".by-source");
    if (!below) return;
    const values = this.arrays.by_source[this.view.step][this.candidate];
    this.uprights(below, values, this.payload.source, this.source, below.clientWidth || 500, 58);
  }

  // Bars that stand on a line of zeros, each with its character.
  uprights(canvas, values, names, chosen, full, height) {
    const limit = largest(values) || 1;
    const low = Math.max(0, -values.reduce((a, b) => Math.min(a, b), 0)) / limit;
    const high = Math.max(0, values.reduce((a, b) => Math.max(a, b), 0)) / limit;
    const unit = (height - 4) / (low + high || 1);
    const zero = 2 + high * unit;
    const step = full / values.length;
    paint(canvas, full, height + 16, (pen) => {
      this.words(pen, clamp(step * 1.25, 7, 12));
      pen.font = pen.font.replace(/px .*/, `px ${MONOSPACE}`);
      pen.textAlign = "center";
      values.forEach((value, i) => {
        const reach = (value / limit) * unit;
        pen.fillStyle = css(this.poles[value < 0 ? 0 : 1]);
        pen.fillRect(i * step + 0.5, Math.min(zero, zero - reach), Math.max(step - 1, 1), Math.abs(reach));
        pen.fillStyle = this.text;
        pen.globalAlpha = i === chosen ? 1 : 0.7;
        pen.fillText(i >= this.payload.textLength && names === this.payload.source ? "·" : visible(names[i]), (i + 0.5) * step, height + 8);
        pen.globalAlpha = 1;
      });
      pen.globalAlpha = 0.6;
      pen.fillRect(0, zero - 0.5, full, 1);
      pen.globalAlpha = 1;
      pen.lineWidth = 1.5;
      pen.strokeRect(chosen * step, 1, step, height + 13);
    });
  }

  // --- Candidates ----------------------------------------------------------------------------------------------------

  chosenId() {
    return this.payload.best[this.view.step][this.candidate];
  }

  // The parts of a logit, and what each is called.
  partsOf(id) {
    const { arrays, strings, view } = this;
    const parts = [];
    if (arrays.part_context) parts.push([strings.from_context, arrays.part_context[view.step][id]]);
    if (arrays.part_peek) parts.push([strings.from_peek, arrays.part_peek[view.step][id]]);
    parts.push([strings.from_state, arrays.part_state[view.step][id]], [strings.from_bias, arrays.part_bias[id]]);
    return parts;
  }

  showCandidates() {
    const { step } = this.view;
    const items = this.payload.best[step].map((id, n) => {
      const value = this.arrays.probabilities[step][id];
      const bar = element("span", { className: "fill" });
      bar.style.inlineSize = `${100 * value}%`;
      const button = element(
        "button",
        { type: "button", "data-candidate": String(n) },
        bar,
        element("b", { textContent: visible(this.payload.vocabulary[id]) }),
        element("span", { textContent: exact(value) }),
      );
      return element("li", {}, button);
    });
    this.$(".candidates").replaceChildren(...items);
  }

  showParts() {
    const { strings, payload, view } = this;
    this.root.querySelectorAll("[data-candidate]").forEach((node, n) => (node.ariaPressed = String(n === this.candidate)));
    const table = this.$(".parts");
    const names = this.partsOf(0).map(([name]) => name);
    const head = [strings.character, ...names, strings.logit].map((name) => element("th", { scope: "col", textContent: name }));
    const numbers = payload.best[view.step].map((id) => this.partsOf(id).map(([, value]) => value));
    const limit = Math.max(...numbers.map(largest));
    const rows = payload.best[view.step].map((id, n) => {
      const name = element("th", { scope: "row", textContent: visible(payload.vocabulary[id]) });
      const cells = numbers[n].map((value) => {
        const cell = element("td", { textContent: short(value) });
        cell.style.background = css(tint(value, limit, this.poles, this.ground).map((c, i) => Math.round(0.45 * c + 0.55 * (this.ground[i] ?? 0))));
        return cell;
      });
      const total = element("td", { className: "total", textContent: short(this.arrays.logits[view.step][id]) });
      return element("tr", { className: n === this.candidate ? "chosen" : "", "data-row": String(n) }, name, ...cells, total);
    });
    table.replaceChildren(element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
  }

  // --- Equations -----------------------------------------------------------------------------------------------------

  writeEquations() {
    const lines = this.equations();
    for (const [id, card] of Object.entries(this.cards)) {
      const equation = element("p", { className: "maths", textContent: lines[id].join("\n") });
      equation.dir = "ltr";
      card.equation.replaceChildren(element("code", { textContent: this.codeLine(id) }), equation, this.codeLinks(id));
      if (id === "logits") card.equation.append(element("p", { className: "hint", textContent: this.strings.beside }));
      if (id === "weights") card.equation.append(...this.changedNote());
    }
  }

  codeLine(id) {
    if (id === "products" && this.payload.score !== "DotScore") return `products = ${SCORES[this.payload.score].code}`;
    if (id === "scores" && this.payload.score !== "DotScore") return "s = np.sum(products, axis=2)";
    if (id !== "features" || "part_context" in this.arrays) return STAGES[id].code;
    return "part_peek" in this.arrays ? "out = np.concatenate([h_enc, h])" : "out = h";
  }

  // Whether somebody has changed the attention of this step: then the weights are not the softmax of the scores.
  isChanged() {
    const { softmax, weights } = this.arrays;
    const { step } = this.view;
    return weights[step].some((weight, j) => Math.abs(weight - softmax[step][j]) > 1e-5);
  }

  changedNote() {
    if (!this.isChanged()) return [];
    const alone = this.arrays.softmax[this.view.step][this.source];
    return [element("p", { className: "hint", textContent: fill(this.strings.changed, { number: short(alone) }) })];
  }

  equations() {
    const { arrays, h } = this;
    const { step } = this.view;
    const [j, k] = [this.source, this.unit];
    const id = this.chosenId();
    const state = arrays.hs_enc[j];
    const logit = arrays.logits[step][id];
    const character = visible(this.payload.vocabulary[id]);
    const features = arrays.features[step];
    const sumOfExponents = arrays.logits[step].reduce((sum, value) => sum + Math.exp(value - logit), 0);
    const lines = {
      hs_enc: [`hs_enc[${j}, ${k}] = ${exact(state[k])}`],
      h: [`h[${k}] = ${exact(h[k])}`],
      features: features.length > this.H
        ? [`out[${k}] = ${exact(features[k])}`, `out[${this.H} + ${k}] = ${exact(features[this.H + k])}`]
        : [`out[${k}] = ${exact(features[k])}`],
      logits: [`logit['${character}'] = ${this.partsOf(id).map(([, value]) => this.bracketed(value)).join(" + ")}`, `= ${exact(logit)}`],
      probabilities: [
        `p['${character}'] = exp(${short(logit)}) / Σ exp(logits)`,
        `= 1 / ${short(sumOfExponents)} = ${exact(arrays.probabilities[step][id])}`,
      ],
    };
    return this.attends ? { ...lines, ...this.attentionEquations(j, k) } : lines;
  }

  bracketed(value) {
    return value < 0 ? `(${short(value)})` : short(value);
  }

  attentionEquations(j, k) {
    const { arrays, h, data } = this;
    const { step } = this.view;
    const kind = this.payload.score;
    const state = arrays.hs_enc[j];
    const [score, weight] = [arrays.scores[step][j], arrays.weights[step][j]];
    const others = arrays.scores[step].reduce((sum, value) => sum + Math.exp(value - score), 0);
    const sources = topUnits(Float64Array.from(data.weighted_states, (row) => row[k]), 2);
    const heard = sources.map((i) => this.bracketed(data.weighted_states[i][k]));
    const [first, second] = topUnits(data.products[j], 2).map((unit) => data.products[j][unit]);
    const terms = `${sign(first.toFixed(2))} ${second < 0 ? "−" : "+"} ${Math.abs(second).toFixed(2)}`;
    return {
      products: [SCORES[kind].term(j, k), `= ${kind === "DotScore" ? `${short(state[k])} · ${this.bracketed(h[k])} = ` : ""}${short(data.products[j][k])}`],
      scores: [`s[${j}] = Σₖ`, `= ${terms} …`, `= ${exact(score)}`],
      weights: this.isChanged()
        ? [`a[${j}] = ${exact(weight)}`]
        : [`a[${j}] = eˢ / Σ eˢ`, `= 1 / ${short(others)}`, `= ${exact(weight)}`],
      weighted_states: [`a[${j}] · hs_enc[${j}, ${k}]`, `= ${short(weight)} · ${this.bracketed(state[k])} = ${short(data.weighted_states[j][k])}`],
      context: [`c[${k}] = Σⱼ = ${heard.join(" + ")} + …`, `= ${exact(arrays.context[step][k])}`],
    };
  }

  codeLinks(id) {
    const links = this.payload.code[id].map((name) => {
      const [owner, method] = name.split(".");
      // A line may break after the dot.
      const parts = method ? [`${owner}.`, element("wbr"), method] : [owner];
      return element("button", { type: "button", className: "source", "data-code": name }, ...parts);
    });
    const box = element("p", { className: "links" }, ...links);
    box.ariaLabel = fill(this.strings.code, { names: this.payload.code[id].join(", ") });
    return box;
  }

  openCode(name) {
    this.$(".code-name").textContent = fill(this.strings.source_of, { name });
    this.$(".code pre").textContent = this.payload.sources[name];
    this.$(".code").showModal();
  }

  // --- The character that is followed --------------------------------------------------------------------------------

  showFollowed() {
    if (!this.attends) return;
    const { payload, strings, arrays, view } = this;
    const j = this.source;
    const padding = j >= payload.textLength;
    const name = padding ? `· (${strings.padding_space})` : visible(payload.source[j]);
    const seen = payload.source.map((character, i) => (this.hasRead(j, i) ? (i < payload.textLength ? visible(character) : "·") : ""));
    const count = seen.filter(Boolean).length;
    const lines = [
      [strings.score, exact(arrays.scores[view.step][j])],
      [strings.weight, exact(arrays.weights[view.step][j])],
      [strings.largest, this.named(arrays.hs_enc[j], 3)],
      [strings.share, this.named(this.data.weighted_states[j], 3)],
    ];
    const list = element("dl", {}, ...lines.flatMap(([term, text]) => [element("dt", { textContent: term }), element("dd", { textContent: text })]));
    const read = element("p", { className: "read-text", textContent: seen.join("") });
    const inOrder = payload.readAt[0] ? strings.has_read : strings.has_read_in_order;
    const told = `${payload.bothWays ? strings.has_read_both_ways : inOrder} · ${fill(strings.read_count, { count, total: this.T })}`;
    this.$(".followed").replaceChildren(
      element("h3", { textContent: fill(strings.followed, { position: j + 1, character: name }) }),
      list,
      element("p", { className: "hint", textContent: told }),
      read,
    );
  }

  named(values, count) {
    return topUnits(values, count).map((unit) => `${unit}:\u00a0${short(values[unit])}`).join("  ");
  }

  // --- The LSTM cell -------------------------------------------------------------------------------------------------

  buildCell() {
    const body = this.$(".cell-body");
    const open = this.view.cellOpen;
    body.hidden = !open;
    this.$(".open-cell").ariaExpanded = String(open);
    if (!open) return;
    const { strings } = this;
    if (!this.cells) return body.replaceChildren(element("p", { className: "hint", role: "status", textContent: strings.loading }));
    const choices = ["encoder", "decoder"].map((which) => {
      const radio = element("input", { type: "radio", name: "which", value: which, checked: which === this.view.which });
      return element("label", {}, radio, strings[which]);
    });
    const which = element("div", { className: "which", role: "radiogroup", ariaLabel: strings.cell }, ...choices);
    this.gates = GATES.map(([id, name]) => {
      const canvas = element("canvas", { role: "img", "data-gate": id });
      canvas.ariaLabel = strings[name];
      const units = element("span", { className: "units" });
      const label = element("span", { className: "gate" }, element("b", { textContent: this.symbolOf(id) }), ` ${strings[name]}`);
      return { id, canvas, units, node: element("div", { className: "row" }, label, canvas, units) };
    });
    const slider = element("input", { type: "range", className: "unit", min: "0", max: String(this.H - 1) });
    slider.ariaLabel = fill(strings.choose_unit, { count: this.H });
    const unit = element("label", { className: "row" }, element("span", { className: "gate unit-name" }), slider);
    const maths = element("p", { className: "maths cell-maths" });
    const pictures = element("div", { className: "pictures" }, this.captioned("trajectory", "trajectory"), this.captioned("triangle", "triangle"));
    const told = element("p", { className: "cell-told" });
    body.replaceChildren(which, told, ...this.gates.map(({ node }) => node), unit, maths, this.codeLinks("cell"), pictures);
  }

  symbolOf(id) {
    return { cell_before: "c₋", cell: "c", hidden: "h" }[id] ?? id;
  }

  showCell() {
    if (!this.view.cellOpen || !this.cells) return;
    const { strings, view } = this;
    const cell = this.cells[view.which];
    const t = view.which === "encoder" ? this.source : view.step;
    const values = { character: `“${visible(cell.characters[t])}”`, time: view.which === "encoder" ? this.payload.readAt[t] + 1 : t + 1, total: cell.characters.length };
    this.$(".cell-told").textContent = fill(strings[`cell_${view.which}`], values);
    for (const { id, canvas, units } of this.gates) {
      const row = cell[id][t];
      const full = canvas.clientWidth || 600;
      const limit = ["f", "i", "o", "g", "hidden"].includes(id) ? 1 : Math.max(largest(cell.cell[t]), largest(cell.cell_before[t]));
      this.strip(canvas, { image: picture([row], limit, this.poles, this.ground) }, { left: 2, width: full - 4, full });
      units.textContent = this.named(row, 3);
    }
    const k = this.unit;
    this.$("input.unit").value = String(k);
    this.$(".unit-name").textContent = fill(strings.unit, { unit: k });
    const at = (id) => cell[id][t][k];
    this.$(".cell-maths").textContent = [
      `c[${k}] = f · c₋ + i · g = ${short(at("f"))} · ${this.bracketed(at("cell_before"))} + ${short(at("i"))} · ${this.bracketed(at("g"))} = ${exact(at("cell"))}`,
      `h[${k}] = o · tanh(c) = ${short(at("o"))} · ${this.bracketed(Math.tanh(at("cell")))} = ${exact(at("hidden"))}`,
    ].join("\n");
    this.drawTrajectory(cell, t, k);
    this.drawTriangle(cell, t);
    const caption = this.$(".trajectory").previousElementSibling;
    caption.textContent = fill(strings.trajectory, { unit: k });
  }

  // The encoder reads from right to left: so does its picture.
  drawTrajectory(cell, t, k) {
    const canvas = this.$(".trajectory");
    const full = canvas.clientWidth || 500;
    const states = cell.cell.map((row) => row[k]);
    const hidden = cell.hidden.map((row) => row[k]);
    const limit = Math.max(largest(states), 1);
    const [height, left] = [150, 40];
    const step = (full - left - 6) / states.length;
    const y = (value) => 8 + (1 - value / limit) * (height / 2);
    const x = (i) => left + (i + 0.5) * step;
    const backwards = this.view.which === "encoder" && this.payload.readAt[0] > 0;
    paint(canvas, full, height + 34, (pen) => {
      this.words(pen);
      pen.textAlign = "right";
      for (const value of [limit, 0, -limit]) pen.fillText(short(value), left - 4, y(value));
      pen.globalAlpha = 0.3;
      pen.fillRect(left, y(0) - 0.5, full - left, 1);
      pen.fillRect(x(t) - step / 2, 4, step, height + 8);
      pen.globalAlpha = 1;
      this.line(pen, states, x, y, css(this.poles[1]), "c");
      this.line(pen, hidden, x, y, css(this.poles[0]), "h");
      pen.fillStyle = this.text;
      pen.font = `${clamp(step, 8, 12)}px ${MONOSPACE}`;
      pen.textAlign = "center";
      cell.characters.forEach((character, i) => pen.fillText(this.nameAt(character, i), x(i), height + 18));
      pen.textAlign = backwards ? "right" : "left";
      pen.fillText(backwards ? "←" : "→", backwards ? full - 6 : left, height + 29);
    });
  }

  nameAt(character, i) {
    return this.view.which === "encoder" && i >= this.payload.textLength ? "·" : visible(character);
  }

  line(pen, values, x, y, colour, name) {
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = 2;
    pen.beginPath();
    values.forEach((value, i) => pen.lineTo(x(i), y(value)));
    pen.stroke();
    values.forEach((value, i) => pen.fillRect(x(i) - 2, y(value) - 2, 4, 4));
    pen.textAlign = "left";
    pen.font = `700 12px ${MONOSPACE}`;
    pen.fillText(name, x(0) + 4, Math.max(y(values[0]) - 8, 7));
  }

  // Row t is filled at every character that the state at time t knows of.
  drawTriangle(cell, t) {
    const canvas = this.$(".triangle");
    const count = cell.characters.length;
    const full = canvas.clientWidth || 400;
    const side = Math.min((full - 20) / count, 15);
    // The second half of a bidirectional encoder's units has read from the other end.
    const otherEnd = this.payload.bothWays && this.unit >= this.H / 2;
    const readAt = otherEnd ? [...this.payload.readAt].reverse() : this.payload.readAt;
    const order = this.view.which === "encoder" ? readAt : cell.characters.map((_, i) => i);
    paint(canvas, full, 18 + count * 10, (pen) => {
      this.words(pen);
      pen.font = `10px ${MONOSPACE}`;
      pen.textAlign = "center";
      cell.characters.forEach((character, i) => {
        pen.fillStyle = this.text;
        pen.fillText(this.nameAt(character, i), 20 + (i + 0.5) * side, 8);
        pen.fillText(this.nameAt(character, i), 9, 18 + (i + 0.5) * 10);
        order.forEach((at, j) => {
          pen.globalAlpha = at <= order[i] ? (i === t ? 1 : 0.45) : 0.08;
          pen.fillRect(20 + j * side + 0.5, 18 + i * 10 + 0.5, side - 1, 9);
        });
        pen.globalAlpha = 1;
      });
    });
  }

  // --- Pointing, clicking, keys --------------------------------------------------------------------------------------

  // What the pointer is on: a source character, a hidden unit, a candidate.
  pointed(event) {
    const target = event.composedPath()[0];
    if (!(target instanceof Element)) return {};
    const chip = target.closest("[data-source]");
    if (chip) return { source: Number(chip.dataset.source) };
    const candidate = target.closest("[data-candidate], [data-row]");
    if (candidate) return { candidate: Number(candidate.dataset.candidate ?? candidate.dataset.row) };
    if (!(target instanceof HTMLCanvasElement)) return {};
    return this.onCanvas(target, event);
  }

  onCanvas(canvas, event) {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const { stage, gate } = canvas.dataset;
    const row = Math.floor((y - 16) / ROW);
    const at = {};
    if (["scores", "weights", ...MATRICES].includes(stage) && row >= 0 && row < this.T) at.source = row;
    if (MATRICES.includes(stage) || STRIPS.includes(stage)) {
      const { left, width } = this.frameOf(stage === "h" ? "hs_enc" : stage === "context" ? "weighted_states" : stage);
      at.unit = this.unitAt((x - left) / width);
    }
    if (gate) at.unit = this.unitAt((x - 2) / (box.width - 4));
    if (stage === "features") {
      const units = this.arrays.features[0].length;
      at.unit = this.unitAt((x - 2) / (box.width - 4), units);
      if (at.unit !== undefined) at.unit %= this.H;
    }
    if (canvas.matches(".by-source")) at.source = clamp(Math.floor((x / box.width) * this.T), 0, this.T - 1);
    return at;
  }

  unitAt(share, units = this.H) {
    return share >= 0 && share < 1 ? Math.floor(share * units) : undefined;
  }

  onPoint(event) {
    if (event.pointerType !== "mouse") return;
    this.hoverOver(this.pointed(event));
  }

  onLeave() {
    this.hoverOver({});
  }

  hoverOver(at) {
    const same = ["source", "unit", "candidate"].every((name) => at[name] === this.hover[name]);
    if (same || !this.payload) return;
    this.hover = at;
    this.mark();
  }

  // At most once a frame.
  mark() {
    if (this.frameAsked) return;
    this.frameAsked = requestAnimationFrame(() => {
      this.frameAsked = null;
      this.showMarks();
    });
  }

  onClick(event) {
    const target = event.composedPath()[0];
    const button = target instanceof Element ? target.closest("button") : null;
    if (button?.dataset.move) return this.moveTo(this.view.step + Number(button.dataset.move));
    if (button?.dataset.fold) return this.fold(button.dataset.fold);
    if (button?.dataset.code) return this.openCode(button.dataset.code);
    if (button?.matches(".open-cell")) return this.toggleCell();
    const at = this.pointed(event);
    for (const [name, value] of Object.entries(at)) if (value !== undefined) this.view[name] = value;
    if (Object.keys(at).length) this.mark();
  }

  onChange(event) {
    const { name, value } = event.target;
    if (name === "step") this.moveTo(Number(value));
    if (name === "which") this.view.which = value;
    if (event.target.matches("input.unit")) this.view.unit = Number(value);
    this.mark();
  }

  fold(id) {
    const { folded } = this.view;
    if (!folded.delete(id)) folded.add(id);
    this.layOut();
    this.showMarks();
  }

  toggleCell() {
    this.view.cellOpen = !this.view.cellOpen;
    this.buildCell();
    this.showCell();
    if (this.view.cellOpen && !this.cells) this.tell("cell", true);
  }

  onKey(event) {
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    const target = event.target;
    if (target.matches(".ribbon")) return this.onRibbonKey(event);
    if (target.matches(".fold")) return this.onStageKey(event, target.dataset.fold);
  }

  onRibbonKey(event) {
    const last = this.T - 1;
    const j = this.view.source;
    const moves = { ArrowLeft: j - 1, ArrowUp: j - 1, ArrowRight: j + 1, ArrowDown: j + 1, Home: 0, End: last };
    if (!(event.key in moves)) return;
    event.preventDefault();
    this.hover = {};
    this.view.source = clamp(moves[event.key], 0, last);
    this.mark();
  }

  onStageKey(event, id) {
    const ids = Object.keys(this.cards);
    const at = ids.indexOf(id);
    const moves = { ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, Home: 0, End: ids.length - 1 };
    if (!(event.key in moves)) return;
    event.preventDefault();
    this.cards[ids[clamp(moves[event.key], 0, ids.length - 1)]].button.focus();
  }

  onResize() {
    if (!this.payload || this.root.clientWidth === this.width) return;
    this.width = this.root.clientWidth;
    this.layOut();
    this.showMarks();
  }

  // --- The address: its `step` is this page's ------------------------------------------------------------------------

  stepIn(parameters) {
    const step = Number(parameters.get("step") ?? this.last + 1);
    return Number.isInteger(step) ? clamp(step - 1, 0, this.last) : this.last;
  }

  planAddress() {
    clearTimeout(this.addressTimer);
    this.addressTimer = setTimeout(() => this.writeAddress(), ADDRESS_DELAY_MS);
  }

  // Whatever else is pressed on the page may ask the server about the current step. Streamlit reads the address only
  // until Python has written it once, so the server is told.
  onPress(event) {
    if (!this.payload || (event.type === "keydown" && event.key !== "Enter" && event.key !== " ")) return;
    const path = event.composedPath().filter((node) => node instanceof Element);
    if (path.includes(this.root) || !path.some((node) => node.matches(PRESSED))) return;
    if (this.addressTimer !== null) this.writeAddress();
    if (this.view.step === this.told) return;
    this.told = this.view.step;
    this.tell("moved", { step: this.told });
  }

  writeAddress() {
    clearTimeout(this.addressTimer);
    this.addressTimer = null;
    // On the way to another page the address is that page's already.
    if (!this.payload || location.pathname !== this.pathname) return;
    const url = new URL(location.href);
    if (this.stepIn(url.searchParams) === this.view.step) return;
    url.searchParams.set("step", this.view.step + 1);
    history.replaceState(history.state, "", url);
  }

  onHistory() {
    if (!this.payload || location.pathname !== this.pathname) return;
    this.view.step = this.stepIn(new URLSearchParams(location.search));
    this.show();
  }
}
