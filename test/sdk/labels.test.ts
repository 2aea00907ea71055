// What is said of a label's value that cannot be one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "../sandbox/lane-stand.ts";

const EXPECTED = "expected values of 1 to 64 of A-Z a-z 0-9 _ . : / + * -";

const SHOWN: Readonly<Record<string, string>> = {
  '"no key"': '"no key"',
  "'\"'": String.raw`"\""`,
  '""': '""',
  "5": "a number",
  '"é".repeat(200)': `"${String.raw`\u00e9`.repeat(100)}"`,
};

test("a label's value of other characters is refused, and shown", async () => {
  for (const [value, shown] of Object.entries(SHOWN)) {
    using stand = new LaneStand(`requestFilter() {
      try { counter("c", { labels: { a: [${value}] } }); }
      catch (error) { return new Response(error.message); }
    }`);
    const outcome = await stand.run(stand.exchange(), CHAIN.request);
    assert.equal(answerText(outcome), `counter c: label a: ${EXPECTED}, got ${shown}`);
  }
});
