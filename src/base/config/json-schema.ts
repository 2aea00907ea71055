// The JSON Schema of sluice.yaml, for editors: generated from the schema that checks the file.

import * as z from "zod";
import { CONFIG_SCHEMA } from "./schema.ts";

export const configJsonSchema = (): object => ({
  ...z.toJSONSchema(CONFIG_SCHEMA, { io: "input" }),
  title: "Sluice configuration",
});
