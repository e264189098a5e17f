// The table: the same numbers as the map, without a picture.

/** @import { Column } from "../shared/columns.js" */
/** @import { StagePayload } from "./payload.js" */
import { visible } from "../shared/characters.js";
import { element, one } from "../shared/elements.js";
import { fill } from "../shared/texts.js";
import { weightDigits } from "./steps.js";

/**
 * Fill the table where it is open.
 *
 * @param {HTMLElement} root
 * @param {StagePayload} payload
 * @param {Column[]} columns
 * @param {number} last the step up to which there is a row
 */
export function fillTable(root, payload, columns, last) {
  if (!one(root, ".numbers", HTMLDetailsElement).open) return;
  one(root, "table", HTMLElement).replaceChildren(...numbersTable(payload, columns, last));
}

/**
 * Head and body of the table, as far as it is written.
 *
 * @param {StagePayload} payload
 * @param {Column[]} columns
 * @param {number} last the step up to which there is a row
 */
function numbersTable({ steps, strings }, columns, last) {
  const head = element("tr", {}, element("td"), ...columns.map(columnHead));
  const rows = steps.slice(0, last + 1).map((step, i) => {
    const name = fill(strings.row, { step: i + 1, character: visible(step.character) });
    const numbers = columns.map((column) => element("td", { textContent: weightDigits(step, column) }));
    return element("tr", {}, element("th", { scope: "row", textContent: name }), ...numbers);
  });
  return [element("thead", {}, head), element("tbody", {}, ...rows)];
}

/** @param {Column} column */
function columnHead(column) {
  const head = element("th", { scope: "col", textContent: column.label });
  head.setAttribute("aria-label", column.name);
  return head;
}
