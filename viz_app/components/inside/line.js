// The overview: all stages as one line of small pictures, the network itself. One of them is open, and shown large below.

/** @import { Picture, Pen } from "./canvas.js" */
/** @import { Row } from "./arrays.js" */
/** @import { Scene } from "./scene.js" */
/** @import { StageName } from "./stages.js" */
import { css, shade } from "../shared/colours.js";
import { element, every, one } from "../shared/elements.js";
import { placeAfterKey } from "../shared/keys.js";
import { largest } from "./arrays.js";
import { uprightScale } from "./bars.js";
import { drawFrame, paint } from "./canvas.js";
import { openStage, operatorOf, stagesOf } from "./stages.js";

/** @typedef {Partial<Record<StageName, Picture>>} Pictures */

const HEIGHT = 56;
const STRIP_HEIGHT = 16;
const UNKNOWN_WIDTH = 80;
const BELOW_ZERO = 0.25;

/**
 * The tabs of the line, each with its number, its name and a canvas.
 *
 * @param {HTMLElement} root
 * @param {Scene} scene
 */
export function buildLine(root, scene) {
  const { attends, strings } = scene;
  const nodes = stagesOf(attends).flatMap((id, i) => {
    const name = element("span", { className: "name", textContent: titleOf(scene, id) });
    const number = element("span", { className: "number", textContent: String(i + 1) });
    const canvas = element("canvas", { ariaHidden: "true" });
    const label = element("span", { className: "label" }, number, " ", name);
    const tab = { type: "button", role: "tab", id: `tab-${id}`, "data-tab": id, "aria-controls": "stage-panel" };
    const operator = element("span", { className: "operator", ariaHidden: "true", textContent: operatorOf(id, scene) });
    const button = element("button", { className: "tab", ...tab }, canvas, label);
    return i ? [operator, button] : [button];
  });
  const line = one(root, ".line", HTMLElement);
  line.ariaLabel = strings.stages;
  line.replaceChildren(...nodes);
}

/**
 * Without attention and peeking nothing stands beside the decoder's state.
 *
 * @param {Scene} scene
 * @param {StageName} id
 */
export function titleOf({ strings, features, H }, id) {
  return strings[id === "features" && features.length === H ? "features_alone" : id];
}

/**
 * Mark the stage that is open: it alone is reached by the tab key, the others by arrows.
 *
 * @param {HTMLElement} root
 * @param {Scene} scene
 */
export function markLine(root, { view, attends }) {
  const open = openStage(view.stage, attends);
  for (const tab of every(root, ".tab")) {
    const isOpen = tab.dataset.tab === open;
    tab.ariaSelected = String(isOpen);
    tab.tabIndex = isOpen ? 0 : -1;
  }
}

/**
 * The stage that a key on the line goes to; null for a key that does not.
 *
 * @param {string} key
 * @param {Scene} scene
 */
export function stageAfterKey(key, { view, attends }) {
  const ids = stagesOf(attends);
  const place = placeAfterKey(key, ids.indexOf(openStage(view.stage, attends)), ids.length - 1);
  return place === null ? null : ids[place];
}

/**
 * Draw the small pictures of a step.
 *
 * @param {HTMLElement} root
 * @param {Scene} scene
 * @param {Pictures} pictures
 */
export function drawLine(root, scene, pictures) {
  for (const tab of every(root, ".tab")) {
    const id = /** @type {StageName} */ (tab.dataset.tab);
    const canvas = one(tab, "canvas", HTMLCanvasElement);
    const width = canvas.clientWidth || UNKNOWN_WIDTH;
    paint(canvas, width, HEIGHT, (pen) => drawSmall(pen, scene, id, pictures[id], width));
  }
}

/**
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {StageName} id
 * @param {Picture | undefined} picture
 * @param {number} width
 */
function drawSmall(pen, scene, id, picture, width) {
  const { attention, logits, probabilities, theme, scale } = scene;
  const box = { left: 1, top: 1, width: width - 2, height: HEIGHT - 2 };
  if (picture) {
    const height = picture.image.height === 1 ? STRIP_HEIGHT : box.height;
    const place = { ...box, top: (HEIGHT - height) / 2, height };
    // A column is narrower than a pixel here: its neighbours are mixed instead of left out.
    pen.imageSmoothingEnabled = true;
    pen.imageSmoothingQuality = "high";
    pen.drawImage(picture.image, place.left, place.top, place.width, place.height);
    drawFrame(pen, theme, place);
  } else if (id === "scores" && attention) {
    drawSideways(pen, scene, attention.scores, width);
  } else if (id === "weights" && attention) {
    const row = box.height / attention.weights.length;
    attention.weights.forEach((weight, j) => {
      pen.fillStyle = shade(scale, weight);
      pen.fillRect(box.left, box.top + j * row, box.width, row);
    });
    drawFrame(pen, theme, box);
  } else {
    drawUpright(pen, scene, id === "logits" ? logits : probabilities, width);
  }
}

/**
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {Row} values
 * @param {number} width
 */
function drawSideways(pen, { theme }, values, width) {
  const row = HEIGHT / values.length;
  const limit = largest(values) || 1;
  const zero = width * BELOW_ZERO;
  values.forEach((value, j) => {
    const reach = (value / limit) * (value < 0 ? zero : width - zero);
    pen.fillStyle = css(theme.poles[value < 0 ? 0 : 1]);
    pen.fillRect(Math.min(zero, zero + reach), j * row, Math.abs(reach), row * 0.8);
  });
}

/**
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {Row} values
 * @param {number} width
 */
function drawUpright(pen, { theme }, values, width) {
  const { zero, reachOf } = uprightScale(values, HEIGHT - 2);
  const step = width / values.length;
  values.forEach((value, i) => {
    const reach = reachOf(value);
    pen.fillStyle = css(theme.poles[value < 0 ? 0 : 1]);
    pen.fillRect(i * step, Math.min(zero, zero - reach), Math.max(step * 0.8, 1), Math.abs(reach));
  });
  pen.fillStyle = theme.text;
  pen.fillRect(0, zero - 0.5, width, 1);
}
