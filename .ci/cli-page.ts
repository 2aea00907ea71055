// Writes docs/cli.md, the help of every command. `npm run docs`; a test says when it is due.

import { writeFileSync } from "node:fs";
import { helpPage } from "../src/cli/help-page.ts";

writeFileSync(new URL("../docs/cli.md", import.meta.url), helpPage());
