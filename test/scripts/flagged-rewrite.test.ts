// scripts/flagged-rewrite.ts: a flag leads visitors to the new pages, while the script runs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "../../src/cli/harness/load.ts";

const SCRIPT = new URL("../../scripts/flagged-rewrite.ts", import.meta.url);

test("the flag says how many are led to the new pages, and no other page is", async () => {
  await using app = await load(SCRIPT);
  const seen = async (url: string): Promise<string | undefined> =>
    (await app.run({ url })).upstreamRequest?.target;
  assert.equal(await seen("/checkout/pay?a=1"), "/checkout/pay?a=1");
  app.setFlag("new-checkout", { percent: 100 });
  assert.equal(await seen("/checkout/pay?a=1"), "/new/checkout/pay?a=1");
  assert.equal(await seen("/cart"), "/cart");
  app.setFlag("new-checkout", undefined);
  assert.equal(await seen("/checkout/pay"), "/checkout/pay");
});
