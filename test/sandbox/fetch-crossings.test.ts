// How often an isolate is entered for hooks that fetch, and who pays for what they do there
// together.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { ScriptIsolate } from "../../src/sandbox/engine.ts";
import { CAME, CONTROL } from "../../src/wire/control.ts";
import { answerText, LaneStand } from "./lane-stand.ts";

const REQUESTS = 20;
const { take } = ScriptIsolate.prototype;
type How = Parameters<typeof take>;

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
    let slices = 0;
    t.mock.method(ScriptIsolate.prototype, "take", function (this: ScriptIsolate, ...how: How) {
      const text = take.apply(this, how);
      if (this.windows.control[CONTROL.CAME] === CAME.later) slices++;
      return text;
    });
    const exchanges = Array.from({ length: REQUESTS }, () => stand.exchange());
    const outcomes = await Promise.all(exchanges.map((one) => stand.run(one, CHAIN.request)));
    assert.deepEqual(new Set(outcomes.map(answerText)), new Set(["told"]));
    // the continuations of each; in the others what is finished comes out
    assert.ok(slices <= REQUESTS, `${slices} slices in ${stand.turns} turns`);
    assert.ok(stand.turns <= REQUESTS / 2, `${stand.turns} turns`);
  });
}

test("who starts behind a hook that fetches does not pay for telling what that has in ctx", async () => {
  using stand = new LaneStand(
    `newCtx: () => ({}),
    async requestFilter({ request }, ctx) {
      if (request.target === "/next") return new Response("next");
      Object.defineProperty(ctx, "slow", { enumerable: true, get: busy });
      try { await fetch("http://origin.example/"); } catch { return new Response("told"); }
    }`,
    {
      before: `const busy = () => {
        let n = 0;
        for (let i = 0; i < 2e8; i++) n += i % 7;
        return n;
      };`,
      ...{ hookMs: 10_000, requestCpuMs: 60_000 },
    },
  );
  const [waits, next] = [stand.exchange("/waits"), stand.exchange("/next")];
  await Promise.all([waits, next].map((one) => stand.run(one, CHAIN.request)));
  const usedMs = [waits, next].map(({ used }) => used?.cpuMs ?? 0);
  assert.ok((usedMs[0] ?? 0) >= 5, `${usedMs}`);
  assert.ok((usedMs[1] ?? 0) < (usedMs[0] ?? 0) / 8, `${usedMs}`);
});

test("a hook that has given up its only fetch goes on, and is not said to wait for nobody", async () => {
  using stand = new LaneStand(`async requestFilter() {
    const ends = new AbortController();
    const asks = async () => await fetch("http://origin.example/", { signal: ends.signal });
    const told = (async () => { try { await asks(); } catch ({ name }) { return name; } })();
    ends.abort();
    return new Response(await told);
  }`);
  const outcome = await stand.run(stand.exchange(), CHAIN.request);
  assert.equal(answerText(outcome), "AbortError");
  assert.deepEqual(stand.lines, []);
});
