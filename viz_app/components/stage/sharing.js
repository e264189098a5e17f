// Taking a view along: a link to it, and pictures of it as files.

import { element, one, penOf } from "../shared/elements.js";
import { withText } from "./png_text.js";

const FEEDBACK_MS = 4000;
// The browser has taken the data over by then.
const TAKEN_OVER_MS = 10_000;
const SHARPNESS = 2;

/**
 * Copy a link, or show it where the browser refuses.
 *
 * @param {HTMLElement} root
 * @param {URL} url
 * @param {Readonly<Record<string, string>>} strings
 * @param {(text: string) => void} say
 */
export async function copyLink(root, url, strings, say) {
  const field = one(root, ".link-field", HTMLInputElement);
  try {
    await navigator.clipboard.writeText(url.href);
    field.hidden = true;
    say(strings.link_copied);
  } catch {
    // Refused, or a page without https: the person copies by hand.
    say(strings.link_manually);
    field.hidden = false;
    field.value = url.href;
    field.select();
  }
}

/** A line that says for a moment what was done. */
export class Feedback {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #node;

  /** @param {HTMLElement} node */
  constructor(node) {
    this.#node = node;
  }

  /** @param {string} text */
  say(text) {
    this.#node.textContent = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#node.textContent = ""), FEEDBACK_MS);
  }
}

/**
 * @param {string} svg a picture that stands alone
 * @param {string} name of the file without its ending
 */
export function saveSvg(svg, name) {
  download(new Blob([svg], { type: "image/svg+xml" }), `${name}.svg`);
}

/**
 * @param {string} svg a picture that stands alone
 * @param {string} name of the file without its ending
 * @param {string} changes in the decoding, as JSON; empty for none
 */
export async function savePng(svg, name, changes) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = element("canvas", { width: image.width * SHARPNESS, height: image.height * SHARPNESS });
  penOf(canvas).drawImage(image, 0, 0, canvas.width, canvas.height);
  const drawn = await new Promise((/** @type {BlobCallback} */ done) => canvas.toBlob(done, "image/png"));
  if (!drawn) return;
  const png = new Uint8Array(await drawn.arrayBuffer());
  const told = changes ? withText(png, "changes", changes) : png;
  download(new Blob([told], { type: "image/png" }), `${name}.png`);
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
function download(blob, name) {
  const url = URL.createObjectURL(blob);
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), TAKEN_OVER_MS);
}
