// What Python sends to the links: `page_links` in viz_app/components/page_links.py. Types alone.

/**
 * @typedef {object} PageLink
 * @property {string} path the page's address below that of the app
 * @property {string} title
 * @property {string[]} parameters of the address that it takes over from the page that is open
 */

/**
 * @typedef {object} LinksPayload
 * @property {string} label
 * @property {string} language
 * @property {string} base the address of the app, with a slash at the end
 * @property {string} here the page that is open
 * @property {PageLink[]} pages
 */

export {};
