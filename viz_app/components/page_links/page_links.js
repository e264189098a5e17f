// The way to the other pages: links, so that a page can be opened in a tab of its own. They carry what the address says
// now, which the stage writes without Python; a plain click goes there in this tab, and keeps what only Python knows.

import { mounting } from "../shared/mounting.js";
import { PageLinksView } from "./page_links_view.js";

export default mounting("nav", (root, payload, host) => new PageLinksView(root, payload, host));
