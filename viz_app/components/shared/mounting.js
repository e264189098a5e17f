// How a view gets onto the page.
//
// Streamlit calls a component's default export after mounting and again whenever the payload or the theme changes, always
// with the same `parentElement`. What a person typed reaches the document as text nodes and attributes only, never as HTML.

import { one } from "./elements.js";

/**
 * What a view may use of its surroundings.
 *
 * @template Kept
 * @typedef {object} Host
 * @property {(name: string, value: unknown) => void} tell tells Python
 * @property {{ value: Kept | null }} memory what was last shown. It outlives a mount, so that leaving the page and coming
 *   back keeps it
 */

/**
 * @template Payload
 * @typedef {object} View
 * @property {(payload: Payload) => void} receive
 * @property {() => void} close
 */

/**
 * What Streamlit hands over at every call.
 *
 * @template Payload
 * @typedef {object} Call
 * @property {Payload} data
 * @property {ParentNode} parentElement
 * @property {(name: string, value: unknown) => void} setTriggerValue
 */

/**
 * What Python sends, with what it has packed into JSON texts for all visitors put beside the rest.
 *
 * @template Payload
 * @param {Payload} sent
 * @returns {Payload}
 */
export function unpacked(sent) {
  /** @type {unknown} */
  const given = Reflect.get(Object(sent), "packed");
  const packed = Array.isArray(given) ? given : [];
  return Object.assign({}, ...packed.map((text) => JSON.parse(text)), sent);
}

/**
 * The default export of a component: makes a view for every place it is mounted at, and hands it what Python sends.
 *
 * @template Payload, Kept
 * @param {string} selector of the view's root in the component's HTML
 * @param {(root: HTMLElement, payload: Payload, host: Host<Kept>) => View<Payload>} create
 */
export function mounting(selector, create) {
  /** @type {WeakMap<ParentNode, { root: HTMLElement, host: Host<Kept>, view: View<Payload>, calls: number }>} */
  const mounts = new WeakMap();
  /** @type {Host<Kept>["memory"]} */
  const memory = { value: null };

  /** @param {Call<Payload>} call */
  return ({ data: sent, parentElement, setTriggerValue }) => {
    const data = unpacked(sent);
    const root = one(parentElement, selector, HTMLElement);
    let mount = mounts.get(parentElement);
    if (mount?.root === root) {
      mount.host.tell = setTriggerValue;
      mount.view.receive(data);
    } else {
      mount?.view.close();
      const host = { tell: setTriggerValue, memory };
      mount = { root, host, view: create(root, data, host), calls: 0 };
      mounts.set(parentElement, mount);
    }
    const current = mount;
    // An outdated call's clean-up may come after the next call: only the latest may close the view.
    const call = ++current.calls;
    return () => {
      if (current.calls !== call) return;
      current.view.close();
      mounts.delete(parentElement);
    };
  };
}
