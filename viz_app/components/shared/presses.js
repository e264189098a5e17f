// What is pressed elsewhere on the page: it may ask the server about the current step, so the server hears of it first.

const PRESSED =
  "button, label, summary, nav a, [role=radio], [role=tab], [role=option], [role=combobox], [role=slider]";

// What asks no server, or the stage itself.
const APART = ".field";

/**
 * @param {Event} event a pointerdown or keydown anywhere on the page
 * @param {HTMLElement} root
 */
export function isPressElsewhere(event, root) {
  if (event instanceof KeyboardEvent && event.key !== "Enter" && event.key !== " ") return false;
  const path = event.composedPath().filter((node) => node instanceof Element);
  if (path.includes(root) || path.some((node) => node.matches(APART))) return false;
  return path.some((node) => node.matches(PRESSED));
}

/**
 * Call before what is pressed elsewhere is done.
 *
 * @param {HTMLElement} root
 * @param {() => void} pressed
 * @param {AbortSignal} signal ends it
 */
export function onPressElsewhere(root, pressed, signal) {
  for (const type of ["pointerdown", "keydown"]) {
    document.addEventListener(type, (event) => isPressElsewhere(event, root) && pressed(), { signal, capture: true });
  }
}
