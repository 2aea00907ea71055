// The schema for editors is what the check says, and the file in the repository is that schema.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { configJsonSchema } from "../../../src/base/config/json-schema.ts";

const FILE = new URL("../../../sluice.schema.json", import.meta.url);

describe("sluice.schema.json", () => {
  it("is current (if not: npm run schema)", () => {
    const generated: unknown = JSON.parse(JSON.stringify(configJsonSchema()));
    assert.deepEqual(JSON.parse(readFileSync(FILE, "utf8")), generated);
  });

  it("asks for no key that has a default, and refuses unknown ones at every level", () => {
    const schema = JSON.stringify(configJsonSchema());
    assert.ok(!schema.includes('"required":["listeners"'));
    const objects = schema.match(/"properties":\{/g) ?? [];
    const closed = schema.match(/"additionalProperties":false/g) ?? [];
    assert.ok(objects.length > 5);
    assert.equal(closed.length, objects.length);
  });
});
