// What a script cannot assign, and how errors and the log name what it belongs to.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "../sandbox/lane-stand.ts";

async function evaluate(expression: string): Promise<unknown> {
  using stand = new LaneStand(`requestFilter: (session) => Response.json(${expression})`);
  const outcome = await stand.run(stand.exchange(), CHAIN.request);
  assert.equal(outcome.error, null);
  return JSON.parse(answerText(outcome) ?? "");
}

const READ_ONLY = {
  "session.options = {}": "options of #<Session>",
  "session.request.headers = {}": "headers of #<SessionRequest>",
  "session.timing.startMs = 1": "startMs of #<Timing>",
  "session.log = {}": "log of #<Session>",
};

test("what cannot be assigned is named as its type is", async () => {
  for (const [statement, name] of Object.entries(READ_ONLY)) {
    const tried = `{ "use strict"; try { ${statement} } catch (error) { return error.message } }`;
    const expected = `Cannot set property ${name} which has only a getter`;
    assert.equal(await evaluate(`(() => ${tried})()`), expected);
  }
});

test("so is what is shown of a session and its parts", async () => {
  const parts = "[session, session.request, session.timing, session.log, session.bodies]";
  const names = ["Session", "SessionRequest", "Timing", "SessionLog", "SessionBodies"];
  assert.deepEqual(await evaluate(`${parts}.map((one) => one.constructor.name)`), names);
});
