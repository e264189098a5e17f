// The stage: one decoding, drawn once and stepped through in the page.
//
//   stage_view.js   what is stepped through      view.js            which step, which colours
//   stage_map.js    the attention, its rows in   output.js          what is written so far
//   map_rows.js     and its sizes in             candidates.js      what could be written instead
//   map_size.js, its texts in map_text.js        numbers_table.js   the weights as a table
//   grid.js         keys and pointer on it       saved_picture.js   the picture as a file, lines broken
//   tooltip.js      numbers at the pointer                          by wrapping.js
//   full_screen.js  the stage enlarged           sharing.js         link and files
//   payload.js      what Python sends            steps.js           the numbers of a step

import { mounting } from "../shared/mounting.js";
import { playOpening } from "./opening.js";
import { StageView } from "./stage_view.js";

export default mounting(".stage", (root, payload, host) => {
  const isFirst = host.memory.value === null;
  const stage = new StageView(root, payload, host);
  if (isFirst) playOpening(stage);
  return stage;
});
