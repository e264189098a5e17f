// The stage: one decoding, drawn once and stepped through in the page.
//
// Streamlit calls the default export after mounting and again whenever the payload or the theme changes, always with
// the same `parentElement`. What a person typed reaches the document as text nodes and attributes only, never as HTML.

const MONOSPACE = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono', monospace";
const SECONDS_A_STEP = 1;

// ---------------------------------------------------------------------------------------------------------------------
// Mounting
// ---------------------------------------------------------------------------------------------------------------------

const stages = new WeakMap();

// What was last on the stage. It outlives a mount, so that leaving the page and coming back keeps the step.
let memory = null;

export default function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".stage");
  let stage = stages.get(parentElement);
  if (!stage || stage.root !== root) {
    stage?.close();
    stage = new Stage(root);
    stages.set(parentElement, stage);
  }
  stage.tell = setTriggerValue;
  stage.receive(data);
  // An outdated call's clean-up may come after the next call: only the latest may close the stage.
  const call = ++stage.calls;
  return () => {
    if (stage.calls !== call) return;
    stage.close();
    stages.delete(parentElement);
  };
}

// ---------------------------------------------------------------------------------------------------------------------
// Small tools
// ---------------------------------------------------------------------------------------------------------------------

const hundredths = (value) => Math.round(100 * value) / 100;

// The fewest digits that still name this float32, so that what is read off the screen is the number itself.
function digits(value) {
  for (let precision = 1; precision < 9; precision++) {
    const short = value.toPrecision(precision);
    if (Math.fround(short) === value) return String(Number(short));
  }
  return String(Number(value.toPrecision(9)));
}

// A rounded 0 or 100 per cent would claim a certainty that is not there.
function percent(share, strings) {
  if (share > 0 && share < 0.0005) return fill(strings.percent_under, { number: "0.1" });
  if (share < 1 && share >= 0.9995) return fill(strings.percent_over, { number: "99.9" });
  return fill(strings.percent, { number: (100 * share).toFixed(1) });
}

// In whole numbers, where there is at least one; the exact weight is at the pointer.
function wholePercent(share, strings) {
  const number = Math.round(100 * share);
  if (number === 0) return "";
  if (number === 100 && share < 1) return fill(strings.percent_over, { number: 99 });
  return fill(strings.percent, { number });
}

function strongest(weights) {
  return weights.reduce((best, weight, i) => (weight > weights[best] ? i : best), 0);
}

// ---------------------------------------------------------------------------------------------------------------------
// Characters: how they look and what they are called
// ---------------------------------------------------------------------------------------------------------------------

function spoken(character, strings) {
  const names = { " ": "space", ",": "comma", "-": "hyphen", "/": "slash", _: "start" };
  return character in names ? strings[names[character]] : character;
}

// The columns of the map: every typed character, then the padding, one by one or summed up in one column.
function columnsOf(payload, showPadding) {
  const { source, textLength, strings, steps } = payload;
  const columns = source.map((character, i) => {
    const padding = i >= textLength;
    return {
      from: i,
      to: i + 1,
      padding,
      label: padding ? "·" : visible(character),
      name: padding ? strings.padding_space : spoken(character, strings),
    };
  });
  if (!attends(steps)) return columns.slice(0, textLength);
  if (showPadding || textLength === source.length) return columns;
  const count = source.length - textLength;
  const fold = { from: textLength, to: source.length, padding: true, folded: true, label: `+${count}`, count };
  fold.name = fill(strings.fold, { count });
  return [...columns.slice(0, textLength), fold];
}

// Models without attention have no weights at any step.
const attends = (steps) => steps[0].weights !== null;

function weightOf(step, column) {
  let sum = 0;
  for (let i = column.from; i < column.to; i++) sum += step.weights[i];
  return sum;
}

// ---------------------------------------------------------------------------------------------------------------------
// The map: typed characters on top, a row for every written one. Drawn the same for the screen and for saving
// ---------------------------------------------------------------------------------------------------------------------

const FOLD_WIDTH = 38;
const FOLD_GAP = 8;
const HEADER_GAP = 6;
const SHARE_LINE = 14;
const CELL_WIDTHS = [11, 130];
// Narrower columns have no room for a number between the typed character and its cells.
const NUMBERED_CELL = 24;

// `rows` is 0 for a model without attention: then there are only the typed characters.
function measure(columns, rows, { width, rowHeight }) {
  const folded = columns.at(-1).folded;
  const plain = columns.length - (folded ? 1 : 0);
  const rowLabel = rows === 0 ? 0 : width < 500 ? 34 : 44;
  const room = width - rowLabel - 2 - (folded ? FOLD_WIDTH + FOLD_GAP : 0);
  const cell = hundredths(clamp(room / plain, ...CELL_WIDTHS));
  const x = columns.map((column, i) => hundredths(rowLabel + i * cell + (column.folded ? FOLD_GAP : 0)));
  const widths = columns.map((column) => (column.folded ? FOLD_WIDTH : cell));
  const numbered = cell >= NUMBERED_CELL;
  const font = clamp(Math.min(cell * 1.15, rowHeight * 0.62), 13, 21);
  const chip = Math.round(font * 1.3) + 8;
  const header = rows === 0 ? chip : chip + (numbered ? SHARE_LINE : 0) + HEADER_GAP;
  return {
    rowLabel,
    x,
    widths,
    chip,
    header,
    numbered,
    rowHeight,
    font,
    width: x.at(-1) + widths.at(-1) + 2,
    height: header + rows * rowHeight + 3,
  };
}

class AttentionMap {
  // `palette` holds text, muted, line and ground as CSS colours, and the font of numbers.
  constructor(payload, columns, size, colours, palette) {
    Object.assign(this, { payload, columns, size, colours, palette });
    this.attends = attends(payload.steps);
    this.root = this.picture(size.width);
    this.drawHeader();
    this.letters = this.drawLetters();
    this.rows = this.attends ? payload.steps.map((step, i) => this.drawRow(step, i)) : [];
    this.rings = [this.drawRing(this.root), this.drawRing(this.letters)];
    if (this.attends) this.root.append(this.letters);
    this.labelForReaders();
  }

  picture(width) {
    const { height, font } = this.size;
    const picture = svgElement("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
    picture.style.fontFamily = MONOSPACE;
    picture.style.fontSize = `${font}px`;
    picture.style.userSelect = "none";
    return picture;
  }

  labelForReaders() {
    const { strings } = this.payload;
    if (this.attends) {
      this.root.setAttribute("role", "grid");
      this.root.setAttribute("aria-label", strings.map);
      this.root.setAttribute("aria-rowcount", this.payload.steps.length + 1);
      return;
    }
    this.root.setAttribute("role", "img");
    this.root.setAttribute("aria-label", `${strings.typed_plain}: ${this.payload.source.join("").trim()}`);
  }

  drawHeader() {
    const row = svgElement("g", { role: "row", class: "header" });
    const shares = svgElement("g", { "aria-hidden": true });
    row.append(svgElement("g", { role: "columnheader", "aria-label": this.payload.strings.output }));
    this.chips = this.columns.map((column, i) => {
      const chip = this.drawChip(column, i);
      row.append(chip.group);
      shares.append(chip.share);
      return chip;
    });
    this.root.append(row, shares);
  }

  drawChip(column, i) {
    const { x, widths, chip } = this.size;
    const rect = svgElement("rect", { x: x[i] + 1, y: 1, width: hundredths(widths[i] - 2), height: chip - 2, rx: 4 });
    rect.style.stroke = this.palette.line;
    const middle = hundredths(x[i] + widths[i] / 2);
    const text = this.text(column.label, middle, chip / 2);
    if (column.folded) text.style.fontSize = "13px";
    const share = this.text("", middle, chip + SHARE_LINE / 2 + 2);
    share.style.fontFamily = this.palette.font;
    share.style.fontSize = "12px";
    const name = { role: "columnheader", "aria-label": column.name, class: "typed", "data-column": i };
    const group = svgElement("g", name, rect, text);
    return { group, rect, text, share };
  }

  drawRow(step, i) {
    const { strings } = this.payload;
    const { header, rowHeight, rowLabel, width } = this.size;
    const y = header + i * rowHeight;
    const name = fill(strings.row, { step: i + 1, character: spoken(step.character, strings) });
    const group = svgElement("g", { role: "row", class: "row", "data-step": i, "aria-rowindex": i + 2 });
    const outline = svgElement("rect", {
      class: "outline",
      x: rowLabel + 0.5,
      y: y + 2,
      width: width - rowLabel - 2.5,
      height: rowHeight - 4,
      rx: 3,
    });
    outline.style.fill = "transparent";
    outline.style.stroke = this.palette.line;
    outline.style.strokeDasharray = "2 4";

    const place = { x: 7, y: y + 2, width: rowLabel - 12, height: rowHeight - 4, rx: 4 };
    const rowHeader = svgElement("rect", { role: "rowheader", "aria-label": name, fill: "transparent", ...place });
    const badge = svgElement("rect", place);
    const label = this.text(visible(step.character), rowLabel / 2 + 1, y + rowHeight / 2);
    const letter = svgElement("g", { class: "letter", "data-step": i }, badge, label);
    this.letters.append(letter);
    const cells = this.columns.map((column, j) => this.drawCell(step, i, column, j, y));
    const reached = svgElement("g", { role: "none" }, rowHeader, ...cells);
    group.append(outline, reached);
    this.root.append(group);
    return { group, outline, reached, letter, badge, label, cells };
  }

  // The written characters on a ground of their own: a picture in the picture, which the screen keeps in its place while
  // a map that is wider than the screen moves below it.
  drawLetters() {
    const { rowLabel, height } = this.size;
    const letters = this.picture(rowLabel);
    letters.setAttribute("class", "letters");
    letters.setAttribute("aria-hidden", true);
    const ground = svgElement("rect", { width: rowLabel, height });
    ground.style.fill = this.palette.ground;
    letters.append(ground);
    return letters;
  }

  // A ring, moved from row to row: it lies above the cells of the neighbouring rows. That of the letters ends with them.
  drawRing(picture) {
    const { rowHeight, width } = this.size;
    const ring = svgElement("rect", { "aria-hidden": true, x: 1.25, width: width - 2.5, height: rowHeight + 1, rx: 6 });
    ring.style.fill = "none";
    ring.style.stroke = this.palette.text;
    ring.style.strokeWidth = "2";
    ring.style.pointerEvents = "none";
    if (this.attends) picture.append(ring);
    return ring;
  }

  drawCell(step, i, column, j, y) {
    const { x, widths, rowHeight } = this.size;
    const weight = weightOf(step, column);
    const rect = svgElement("rect", {
      role: "gridcell",
      class: "cell",
      tabindex: -1,
      x: hundredths(x[j] + 0.5),
      y: y + 2,
      width: hundredths(widths[j] - 1),
      height: rowHeight - 4,
      rx: 1.5,
      "data-row": i,
      "data-column": j,
      "data-weight": weight,
      // Separates white, which is 1 among the greys, from a white page.
      stroke: this.palette.line,
      "aria-label": this.cellName(step, column, weight),
    });
    if (!column.folded) rect.setAttribute("data-score", step.scores[column.from]);
    rect.style.fill = shade(this.colours, weight);
    return rect;
  }

  cellName(step, column, weight) {
    const { strings } = this.payload;
    const values = { output: spoken(step.character, strings), input: column.name, weight: digits(Math.fround(weight)) };
    if (column.folded) return fill(strings.fold_cell, { ...values, count: column.count });
    return fill(strings.cell, { ...values, score: digits(step.scores[column.from]) });
  }

  text(content, x, y) {
    // dy and not dominant-baseline, which office programs do not know.
    const text = svgElement("text", { x, y, dy: "0.35em", "text-anchor": "middle" });
    text.style.fill = this.palette.text;
    text.style.pointerEvents = "none";
    text.textContent = content;
    return text;
  }

  // Everything that depends on the step, and nothing else: a step must be on the screen within 50 ms.
  show(step) {
    this.columns.forEach((column, i) => this.shadeChip(this.chips[i], column, step));
    this.rows.forEach((row, i) => this.showRow(row, i, step));
    const y = this.size.header + step * this.size.rowHeight - 0.5;
    for (const ring of this.rings) ring.setAttribute("y", y);
  }

  shadeChip({ rect, text, share }, column, step) {
    if (!this.attends) {
      rect.style.fill = "transparent";
      text.style.fill = column.padding ? this.palette.muted : this.palette.text;
      return;
    }
    const weight = weightOf(this.payload.steps[step], column);
    const colour = shade(this.colours, weight);
    rect.style.fill = colour;
    text.style.fill = inkOn(colour);
    if (this.size.numbered) share.textContent = wholePercent(weight, this.payload.strings);
  }

  showRow({ group, outline, reached, letter, badge, label }, i, step) {
    const current = i === step;
    reached.style.visibility = letter.style.visibility = i <= step ? "" : "hidden";
    outline.style.visibility = i <= step ? "hidden" : "";
    badge.style.fill = current ? this.palette.text : "transparent";
    label.style.fill = current ? this.palette.ground : this.palette.text;
    label.style.fontWeight = current ? "700" : "400";
    if (current) group.setAttribute("aria-current", "step");
    else group.removeAttribute("aria-current");
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The stage
// ---------------------------------------------------------------------------------------------------------------------

const SCREEN = {
  text: "var(--text)",
  muted: "var(--muted)",
  line: "var(--line)",
  ground: "var(--ground)",
  font: "var(--sans)",
};

class Stage extends Player {
  constructor(root) {
    super(root);
    this.active = { row: 0, column: 0 };
  }

  listen() {
    super.listen();
    this.on(document, "pointerdown", this.onPress, { capture: true });
    this.on(document, "keydown", this.onPress, { capture: true });
    this.on(document, "fullscreenchange", this.onFullscreen);
    this.on(this.$(".numbers"), "toggle", this.fillTable);
    const map = this.$(".map");
    this.on(map, "keydown", this.onGridKey);
    this.on(map, "mousedown", this.onMouseDown);
    this.on(map, "pointermove", (event) => this.showTooltip(event.target));
    this.on(map, "pointerleave", this.hideTooltip);
    this.on(map, "focusin", (event) => this.onCellFocus(event.target));
    this.on(map, "focusout", this.hideTooltip);
  }

  // --- What Python sends ---------------------------------------------------------------------------------------------

  receive(payload) {
    const known = this.payload ? { ...this.view, id: this.payload.id, sent: this.payload } : memory;
    const sameTrace = known?.id === payload.id;
    const sameView = known?.sent.view === payload.view;
    // A choice made here holds until Python sends a different one.
    const keep = (name) => (known && known.sent[name] === payload[name] ? known[name] : payload[name]);
    // Changes of a decoding leave the step where it is. On the way back from another page the step may have moved.
    const step = this.payload ? known.step : keep("step");
    this.view = {
      step: sameView ? step : payload.step,
      scale: keep("scale"),
      padding: keep("padding"),
    };
    this.payload = payload;
    this.told = payload.step;
    this.attends = attends(payload.steps);
    if (!sameTrace) this.pause();
    this.fillTexts();
    this.reserveRoom(payload.steps);
    this.root.hidden = false;
    this.followTheme();
    this.build();
    if (known) this.planAddress();
  }

  fillTexts() {
    super.fillTexts();
    this.root.classList.toggle("plain", !this.attends);
    if (!this.attends) this.$("#typed-label").textContent = this.payload.strings.typed_plain;
    this.labelEnlarge();
  }

  // --- Drawing -------------------------------------------------------------------------------------------------------

  // Draw everything anew: for another trace, scale, padding or size. Steps only go through `show`.
  build() {
    const { payload, view } = this;
    this.colours = payload.colours[view.scale];
    this.columns = columnsOf(payload, view.padding);
    this.room = this.measureRoom();
    this.size = measure(this.columns, this.attends ? payload.steps.length : 0, this.room);
    const hadFocus = this.map?.root.contains(this.root.getRootNode().activeElement);
    this.map = new AttentionMap(payload, this.columns, this.size, this.colours, SCREEN);
    this.$(".map").replaceChildren(this.map.root);
    if (this.attends) this.$(".map").append(this.map.letters);
    this.$(".caption").style.maxInlineSize = `${this.size.width}px`;
    this.buildOutput();
    this.buildCandidates();
    this.$(".bar").style.background = `linear-gradient(to right, ${this.colours.join(", ")})`;
    this.$(`.scale input[value="${view.scale}"]`).checked = true;
    this.$(".padding-choice").checked = view.padding;
    this.show();
    if (hadFocus) this.focusCell(this.active.row, Math.min(this.active.column, this.columns.length - 1));
  }

  measureRoom() {
    return { width: this.$(".map").clientWidth, rowHeight: this.rowHeight() };
  }

  // As high as lets the whole stage stand on the screen, below the page's own field and buttons.
  rowHeight() {
    const rows = this.payload.steps.length;
    if (this.isEnlarged()) return clamp(Math.floor((window.innerHeight - 300) / rows), 24, 80);
    if (this.root.clientWidth < 760) return 40;
    return clamp(Math.floor((window.innerHeight - 480) / rows), 24, 50);
  }

  buildOutput() {
    this.outputs = this.payload.steps.map((_, i) => element("li", { onclick: () => this.moveByHand(i) }));
    this.$(".output").replaceChildren(...this.outputs);
    const { original, steps, strings } = this.payload;
    this.$(".without").hidden = original === null;
    const plain = [...(original ?? "")].map((character, i) => {
      const differs = character !== steps[i].character;
      const item = element("li", { className: differs ? "differs" : "", textContent: visible(character) });
      const name = spoken(character, strings);
      item.setAttribute("aria-label", differs ? fill(strings.original_differs, { character: name }) : name);
      return item;
    });
    this.$(".original").replaceChildren(...plain);
  }

  buildCandidates() {
    this.bars = this.payload.steps[0].candidates.map(() => {
      const parts = { chip: element("span", { className: "chip" }), bar: element("span", { className: "fill" }) };
      parts.share = element("span", { className: "share" });
      const track = element("span", { className: "track" }, parts.bar);
      parts.button = element("button", { type: "button", onclick: () => this.force(parts) }, parts.chip, track, parts.share);
      parts.item = element("li", {}, parts.button);
      return parts;
    });
    this.$(".candidates").replaceChildren(...this.bars.map((parts) => parts.item));
  }

  show() {
    const { step } = this.view;
    const { steps, strings } = this.payload;
    this.map.show(step);
    this.outputs.forEach((chip, i) => this.showOutput(chip, i));
    this.bars.forEach((parts, i) => this.showCandidate(parts, steps[step].candidates[i], steps[step].character));
    this.sayStep(steps[step].sentence);
    this.$(".slider").value = step + 1;
    this.$(".slider").style.setProperty("--done", step / (steps.length - 1 || 1));
    const counter = fill(strings.step_of, { step: step + 1, steps: steps.length });
    this.$(".slider").setAttribute("aria-valuetext", counter);
    this.$(".counter").textContent = counter;
    this.showEnds(step, steps.length - 1);
    this.placeTabStop();
    if (this.$(".numbers").open) this.fillTable();
    memory = { ...this.view, id: this.payload.id, sent: this.payload };
  }

  // Written only when it differs: every writing is read out.
  sayStep(sentence) {
    const line = this.$(".sentence");
    if (line.textContent !== sentence) line.textContent = sentence;
  }

  // aria-disabled and not disabled: a disabled button loses the focus in the middle of stepping.
  showEnds(step, last) {
    for (const action of ["first", "back"]) this.button(action).setAttribute("aria-disabled", step === 0);
    for (const action of ["forward", "last"]) this.button(action).setAttribute("aria-disabled", step === last);
  }

  showOutput(chip, i) {
    const { steps, strings } = this.payload;
    const reached = i <= this.view.step;
    const { character, probability } = steps[i];
    const colour = shade(this.colours, probability);
    chip.className = i === this.view.step ? "current" : reached ? "reached" : "ahead";
    chip.textContent = reached ? visible(character) : "";
    chip.style.background = reached ? colour : "";
    chip.style.color = reached ? inkOn(colour) : "";
    const name = { character: spoken(character, strings), percent: percent(probability, strings) };
    chip.setAttribute("aria-label", reached ? fill(strings.probability, name) : strings.not_written);
    chip.title = chip.getAttribute("aria-label");
  }

  showCandidate(parts, { character, probability }, written) {
    const { item, button, chip, bar, share } = parts;
    parts.character = character;
    chip.textContent = visible(character);
    bar.style.inlineSize = `${100 * probability}%`;
    share.textContent = percent(probability, this.payload.strings);
    item.className = character === written ? "best" : "";
    const name = { character: spoken(character, this.payload.strings), percent: share.textContent };
    const forced = this.payload.forced.includes(this.view.step) && character === written;
    button.setAttribute("aria-label", fill(this.payload.strings[forced ? "let_go" : "force"], name));
    button.setAttribute("aria-pressed", forced);
    button.title = button.getAttribute("aria-label");
  }

  // What is written here anyway needs no force.
  force({ character, button }) {
    const { step } = this.view;
    if (character === this.payload.steps[step].character && button.ariaPressed !== "true") return;
    this.pause();
    this.told = step;
    this.tell("force", { step, character });
  }

  onResize() {
    if (!this.payload) return;
    const { width, rowHeight } = this.measureRoom();
    if (width !== this.room.width || rowHeight !== this.room.rowHeight) this.build();
  }

  // --- Stepping ------------------------------------------------------------------------------------------------------

  get last() {
    return this.payload.steps.length - 1;
  }

  move(step) {
    const target = clamp(step, 0, this.last);
    if (target === this.view.step) return;
    this.view.step = target;
    this.hideTooltip();
    this.show();
    this.planAddress();
  }

  get place() {
    return this.view.step;
  }

  get seconds() {
    return SECONDS_A_STEP;
  }

  choose(change) {
    Object.assign(this.view, change);
    this.build();
    this.planAddress();
  }

  pause() {
    super.pause();
    if (this.payload?.follow) this.planAddress();
  }

  onClick(event) {
    super.onClick(event);
    const row = event.target.closest(".map :is(.row, .letter)");
    if (!row) return;
    this.moveByHand(Number(row.dataset.step));
    this.showTooltip(event.target);
  }

  // A click on a row goes to a step; it must not take the keyboard from the page to the grid.
  onMouseDown(event) {
    event.preventDefault();
    document.activeElement?.blur();
  }

  onChange(event) {
    super.onChange(event);
    const { target } = event;
    if (target.matches(".scale input")) this.choose({ scale: target.value });
    if (target.matches(".padding-choice")) this.choose({ padding: target.checked });
  }

  actions() {
    return {
      ...super.actions(),
      png: () => this.savePng(),
      svg: () => this.saveSvg(),
      link: () => this.copyLink(),
      enlarge: () => this.enlarge(),
    };
  }

  onPageKey(event) {
    if (event.key === "Escape") this.hideTooltip();
    super.onPageKey(event);
  }

  // --- The grid: one tab stop, arrow keys inside ---------------------------------------------------------------------

  cellAt(target) {
    return target.closest?.(".cell") ?? null;
  }

  placeTabStop() {
    if (!this.attends) return;
    const { step } = this.view;
    const strongestColumn = strongest(this.columns.map((column) => weightOf(this.payload.steps[step], column)));
    this.setTabStop(step, strongestColumn);
  }

  setTabStop(row, column) {
    this.keepInView(column);
    this.tabStop?.setAttribute("tabindex", -1);
    this.active = { row, column };
    this.tabStop = this.map.rows[row].cells[column];
    this.tabStop.setAttribute("tabindex", 0);
  }

  // A long date on a small phone is wider than the screen.
  keepInView(column) {
    const map = this.$(".map");
    if (map.scrollWidth > map.clientWidth) map.scrollLeft = this.size.x[column] - map.clientWidth / 2;
  }

  focusCell(row, column) {
    this.setTabStop(row, column);
    this.tabStop.focus();
  }

  onCellFocus(target) {
    const cell = this.cellAt(target);
    if (!cell) return;
    this.setTabStop(Number(cell.dataset.row), Number(cell.dataset.column));
    this.showTooltip(cell);
  }

  onGridKey(event) {
    if (!this.cellAt(event.target) || event.altKey || event.metaKey || event.shiftKey) return;
    const { row, column } = this.active;
    const lastColumn = this.columns.length - 1;
    const reached = this.view.step;
    const moves = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      Home: [event.ctrlKey ? 0 : row, 0],
      End: [event.ctrlKey ? reached : row, lastColumn],
      Enter: "select",
      " ": "select",
      Escape: "hide",
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    if (move === "hide") return this.hideTooltip();
    if (move === "select") return this.selectCell(row, column);
    this.focusCell(clamp(move[0], 0, reached), clamp(move[1], 0, lastColumn));
  }

  selectCell(row, column) {
    this.moveByHand(row);
    this.setTabStop(row, column);
    this.showTooltip(this.tabStop);
  }

  // --- Numbers at the pointer ----------------------------------------------------------------------------------------

  // On a cell, or on a typed character: that is the cell below it in the current row.
  showTooltip(target) {
    const place = target.closest?.(".cell, .typed");
    if (!place || !this.attends) return this.hideTooltip();
    const { strings, steps } = this.payload;
    const step = steps[place.dataset.row ?? this.view.step];
    const column = this.columns[place.dataset.column];
    const weight = weightOf(step, column);
    const lines = [[strings.weight, digits(Math.fround(weight))]];
    if (!column.folded) lines.push([strings.score, digits(step.scores[column.from])]);
    const source = column.padding ? column.name : visible(this.payload.source[column.from]);
    const tooltip = this.$(".tooltip");
    tooltip.querySelector(".pair").textContent = `${visible(step.character)} ← ${source}`;
    tooltip.querySelector(".part").textContent = percent(weight, strings);
    tooltip.querySelector("dl").replaceChildren(
      ...lines.flatMap(([name, value]) => [
        element("dt", { textContent: name }),
        element("dd", { textContent: value }),
      ]),
    );
    tooltip.hidden = false;
    this.placeTooltip(tooltip, place);
  }

  // Above the cell where there is room, below it otherwise, never outside the stage.
  placeTooltip(tooltip, place) {
    const stage = this.root.getBoundingClientRect();
    const at = place.getBoundingClientRect();
    const left = at.left + at.width / 2 - tooltip.offsetWidth / 2 - stage.left;
    const above = at.top - stage.top - tooltip.offsetHeight - 6;
    tooltip.style.left = `${clamp(left, 0, stage.width - tooltip.offsetWidth)}px`;
    tooltip.style.top = `${above >= 0 ? above : at.bottom - stage.top + 6}px`;
  }

  hideTooltip() {
    this.$(".tooltip").hidden = true;
  }

  // --- The table: the same numbers without a picture -----------------------------------------------------------------

  fillTable() {
    if (!this.$(".numbers").open) return;
    const { strings } = this.payload;
    const head = element("tr", {}, element("td"), ...this.columns.map((column) => this.columnHead(column)));
    const rows = this.payload.steps.slice(0, this.view.step + 1).map((step, i) => {
      const name = fill(strings.row, { step: i + 1, character: visible(step.character) });
      const numbers = this.columns.map((column) =>
        element("td", { textContent: digits(Math.fround(weightOf(step, column))) }),
      );
      return element("tr", {}, element("th", { scope: "row", textContent: name }), ...numbers);
    });
    this.$("table").replaceChildren(element("thead", {}, head), element("tbody", {}, ...rows));
  }

  columnHead(column) {
    const head = element("th", { scope: "col", textContent: column.label });
    head.setAttribute("aria-label", column.name);
    return head;
  }

  // --- The address ---------------------------------------------------------------------------------------------------

  // What an address says about the view; what it does not mention is the default.
  viewIn(parameters) {
    const scales = Object.keys(this.payload.colours);
    const step = Number(parameters.get("step") ?? this.last + 1);
    return {
      step: Number.isInteger(step) ? clamp(step - 1, 0, this.last) : this.last,
      scale: scales.includes(parameters.get("scale")) ? parameters.get("scale") : scales[0],
      padding: parameters.get("padding") === "1",
    };
  }

  writeAddress() {
    clearTimeout(this.addressTimer);
    this.addressTimer = null;
    // On the way to another page the address is that page's already.
    if (!this.payload || location.pathname !== this.pathname) return;
    const said = this.viewIn(new URLSearchParams(location.search));
    const agrees = Object.keys(said).every((name) => said[name] === this.view[name]);
    if (!agrees) history.replaceState(history.state, "", this.address());
    if (this.payload.follow && !this.playing) this.tellStep();
  }

  // Streamlit reads the address only until Python has written it: what Python has to know of the step it is told.
  tellStep() {
    if (this.view.step === this.told) return;
    this.told = this.view.step;
    this.tell("moved", { step: this.told });
  }

  // Whatever else is pressed on the page may ask the server about the current step, so the server hears of it first.
  onPress(event) {
    if (!this.payload || (event.type === "keydown" && event.key !== "Enter" && event.key !== " ")) return;
    const path = event.composedPath().filter((node) => node instanceof Element);
    if (path.includes(this.root) || !path.some((node) => node.matches(PRESSED))) return;
    this.tellStep();
  }

  address() {
    const url = new URL(location.href);
    url.searchParams.set("step", this.view.step + 1);
    url.searchParams.set("scale", this.view.scale);
    url.searchParams.set("padding", this.view.padding ? 1 : 0);
    return url;
  }

  // Back and forward: the address has changed and the stage follows it.
  onHistory() {
    if (!this.payload || location.pathname !== this.pathname) return;
    this.pause();
    Object.assign(this.view, this.viewIn(new URLSearchParams(location.search)));
    this.build();
  }

  async copyLink() {
    const url = this.address();
    for (const [name, value] of Object.entries(this.payload.link)) {
      if (!(name in this.view)) url.searchParams.set(name, value);
    }
    const { strings } = this.payload;
    const field = this.$(".link-field");
    try {
      await navigator.clipboard.writeText(url.href);
      field.hidden = true;
      this.say(strings.link_copied);
    } catch {
      // Refused, or a page without https: the person copies by hand.
      this.say(strings.link_manually);
      field.hidden = false;
      field.value = url.href;
      field.select();
    }
  }

  say(text) {
    const feedback = this.$(".feedback");
    feedback.textContent = text;
    clearTimeout(this.feedbackTimer);
    this.feedbackTimer = setTimeout(() => (feedback.textContent = ""), 4000);
  }

  // --- Full screen ---------------------------------------------------------------------------------------------------

  isEnlarged() {
    return this.root.getRootNode().fullscreenElement === this.root;
  }

  enlarge() {
    if (this.isEnlarged()) return document.exitFullscreen();
    return this.root.requestFullscreen();
  }

  onFullscreen() {
    if (!this.payload) return;
    this.root.classList.toggle("enlarged", this.isEnlarged());
    this.labelEnlarge();
    this.onResize();
  }

  labelEnlarge() {
    const button = this.button("enlarge");
    button.hidden = !document.fullscreenEnabled;
    button.title = this.payload.strings[this.isEnlarged() ? "shrink" : "enlarge"];
    button.setAttribute("aria-label", button.title);
  }

  // --- Saving the picture --------------------------------------------------------------------------------------------

  saveSvg() {
    download(new Blob([this.picture()], { type: "image/svg+xml" }), `${this.pictureName()}.svg`);
  }

  async savePng() {
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(this.picture())}`;
    await image.decode();
    const sharpness = 2;
    const canvas = element("canvas", { width: image.width * sharpness, height: image.height * sharpness });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => download(blob, `${this.pictureName()}.png`), "image/png");
  }

  pictureName() {
    return `${this.payload.fileName}-step-${this.view.step + 1}`;
  }

  picture() {
    return savedPicture(this.payload, this.view);
  }
}

const PRESSED = "button, label, summary, [role=radio], [role=tab], [role=option], [role=combobox], [role=slider]";

function download(blob, name) {
  const url = URL.createObjectURL(blob);
  element("a", { href: url, download: name }).click();
  // The browser has taken the data over by then.
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

// ---------------------------------------------------------------------------------------------------------------------
// The saved picture: stands alone, light, each cell with its exact weight
// ---------------------------------------------------------------------------------------------------------------------

// Fonts of the reader's machine: a picture cannot bring the page's own along.
const SANS =
  "system-ui, 'Segoe UI', 'Noto Sans', 'Hiragino Sans', 'Yu Gothic', 'Noto Sans CJK JP', 'Apple SD Gothic Neo', " +
  "'Malgun Gothic', 'Noto Sans CJK KR', sans-serif";
const PAPER = { text: "#1b1f24", muted: "#59616b", line: "#9aa3ad", ground: "#ffffff", font: SANS };
const MARGIN = 24;

function savedPicture(payload, view) {
  const colours = payload.colours[view.scale];
  const columns = columnsOf(payload, view.padding);
  const rows = attends(payload.steps) ? payload.steps.length : 0;
  const size = measure(columns, rows, { width: Math.max(columns.length * 32, 500), rowHeight: 28 });
  const map = new AttentionMap(payload, columns, size, colours, PAPER);
  map.show(view.step);
  const step = payload.steps[view.step];
  const pictureWidth = Math.max(size.width, 480);
  const lines = wrap(step.sentence, pictureWidth, 15);
  const top = MARGIN + 26 + lines.length * 21 + 12;
  const mapHeight = Number(map.root.getAttribute("height"));
  const legendHeight = map.attends ? 40 : 0;
  const width = pictureWidth + 2 * MARGIN;
  const height = top + mapHeight + legendHeight + MARGIN;

  const root = svgElement("svg", { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}` });
  root.style.fontFamily = SANS;
  root.append(svgElement("rect", { width, height, fill: PAPER.ground }));
  const written = payload.steps.slice(0, view.step + 1).map((past) => past.character);
  const title = `${payload.source.slice(0, payload.textLength).join("")} → ${written.join("")}`;
  root.append(svgElement("title", {}, title), caption(title, MARGIN, MARGIN + 14, 18, 600));
  lines.forEach((line, i) => root.append(caption(line, MARGIN, MARGIN + 42 + i * 21, 15, 400)));
  map.root.setAttribute("x", MARGIN);
  map.root.setAttribute("y", top);
  titleCells(map);
  root.append(map.root);
  if (map.attends) root.append(legend(payload.strings.legend, colours, MARGIN, top + mapHeight + 14));
  return new XMLSerializer().serializeToString(root);
}

function caption(content, x, y, size, weight) {
  const text = svgElement("text", { x, y, "font-size": size, "font-weight": weight, fill: PAPER.text });
  text.textContent = content;
  return text;
}

// The name of a cell shows at the pointer in any viewer. What has not been written is not in the picture at all.
function titleCells(map) {
  for (const { reached, letter } of map.rows) {
    if (reached.style.visibility !== "hidden") continue;
    reached.remove();
    letter.remove();
  }
  for (const cell of map.root.querySelectorAll(".cell")) {
    cell.removeAttribute("tabindex");
    cell.append(svgElement("title", {}, cell.getAttribute("aria-label")));
  }
}

function legend(name, colours, x, y) {
  const stops = colours
    .filter((_, i) => i % 15 === 0)
    .map((colour, i, all) => svgElement("stop", { offset: i / (all.length - 1), "stop-color": colour }));
  const gradient = svgElement("linearGradient", { id: "scale" }, ...stops);
  const bar = { x: x + 14, y, width: 160, height: 14, fill: "url(#scale)", stroke: PAPER.line };
  const low = caption("0", x, y + 12, 13, 400);
  const high = caption("1", x + 180, y + 12, 13, 400);
  return svgElement("g", {}, gradient, low, svgElement("rect", bar), high, caption(name, x + 204, y + 12, 13, 400));
}

let pen = null;

function textWidth(text, size) {
  pen ??= document.createElement("canvas").getContext("2d");
  pen.font = `${size}px ${SANS}`;
  return pen.measureText(text).width;
}

// SVG does not break lines. Break after spaces, and between characters of scripts that are written without them, but
// not before their closing punctuation.
function wrap(text, width, size) {
  const ideograph = "\\u3000-\\u9fff\\uff00-\\uffef";
  const pieces = text.match(new RegExp(`[${ideograph}][、。」』）]*|[^\\s${ideograph}]+\\s*|\\s+`, "g")) ?? [];
  const lines = [""];
  for (const piece of pieces) {
    const longer = lines.at(-1) + piece;
    if (textWidth(longer.trimEnd(), size) <= width || lines.at(-1) === "") lines[lines.length - 1] = longer;
    else lines.push(piece);
  }
  return lines;
}
