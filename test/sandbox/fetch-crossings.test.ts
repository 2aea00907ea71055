// How often an isolate is entered for hooks that fetch.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { ScriptIsolate } from "../../src/sandbox/engine.ts";
import { answerText, LaneStand } from "./lane-stand.ts";

const REQUESTS = 20;

const FETCHES: Readonly<Record<string, string>> = {
  "at once": `try { await fetch("http://origin.example/"); } catch { return new Response("told"); }`,
  "in a function of its own": `const get = async () => await fetch("http://origin.example/");
    try { await get(); } catch { return new Response("told"); }`,
  "with others": `const urls = ["http://a.example/", "http://b.example/"];
    const told = (async () => { try { await fetch(urls[0]); } catch { return "told"; } })();
    return new Response(await told);`,
};

for (const [how, fetches] of Object.entries(FETCHES)) {
  test(`hooks that fetch ${how} cross once for what they are answered, and together before`, async (t) => {
    using stand = new LaneStand(`async requestFilter() { ${fetches} }`);
    const crossings = t.mock.method(ScriptIsolate.prototype, "take");
    const exchanges = Array.from({ length: REQUESTS }, () => stand.exchange());
    const outcomes = await Promise.all(exchanges.map((one) => stand.run(one, CHAIN.request)));
    assert.deepEqual(new Set(outcomes.map(answerText)), new Set(["told"]));
    // behind the continuations of each; and a cold isolate may hand calls to a further turn
    const count = crossings.mock.callCount();
    assert.ok(count <= REQUESTS + stand.turns, `${count} crossings in ${stand.turns} turns`);
    assert.ok(stand.turns <= REQUESTS / 2, `${stand.turns} turns`);
  });
}
