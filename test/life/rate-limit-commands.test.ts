// What operators see and change of rate limits, by the command line, in both lanes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { sluice } from "../cli/fake-admin.ts";
import { RateLoad } from "../support/rate-load.ts";
import { call, list, WITH_TOKEN } from "./control.ts";
import { TestProxy } from "./proxy.ts";
import { RawClient } from "./raw-client.ts";

const BUSY = "GET /busy HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";

const SCRIPT = `
  import { definePhases, inflight, rateLimit } from "sluice";
  const busy = inflight("busy", { limit: 1 });
  const limit = rateLimit("logins", { limit: 3, windowMs: 600_000, algorithm: "sliding-window" });
  export default definePhases({
    async requestFilter(session) {
      if (session.request.target === "/busy") {
        if (!busy.enter("one")) return new Response(null, { status: 503 });
        await new Promise((resolve) => setTimeout(resolve, 1e6));
      }
      const { allowed } = limit.take(session.request.headers.get("x-key") ?? "");
      return new Response(null, { status: allowed ? 200 : 429 });
    },
  });
`;

/** What a request holds it holds for as long as commands take to start on a busy machine. */
const PATIENT = { hookWallMs: 600_000 };

for (const isolation of ["inline", "process"]) {
  test(`${isolation}: a rate limit is listed, looked at and reset, for a key or for all`, async () => {
    await using proxy = await TestProxy.start({
      files: { "main.ts": SCRIPT },
      config: {
        store: "memory",
        tenants: { demo: { hosts: ["*"], script: "main.ts", isolation, limits: PATIENT } },
      },
      env: WITH_TOKEN,
    });
    const env = { ...WITH_TOKEN, SLUICE_ADMIN_URL: proxy.admin, NO_COLOR: "1" };
    const run = async (...args: readonly string[]): Promise<string> => {
      const all = ["rate-limit", ...args, "--tenant", "demo"];
      const { status, stdout, stderr } = await sluice(all, { env, input: "" });
      assert.equal(status, args.includes("none") ? 1 : 0, stdout + stderr);
      return stdout + stderr;
    };
    const take = async (key: string): Promise<Readonly<Record<number, number>>> => {
      using load = new RateLoad(proxy.port, { connections: 1, key });
      await load.run(4);
      return load.statuses;
    };
    const full = { 200: 3, 429: 1 };
    assert.deepEqual([await take("one"), await take("two")], [full, full]);
    assert.match(await run("list"), /^logins +sliding-window +node +3 +600000 +6 +2 +2 +0$/m);
    assert.match(await run("list"), /^busy +in-flight +node +1 +0 +0 +0 +0 +0$/m, "not used yet");
    assert.match(await run("get", "logins", "one"), /^logins of demo for one: refused for \d+ ms/);
    assert.equal(await run("get", "logins", "new"), "logins of demo for new: 3 left\n");
    await run("reset", "logins", "one", "--yes");
    assert.equal(await run("get", "logins", "one"), "logins of demo for one: 3 left\n");
    assert.deepEqual([await take("one"), await take("two")], [full, { 429: 4 }]);
    await run("reset", "logins", "--yes");
    assert.deepEqual([await take("one"), await take("two")], [full, full]);
    // what is entered is held by a request, until that ends or the key is reset
    const enter = async () => (await RawClient.to(proxy.port)).send(BUSY);
    const held = async (count: number): Promise<void> => {
      const asked = ["GET", "/tenants/demo/rate-limits"] as const;
      const inFlight = async () => {
        const { body } = await call(proxy, asked);
        const busy = list(body.rateLimits).find(({ name }) => String(name) === "busy");
        return Number(busy?.inFlight);
      };
      while ((await inFlight()) !== count) await setImmediate();
    };
    const first = await enter();
    await held(1);
    assert.match(await run("list"), /^busy +in-flight +node +1 .* 1$/m);
    assert.equal((await (await enter()).response()).status, 503);
    assert.match(await run("get", "busy", "one"), /^busy of demo for one: refused until a request/);
    await run("reset", "busy", "one", "--yes");
    await held(0);
    const second = await enter();
    await held(1);
    first.socket.resetAndDestroy(); // half a close would let it wait for its answer
    assert.match(await run("get", "busy", "one"), /refused/, "what was reset is not given back");
    second.socket.resetAndDestroy();
    await held(0);
    assert.match(await run("get", "none", "key"), /no such rate limit/);
    assert.match(await run("reset", "none", "--yes"), /no such rate limit/);
    const audit = await sluice(["audit", "--json"], { env, input: "" });
    assert.match(audit.stdout, /rate-limit\.reset/);
    assert.doesNotMatch(audit.stdout, /"one"/, "keys may be addresses or tokens");
  });
}
