// Rows of numbers as a picture of one pixel a number, to be drawn at any size.

/** @import { Rgb } from "./colours.js" */
import { element, penOf } from "./elements.js";

const CHANNELS = 4;
const OPAQUE = 255;

/**
 * @param {readonly ArrayLike<number>[]} rows
 * @param {(value: number) => Rgb} colourOf
 * @param {Record<string, unknown>} properties of the canvas
 */
export function pixelPicture(rows, colourOf, properties = {}) {
  const canvas = element("canvas", { width: rows[0].length, height: rows.length, ...properties });
  const pen = penOf(canvas);
  const image = pen.createImageData(canvas.width, canvas.height);
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      const [r, g, b] = colourOf(row[x]);
      image.data.set([r, g, b, OPAQUE], CHANNELS * (y * canvas.width + x));
    }
  });
  pen.putImageData(image, 0, 0);
  return canvas;
}
