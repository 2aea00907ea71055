// What the file says of this proxy among several that share a store.

import { choice, integer, mapping, text } from "./fields.ts";

const NODE_NAME = "a name of at most 255 characters";

export const node = mapping({
  data: text()
    .default("./data")
    .describe("Folder of its copy of a store in PostgreSQL, relative to this file."),
  name: text()
    .regex(/^[^\p{C}]{1,255}$/u, NODE_NAME)
    .optional()
    .describe("How it is listed; several may have one. Left out: the name of the machine."),
  onStale: choice(["serve", "drain"])
    .default("serve")
    .describe(
      "While PostgreSQL does not answer. drain: after maxStaleSeconds it says it is not ready.",
    ),
  maxStaleSeconds: integer(1, 86_400)
    .default(60)
    .describe("For how long what PostgreSQL said last is fresh enough; for onStale: drain."),
});
