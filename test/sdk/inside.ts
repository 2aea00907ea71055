// Expressions as a hook of a real isolate finds them.

import assert from "node:assert/strict";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "../sandbox/lane-stand.ts";

/** What an expression is in a hook, as JSON; `before` runs at the top level. */
export async function inside(expression: string, before = ""): Promise<unknown> {
  using stand = new LaneStand(
    `async requestFilter(session) { return Response.json((await (${expression})) ?? null); }`,
    {
      before: `${before}; const failureOf = (run) => {
        try { return "no error: " + String(run()); } catch (error) { return error.name; } };`,
    },
  );
  const outcome = await stand.run(stand.exchange(), CHAIN.request);
  assert.equal(outcome.error, null, outcome.error?.message ?? "");
  return JSON.parse(answerText(outcome) ?? "null");
}
