// A chart of a few requests: what is known of one moment alone is shown too.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loneValues } from "../../dashboard/base/lone-values.ts";

test("a value is alone when nothing is known right before it and right after it", () => {
  assert.deepEqual(loneValues([null, 18, null, 0, null, 4, 5, null, 7]), [1, 3, 8]);
  assert.deepEqual(loneValues([3]), [0]);
  assert.deepEqual(loneValues([1, 2, 3]), []);
  assert.deepEqual(loneValues([]), []);
});
