// Inside: one decoding step unfolded. Every number comes from the trace; only products of two of its numbers are made
// here, which the browser's float64 holds exactly.
//
//   inside_view.js  the page                       scene.js      the numbers, what is pointed at
//   board.js        the stages, each a card of     unpacked.js   Python's arrays, of arrays.js
//   cards.js        name, picture and equation     stages.js     what the stages are
//   matrices.js     their pictures, and bars in    equations.js  the equations in numbers
//   bars.js         drawn with canvas.js           pointing.js   what the pointer is on
//   bar.js          steps, sentence and ribbon     view.js       what a person looks at
//   followed.js     the character that is          answer.js     candidates and their logits
//                   followed                       payload.js    what Python sends
//   lstm_cell.js    the gates, and over time in lstm_pictures.js

import { mounting } from "../shared/mounting.js";
import { InsideView } from "./inside_view.js";

export default mounting(".inside", (root, payload, host) => new InsideView(root, payload, host));
