// What an expected failure is made of.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "../../src/base/errors.ts";

test("an expected failure has no stack, a defect has one, and others' errors keep theirs", () => {
  const cause = new Error("the cause");
  const expected = new SluiceError("overloaded", "over a bound", { cause });
  assert.equal(expected.stack, "SluiceError: over a bound");
  assert.equal(expected.message, "over a bound");
  assert.equal(expected.cause, cause);
  assert.match(new SluiceError("internal").stack ?? "", /errors\.test\.ts/);
  assert.match(new Error("another").stack ?? "", /errors\.test\.ts/);
});
