// Elements: making them, finding them.

export const SVG = "http://www.w3.org/2000/svg";

/**
 * An HTML element. What is no property of it, such as an `aria-` name, is one of its attributes.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, unknown>} properties
 * @param {...(Node | string)} children a string becomes text, never markup
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, properties = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in node) Reflect.set(node, key, value);
    else node.setAttribute(key, String(value));
  }
  node.append(...children);
  return node;
}

/**
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, unknown>} attributes
 * @param {...(Node | string)} children
 * @returns {SVGElementTagNameMap[Name]}
 */
export function svgElement(name, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

/**
 * The first element that matches a selector and has to be there.
 *
 * @template {Element} Kind
 * @param {ParentNode} place
 * @param {string} selector
 * @param {new () => Kind} kind such as HTMLInputElement
 * @returns {Kind}
 */
export function one(place, selector, kind) {
  const found = place.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`expected a ${kind.name} at ${selector}, got ${found?.nodeName ?? "none"}`);
}

/**
 * @param {ParentNode} place
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
export function every(place, selector) {
  return [...place.querySelectorAll(selector)].filter((node) => node instanceof HTMLElement);
}

/**
 * Where an event began, also inside the shadow of a component.
 *
 * @param {Event} event
 * @returns {Element | null}
 */
export function originOf(event) {
  const origin = event.composedPath()[0];
  return origin instanceof Element ? origin : null;
}

/**
 * The 2D context of a canvas.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 * @returns {CanvasRenderingContext2D}
 */
export function penOf(canvas, settings) {
  const pen = canvas.getContext("2d", settings);
  if (pen === null) throw new Error("this browser draws on no canvas");
  return pen;
}
