// The key to the colours of a picture: which colour is which number.

/** @import { Picture } from "./canvas.js" */
/** @import { Scene } from "./scene.js" */
/** @import { StageName } from "./stages.js" */
import { css } from "../shared/colours.js";
import { element } from "../shared/elements.js";
import { shortNumber } from "../shared/numbers.js";

/**
 * A bar of all colours of a stage's picture with the numbers at its ends; null where it has none.
 *
 * @param {Scene} scene
 * @param {StageName} id
 * @param {Picture | undefined} picture
 */
export function colourKey({ strings, theme, scale }, id, picture) {
  const key = keyOf(id, picture?.limit);
  if (key === null) return null;
  const [below, above] = theme.poles.map(css);
  const colours = key.isWeight ? scale : [below, css(theme.ground), above];
  const bar = element("span", { className: "colours" });
  bar.style.background = `linear-gradient(to right, ${colours.join(", ")})`;
  const numbers = key.ends.map((end) => element("span", { textContent: end }));
  const words = element("span", { className: "words", textContent: strings[key.isWeight ? "key_weight" : "key_sign"] });
  return element("p", { className: "key" }, words, numbers[0], bar, numbers[1]);
}

/**
 * What the ends of the key say; null for a stage without colours, or without numbers to tell them by.
 *
 * @param {StageName} id
 * @param {number | undefined} limit of the picture
 */
export function keyOf(id, limit) {
  if (id === "weights") return { isWeight: true, ends: ["0", "1"] };
  if (limit === undefined) return id === "scores" || id === "logits" ? { isWeight: false, ends: ["−", "+"] } : null;
  return { isWeight: false, ends: [`−${shortNumber(limit)}`, `+${shortNumber(limit)}`] };
}
