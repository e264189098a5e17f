// The page's address: what a person has chosen is written into it a moment later, and read back on the way back.

import { clamp } from "./arithmetic.js";

// Browsers refuse more than about 100 address changes in 30 seconds; a held arrow key makes more.
const DELAY_MS = 250;

/** Writes the address of the page that it was made on. */
export class Address {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #pathname = location.pathname;
  #write;

  /** @param {() => void} write what is to be done, a moment after `plan` */
  constructor(write) {
    this.#write = write;
  }

  /** On the way to another page the address is that page's already. */
  get isOurs() {
    return location.pathname === this.#pathname;
  }

  /** What the address asks for. */
  get parameters() {
    return new URLSearchParams(location.search);
  }

  /** Write a moment later. */
  plan() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.write(), DELAY_MS);
  }

  /** Write what was planned, if it was. */
  writePlanned() {
    if (this.#timer !== undefined) this.write();
  }

  /** Write now. */
  write() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.isOurs) this.#write();
  }
}

/**
 * The address of the page with some parameters set.
 *
 * @param {Record<string, unknown>} parameters those that are empty are taken out
 */
export function addressWith(parameters) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(parameters)) {
    if (value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, String(value));
  }
  return url;
}

/**
 * The step that an address asks for, counted from 0, or the one nearest to it; the last where it asks for none.
 *
 * @param {URLSearchParams} parameters
 * @param {number} last
 */
export function stepIn(parameters, last) {
  const step = Number(parameters.get("step") ?? last + 1);
  return Number.isInteger(step) ? clamp(step - 1, 0, last) : last;
}

/**
 * Call whenever somebody else changes the address: Python replaces the whole query when it changes a part of it, from
 * what it knew of the rest.
 *
 * @param {() => void} changed
 * @param {AbortSignal} signal ends it
 */
export function onAddressChange(changed, signal) {
  /** @type {unknown} */
  const navigation = Reflect.get(window, "navigation");
  if (navigation instanceof EventTarget) navigation.addEventListener("currententrychange", changed, { signal });
}
