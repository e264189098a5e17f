// SVG does not break lines. Broken is after spaces, and between characters of scripts that are written without them, but
// not before their closing punctuation.

const IDEOGRAPHS = "\\u3000-\\u9fff\\uff00-\\uffef";
const PIECES = new RegExp(`[${IDEOGRAPHS}][、。」』）]*|[^\\s${IDEOGRAPHS}]+\\s*|\\s+`, "g");

/**
 * @param {string} text
 * @param {number} width that a line may have
 * @param {(text: string) => number} widthOf
 * @returns {string[]} lines; a piece that is wider alone has a line of its own
 */
export function wrap(text, width, widthOf) {
  const lines = [""];
  for (const piece of text.match(PIECES) ?? []) {
    const last = lines.length - 1;
    const longer = lines[last] + piece;
    if (lines[last] === "" || widthOf(longer.trimEnd()) <= width) lines[last] = longer;
    else lines.push(piece);
  }
  return lines;
}
