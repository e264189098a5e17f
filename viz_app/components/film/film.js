// The film: one date decoded at every moment of a training, drawn once and scrubbed through in the page.
//
// Streamlit calls the default export after mounting and again whenever the payload or the theme changes, always with
// the same `parentElement`. What a person typed reaches the document as text nodes and attributes only, never as HTML.

const SECONDS_A_FRAME = 1;

// ---------------------------------------------------------------------------------------------------------------------
// Mounting
// ---------------------------------------------------------------------------------------------------------------------

const films = new WeakMap();

// The frame that was last shown. It outlives a mount, so that leaving the page and coming back keeps it.
let memory = null;

export default function mount({ data, parentElement }) {
  const root = parentElement.querySelector(".film");
  let film = films.get(parentElement);
  if (!film || film.root !== root) {
    film?.close();
    film = new FilmView(root);
    films.set(parentElement, film);
  }
  film.receive(data);
  // An outdated call's clean-up may come after the next call: only the latest may close the film.
  const call = ++film.calls;
  return () => {
    if (film.calls !== call) return;
    film.close();
    films.delete(parentElement);
  };
}

// ---------------------------------------------------------------------------------------------------------------------
// Small tools
// ---------------------------------------------------------------------------------------------------------------------

const tenths = (value) => Math.round(10 * value) / 10;

// Rounded down: what is not certain never reads 100.
const whole = (share) => String(Math.floor(100 * share + 1e-6));

function spoken(character, strings) {
  const names = { " ": "space", ",": "comma", "-": "hyphen", "/": "slash" };
  return character in names ? strings[names[character]] : character;
}

// The columns of the map: every typed character, then the padding summed up in one.
function columnsOf({ source, textLength, strings }) {
  const columns = source.slice(0, textLength).map((character, i) => ({
    from: i,
    to: i + 1,
    label: visible(character),
    name: spoken(character, strings),
  }));
  const count = source.length - textLength;
  if (count === 0) return columns;
  const name = fill(strings.fold, { count });
  return [...columns, { from: textLength, to: source.length, label: `+${count}`, name, folded: true }];
}

function weightOf(weights, column) {
  let sum = 0;
  for (let i = column.from; i < column.to; i++) sum += weights[i];
  return sum;
}

// ---------------------------------------------------------------------------------------------------------------------
// The map: all rows of one frame. Drawn once for a date; a frame changes colours and letters only
// ---------------------------------------------------------------------------------------------------------------------

const ROW_LABEL = 34;
const HEADER = 30;
const FOLD_WIDTH = 38;
const FOLD_GAP = 8;

class FrameMap {
  constructor(payload, columns, { width, rowHeight }) {
    Object.assign(this, { payload, columns, rowHeight });
    const folded = columns.at(-1).folded;
    const plain = columns.length - (folded ? 1 : 0);
    const room = width - ROW_LABEL - 2 - (folded ? FOLD_WIDTH + FOLD_GAP : 0);
    const cell = tenths(clamp(room / plain, 9, 60));
    this.x = columns.map((column, i) => tenths(ROW_LABEL + i * cell + (column.folded ? FOLD_GAP : 0)));
    this.widths = columns.map((column) => (column.folded ? FOLD_WIDTH : cell));
    const rows = payload.frames[0].output.length;
    const full = this.x.at(-1) + this.widths.at(-1) + 1;
    const height = HEADER + rows * rowHeight + 2;
    this.root = svgElement("svg", { width: full, height, viewBox: `0 0 ${full} ${height}`, role: "img" });
    this.root.setAttribute("aria-label", payload.strings.map);
    const font = clamp(Math.min(cell * 1.2, rowHeight * 0.62), 11, 18);
    this.root.style.fontSize = `${font}px`;
    columns.forEach((column, i) => this.root.append(this.text(column.label, this.middle(i), HEADER / 2, "typed")));
    this.rows = Array.from({ length: rows }, (_, i) => this.drawRow(i));
  }

  middle(i) {
    return tenths(this.x[i] + this.widths[i] / 2);
  }

  drawRow(i) {
    const y = HEADER + i * this.rowHeight;
    const label = this.text("", ROW_LABEL / 2, y + this.rowHeight / 2, "row-label");
    const cells = this.columns.map((_, j) => {
      const box = { x: this.x[j] + 0.5, y: y + 1, width: this.widths[j] - 1, height: this.rowHeight - 2, rx: 1.5 };
      return svgElement("rect", { class: "cell", "data-row": i, "data-column": j, ...box }, svgElement("title"));
    });
    this.root.append(label, ...cells);
    return { label, cells };
  }

  text(content, x, y, kind) {
    const text = svgElement("text", { class: kind, x, y, dy: "0.35em", "text-anchor": "middle" });
    text.textContent = content;
    return text;
  }

  show(frame) {
    const { colours, strings } = this.payload;
    this.rows.forEach(({ label, cells }, i) => {
      label.textContent = visible(frame.output[i]);
      label.classList.toggle("wrong", frame.right !== null && !frame.right[i]);
      cells.forEach((cell, j) => {
        const weight = weightOf(frame.weights[i], this.columns[j]);
        cell.style.fill = shade(colours, weight);
        cell.setAttribute("data-weight", weight);
        const names = { output: visible(frame.output[i]), input: this.columns[j].name, weight: weight.toFixed(4) };
        cell.firstChild.textContent = fill(strings.cell, names);
      });
    });
  }
}

// A map of a few pixels a cell, for the strip.
function thumbnail(payload, columns, frame) {
  const canvas = element("canvas", { width: columns.length, height: frame.weights.length, ariaHidden: true });
  const pen = canvas.getContext("2d");
  frame.weights.forEach((row, i) =>
    columns.forEach((column, j) => {
      pen.fillStyle = shade(payload.colours, weightOf(row, column));
      pen.fillRect(j, i, 1, 1);
    }),
  );
  return canvas;
}

// ---------------------------------------------------------------------------------------------------------------------
// The charts below the strip: a column for every frame, so that time is stretched where there are many
// ---------------------------------------------------------------------------------------------------------------------

const PANEL = 64;
const EDGE = 6;
const DECADES = [10, 1, 0.1, 0.01, 0.001, 0.0001];

class Charts {
  // `middles` are the x of the frames, in pixels, `column` is the width of one.
  constructor(payload, middles, width, column) {
    Object.assign(this, { payload, middles, width, column });
    this.markers = [];
    this.parts = [...this.lossPanel(), ...this.datePanel()];
  }

  // Where an iteration lies: between its two frames in a line.
  at(iteration) {
    const { frames } = this.payload;
    if (frames.length === 1) return this.middles[0];
    const after = clamp(frames.filter((frame) => frame.iteration < iteration).length, 1, frames.length - 1);
    const [from, to] = [frames[after - 1].iteration, frames[after].iteration];
    const [left, right] = [this.middles[after - 1], this.middles[after]];
    return left + ((iteration - from) / (to - from)) * (right - left);
  }

  lossPanel() {
    const { losses, frames, strings } = this.payload;
    const values = losses.map(([, loss]) => loss).filter((loss) => loss > 0);
    const high = Math.log10(Math.max(...values, 1));
    const low = Math.log10(Math.min(...values, 0.1));
    const y = (loss) => EDGE + clamp((high - Math.log10(Math.max(loss, 1e-9))) / (high - low), 0, 1) * PANEL;
    const panel = this.panel();
    for (const decade of DECADES) {
      if (Math.log10(decade) <= high && Math.log10(decade) >= low) this.grid(panel, y(decade), String(decade));
    }
    this.line(panel, losses.map(([iteration, loss]) => [this.at(iteration), y(loss)]), "loss");
    frames.forEach((frame, i) => frame.loss !== null && this.dot(panel, this.middles[i], y(frame.loss), "loss"));
    return [this.title([[`● ${strings.loss}`, "loss"]]), panel];
  }

  datePanel() {
    const { frames, strings } = this.payload;
    const panel = this.panel();
    for (const share of [0, 0.5, 1]) this.grid(panel, this.share(share), String(share));
    const words = [[`${strings.date}:`, ""], [`● ${strings.whole}`, "probability"]];
    this.curve(panel, frames.map((frame) => frame.probability), "probability");
    if (frames[0].errorRate === null) return [this.title(words), panel];
    this.curve(panel, frames.map((frame) => frame.errorRate), "error-rate");
    return [this.title([...words, [`■ ${strings.error_rate}`, "error-rate"]]), panel];
  }

  share(value) {
    return EDGE + (1 - value) * PANEL;
  }

  panel() {
    const height = PANEL + 2 * EDGE;
    const svg = svgElement("svg", { width: this.width, height, viewBox: `0 0 ${this.width} ${height}` });
    const marker = svgElement("rect", { class: "marker", y: 0, height, width: this.column });
    this.markers.push(marker);
    svg.append(marker);
    return svg;
  }

  title(words) {
    return element("p", {}, ...words.map(([textContent, className]) => element("span", { textContent, className })));
  }

  grid(panel, y, label) {
    const from = this.middles[0] - this.column / 2;
    const text = svgElement("text", { class: "tick", x: tenths(from - 6), y: tenths(y), dy: "0.35em", "text-anchor": "end" });
    text.textContent = label;
    panel.append(svgElement("path", { class: "grid", d: `M${tenths(from)} ${tenths(y)}H${this.width}` }), text);
  }

  curve(panel, shares, kind) {
    const points = shares.map((share, i) => [this.middles[i], this.share(share)]);
    this.line(panel, points, kind);
    for (const [x, y] of points) this.dot(panel, x, y, kind);
  }

  line(panel, points, kind) {
    const way = points.map(([x, y]) => `${tenths(x)} ${tenths(y)}`).join("L");
    panel.append(svgElement("path", { class: `line ${kind}`, d: `M${way}` }));
  }

  dot(panel, x, y, kind) {
    const square = { x: tenths(x - 3), y: tenths(y - 3), width: 6, height: 6 };
    const round = { cx: tenths(x), cy: tenths(y), r: 3.5 };
    panel.append(
      kind === "error-rate"
        ? svgElement("rect", { class: `dot ${kind}`, ...square })
        : svgElement("circle", { class: `dot ${kind}`, ...round }),
    );
  }

  show(frame) {
    for (const marker of this.markers) marker.setAttribute("x", tenths(this.middles[frame] - this.column / 2));
  }

  // The frame whose column is nearest to a point.
  frameAt(x) {
    const distances = this.middles.map((middle) => Math.abs(middle - x));
    return distances.indexOf(Math.min(...distances));
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The film
// ---------------------------------------------------------------------------------------------------------------------

class FilmView extends Player {
  listen() {
    super.listen();
    this.on(this.$(".charts"), "pointerdown", this.onScrub);
    this.on(this.$(".charts"), "pointermove", this.onScrub);
    this.resizing.observe(this.$(".timeline"));
  }

  // --- What Python sends ---------------------------------------------------------------------------------------------

  receive(payload) {
    const first = !this.payload;
    const sameDate = this.payload?.id === payload.id;
    this.payload = payload;
    if (first) this.frame = this.frameIn(new URLSearchParams(location.search)) ?? memory ?? this.last;
    this.frame = clamp(this.frame, 0, this.last);
    if (!sameDate) this.pause();
    this.fillTexts();
    this.reserveRoom(payload.frames);
    this.root.hidden = false;
    this.followTheme();
    this.build();
    if (!first) this.planAddress();
  }

  // --- Drawing -------------------------------------------------------------------------------------------------------

  // Draw everything anew: for another date or size. Frames only go through `show`.
  build() {
    const { payload } = this;
    this.columns = columnsOf(payload);
    this.room = this.measureRoom();
    this.map = new FrameMap(payload, this.columns, this.room);
    this.$(".map").replaceChildren(this.map.root);
    this.$(".bar").style.background = `linear-gradient(to right, ${payload.colours.join(", ")})`;
    this.buildOutput();
    this.buildStrip();
    this.buildCharts();
    this.show();
  }

  measureRoom() {
    return { width: this.$(".map").clientWidth, strip: this.$(".timeline").clientWidth, rowHeight: this.rowHeight() };
  }

  // As high as lets map, controls and strip stand on the screen together, below the page's own field and buttons.
  rowHeight() {
    if (this.root.clientWidth < 760) return 26;
    return clamp(Math.floor((window.innerHeight - 560) / this.payload.frames[0].output.length), 20, 40);
  }

  buildOutput() {
    const cells = (list) => {
      const items = this.payload.frames[0].output.map(() => {
        const chip = element("span", { className: "chip" });
        const share = element("span", { className: "share", ariaHidden: true });
        return { item: element("li", {}, chip, share), chip, share };
      });
      this.$(list).replaceChildren(...items.map(({ item }) => item));
      return items;
    };
    this.outputs = cells(".output");
    this.expected = cells(".expected");
  }

  buildStrip() {
    const { frames, strings } = this.payload;
    this.pictures = frames.map((frame, i) => {
      const output = element("span", { className: "written", ariaHidden: true });
      frame.output.forEach((character, k) => {
        const wrong = frame.right !== null && !frame.right[k];
        output.append(element("span", { className: wrong ? "wrong" : "", textContent: visible(character) }));
      });
      const name = element("span", { className: "iteration", ariaHidden: true, textContent: frame.name });
      const picture = thumbnail(this.payload, this.columns, frame);
      const button = element("button", { type: "button", onclick: () => this.moveByHand(i) }, name, picture, output);
      const told = frame.whole === null ? "frame" : frame.whole ? "frame_right" : "frame_wrong";
      const words = { iterations: frame.name, output: frame.output.join("") };
      button.setAttribute("aria-label", fill(strings[told], words));
      return button;
    });
    this.$(".strip").replaceChildren(...this.pictures.map((button) => element("li", {}, button)));
    this.$(".strip").style.setProperty("--frames", frames.length);
  }

  buildCharts() {
    const strip = this.$(".strip");
    const left = strip.getBoundingClientRect().left;
    const boxes = this.pictures.map((button) => button.parentNode.getBoundingClientRect());
    const middles = boxes.map((box) => tenths(box.left + box.width / 2 - left));
    this.charts = new Charts(this.payload, middles, tenths(boxes.at(-1).right - left), tenths(boxes[0].width));
    this.$(".charts").replaceChildren(...this.charts.parts);
  }

  show() {
    const { frames, strings } = this.payload;
    const frame = frames[this.frame];
    this.map.show(frame);
    this.charts.show(this.frame);
    this.outputs.forEach((parts, i) => this.showOutput(parts, frame, i));
    this.showExpected(frame);
    this.showMeasures(frame);
    // Written only when it differs: every writing is read out.
    const line = this.$(".sentence");
    if (line.textContent !== frame.sentence) line.textContent = frame.sentence;
    const slider = this.$(".slider");
    slider.value = this.frame + 1;
    slider.style.setProperty("--done", this.frame / (this.last || 1));
    const counter = fill(strings.frame_of, { frame: this.frame + 1, frames: frames.length });
    slider.setAttribute("aria-valuetext", counter);
    this.$(".counter").textContent = counter;
    this.showEnds();
    this.pictures.forEach((button, i) => button.setAttribute("aria-current", i === this.frame));
    this.keepInView();
    memory = this.frame;
  }

  // aria-disabled and not disabled: a disabled button loses the focus in the middle of stepping.
  showEnds() {
    for (const action of ["first", "back"]) this.button(action).setAttribute("aria-disabled", this.frame === 0);
    for (const action of ["forward", "last"]) this.button(action).setAttribute("aria-disabled", this.frame === this.last);
  }

  showOutput({ item, chip, share }, frame, i) {
    const { colours, strings } = this.payload;
    const probability = frame.probabilities[i];
    const wrong = frame.right !== null && !frame.right[i];
    const colour = shade(colours, probability);
    chip.textContent = visible(frame.output[i]);
    chip.style.background = colour;
    chip.style.color = inkOn(colour);
    share.textContent = whole(probability);
    item.className = wrong ? "wrong" : "";
    const percent = fill(strings.percent, { number: whole(probability) });
    const name = fill(strings[wrong ? "wrong" : "probability"], { character: spoken(frame.output[i], strings), percent });
    item.setAttribute("aria-label", name);
    item.title = name;
  }

  showExpected({ expected, right }) {
    this.$(".known").hidden = expected === null;
    if (expected === null) return;
    this.expected.forEach(({ item, chip }, i) => {
      chip.textContent = visible(expected[i]);
      item.className = right[i] ? "" : "differs";
    });
  }

  showMeasures({ measures }) {
    const rows = measures.map(([name, value, what]) =>
      element(
        "div",
        {},
        element("dt", { textContent: name }, element("small", { textContent: what })),
        element("dd", { textContent: value }),
      ),
    );
    this.$(".measures").replaceChildren(...rows);
  }

  // On a narrow screen the strip is moved sideways.
  keepInView() {
    const timeline = this.$(".timeline");
    if (timeline.scrollWidth <= timeline.clientWidth) return;
    const middle = this.charts.middles[this.frame];
    timeline.scrollLeft = middle - timeline.clientWidth / 2;
  }

  onResize() {
    if (!this.payload) return;
    const room = this.measureRoom();
    if (Object.keys(room).some((name) => room[name] !== this.room[name])) this.build();
  }

  // --- Stepping ------------------------------------------------------------------------------------------------------

  get last() {
    return this.payload.frames.length - 1;
  }

  move(frame) {
    const target = clamp(frame, 0, this.last);
    if (target === this.frame) return;
    this.frame = target;
    this.show();
    this.planAddress();
  }

  get place() {
    return this.frame;
  }

  get seconds() {
    return SECONDS_A_FRAME;
  }

  // A press on the charts goes to the nearest frame, and a mouse that is held goes on.
  onScrub(event) {
    if (event.buttons !== 1 || (event.type === "pointermove" && event.pointerType !== "mouse")) return;
    const x = event.clientX - this.$(".strip").getBoundingClientRect().left;
    this.moveByHand(this.charts.frameAt(x));
  }

  // --- The address ---------------------------------------------------------------------------------------------------

  // The frame that an address asks for; null where it asks for none, or for one that there is not.
  frameIn(parameters) {
    const frame = Number(parameters.get("frame") ?? NaN);
    return Number.isInteger(frame) && frame >= 1 && frame <= this.last + 1 ? frame - 1 : null;
  }

  writeAddress() {
    clearTimeout(this.addressTimer);
    this.addressTimer = null;
    // On the way to another page the address is that page's already.
    if (!this.payload || location.pathname !== this.pathname) return;
    const url = new URL(location.href);
    if (url.searchParams.get("frame") === String(this.frame + 1)) return;
    url.searchParams.set("frame", this.frame + 1);
    history.replaceState(history.state, "", url);
  }

  // Back and forward: the address has changed and the film follows it.
  onHistory() {
    if (!this.payload || location.pathname !== this.pathname) return;
    const frame = this.frameIn(new URLSearchParams(location.search));
    if (frame !== null) this.moveByHand(frame);
  }
}
