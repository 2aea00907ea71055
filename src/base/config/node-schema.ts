// What the file says of this proxy among several that share a store.

import { mapping, text } from "./fields.ts";

export const node = mapping({
  data: text()
    .default("./data")
    .describe("Folder of its copy of a store in PostgreSQL, relative to this file."),
});
