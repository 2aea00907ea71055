// Expressions as a hook of a real isolate finds them, and as Node does: the oracle for what both
// have of the web.

import assert from "node:assert/strict";
import { inside } from "./inside.ts";

/** `await (expression)` is the same in both, as JSON; an error is its name. */
export async function sameAsNode(expression: string, before = ""): Promise<void> {
  const caught = `(async () => { try { return await (${expression}); }
    catch (error) { return "thrown " + error.name; } })()`;
  const run: () => Promise<unknown> = new Function(`${before}; return ${caught}`).bind(null);
  const expected: unknown = JSON.parse(JSON.stringify((await run()) ?? null));
  assert.deepEqual(await inside(caught, before), expected, expression);
}
