// Inside: one decoding step unfolded. Every number comes from the trace; only products of two of its numbers are made
// here, which the browser's float64 holds exactly.
//
//   inside_view.js  the page                         scene.js      the numbers, what is pointed at
//   line.js         all stages, as small pictures    unpacked.js   Python's arrays, of arrays.js
//   panel.js        the open one, made of card.js    stages.js     what the stages are
//   matrices.js     its picture, or bars in          equations.js  the equations in numbers
//   bars.js         drawn with canvas.js             pointing.js   what the pointer is on
//   colour_key.js   what the colours mean            view.js       what a person looks at
//   bar.js          steps, sentence and ribbon       answer.js     candidates and their logits
//   followed.js     the character that is followed   payload.js    what Python sends
//   lstm_cell.js    the gates, over time in          code_dialog.js  the code of a stage
//                   lstm_pictures.js

import { mounting } from "../shared/mounting.js";
import { InsideView } from "./inside_view.js";

export default mounting(".inside", (root, payload, host) => new InsideView(root, payload, host));
