// What Node has no public way to.

import assert from "node:assert/strict";
import { test } from "node:test";
import { tapSlots } from "../../src/base/read-tap.ts";

test("this Node lets a TLS socket be read past its stream", () => {
  assert.notEqual(tapSlots(), null);
});
