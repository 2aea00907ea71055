// Writes sluice.schema.json, which editors read. `npm run schema`; a test says when it is due.

import { writeFileSync } from "node:fs";
import { configJsonSchema } from "../src/base/config/json-schema.ts";

const FILE = new URL("../sluice.schema.json", import.meta.url);

writeFileSync(FILE, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
