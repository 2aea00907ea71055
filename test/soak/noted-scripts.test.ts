// A thousand scripts that learn whatever a script can: noted in one lane, each has the same effects
// in the other.

import { test } from "node:test";
import { compareAtRandom } from "../sandbox/noted-scripts.ts";

test("of a thousand scripts put together at random", async () => {
  await compareAtRandom(1_000);
});
