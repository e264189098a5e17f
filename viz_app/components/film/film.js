// The film: one date decoded at every moment of a training, drawn once and scrubbed through in the page.
//
//   film_view.js   what is played       answer.js      what is written, what is right
//   frame_map.js   the attention        strip.js       all frames in small
//   payload.js     what Python sends    charts.js      the curves below the strip

import { mounting } from "../shared/mounting.js";
import { FilmView } from "./film_view.js";

export default mounting(".film", (root, payload, host) => new FilmView(root, payload, host));
