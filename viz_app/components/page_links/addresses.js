// The address of a page, with as much of the view that is open as belongs to it.

/** @import { LinksPayload, PageLink } from "./payload.js" */

/**
 * @param {PageLink} page
 * @param {LinksPayload} payload
 * @param {URLSearchParams} open what the address of the open page says
 */
export function addressOf(page, { base, here, language }, open) {
  const taken = [...open].filter(([name]) => page.path === here || page.parameters.includes(name));
  const query = new URLSearchParams(taken);
  query.set("lang", language);
  return `${base}${page.path}?${query}`;
}
