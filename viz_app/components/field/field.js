// The field: a date is typed or chosen, and what there is to be said of it stands beside it.

import { mounting } from "../shared/mounting.js";
import { FieldView } from "./field_view.js";

export default mounting(".field", (root, payload, host) => new FieldView(root, payload, host));
