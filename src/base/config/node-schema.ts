// What the file says of this proxy among several that share a store.

import { choice, integer, mapping, text } from "./fields.ts";

const NODE_NAME = "a name of at most 255 characters";
const NODE_URL = "a URL without a path, such as https://edge-1.example.com:9090";

export const node = mapping({
  data: text()
    .default("./data")
    .describe("Folder of its copy of a store in PostgreSQL, relative to this file."),
  name: text()
    .regex(/^[^\p{C}]{1,255}$/u, NODE_NAME)
    .optional()
    .describe("How it is listed; several may have one. Left out: the name of the machine."),
  address: text()
    .regex(/^https?:\/\/[^\s/?#@]{1,255}$/, NODE_URL)
    .optional()
    .describe("Where the others reach its admin address. Left out: as it listens."),
  ca: text()
    .optional()
    .describe("PEM file: who vouches for the others' admin addresses. Left out: what Node trusts."),
  onStale: choice(["serve", "drain"])
    .default("serve")
    .describe(
      "While PostgreSQL does not answer. drain: after maxStaleSeconds it says it is not ready.",
    ),
  maxStaleSeconds: integer(1, 86_400)
    .default(60)
    .describe("For how long what PostgreSQL said last is fresh enough; for onStale: drain."),
});
