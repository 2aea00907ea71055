// What the web globals cost each isolate: measured, and held to a bound that a change for the worse
// would break.

import assert from "node:assert/strict";
import { test } from "node:test";
import { WebIsolate } from "./web-isolate.ts";

const KIB = 1024;

test("the classes of URLs cost little, and only where they are loaded", () => {
  using bare = new WebIsolate();
  using withUrl = new WebIsolate(true);
  const difference = withUrl.heapBytes() - bare.heapBytes();
  assert.ok(bare.heapBytes() < 1200 * KIB, `${bare.heapBytes()} bytes without URL`);
  assert.ok(difference > 20 * KIB, `URL costs ${difference} bytes: is it in the kernel already?`);
  assert.ok(difference < 200 * KIB, `URL costs ${difference} bytes`);
});
