// What operators see and change of rate limits, by the command line, in both lanes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sluice } from "../cli/fake-admin.ts";
import { RateLoad } from "../support/rate-load.ts";
import { WITH_TOKEN } from "./control.ts";
import { TestProxy } from "./proxy.ts";

const SCRIPT = `
  import { definePhases, rateLimit } from "sluice";
  const limit = rateLimit("logins", { limit: 3, windowMs: 600_000, algorithm: "sliding-window" });
  export default definePhases({
    requestFilter(session) {
      const { allowed } = limit.take(session.request.headers.get("x-key") ?? "");
      return new Response(null, { status: allowed ? 200 : 429 });
    },
  });
`;

for (const isolation of ["inline", "process"]) {
  test(`${isolation}: a rate limit is listed, looked at and reset, for a key or for all`, async () => {
    await using proxy = await TestProxy.start({
      files: { "main.ts": SCRIPT },
      config: {
        store: "memory",
        tenants: { demo: { hosts: ["*"], script: "main.ts", isolation } },
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
    const list = await run("list");
    assert.match(list, /^NAME .*\nlogins +sliding-window +3 +600000 +6 +2 +2 +0\n$/);
    assert.match(await run("get", "logins", "one"), /^logins of demo for one: refused for \d+ ms/);
    assert.equal(await run("get", "logins", "new"), "logins of demo for new: 3 left\n");
    await run("reset", "logins", "one", "--yes");
    assert.equal(await run("get", "logins", "one"), "logins of demo for one: 3 left\n");
    assert.deepEqual([await take("one"), await take("two")], [full, { 429: 4 }]);
    await run("reset", "logins", "--yes");
    assert.deepEqual([await take("one"), await take("two")], [full, full]);
    assert.match(await run("get", "none", "key"), /no such rate limit/);
    assert.match(await run("reset", "none", "--yes"), /no such rate limit/);
    const audit = await sluice(["audit", "--json"], { env, input: "" });
    assert.match(audit.stdout, /rate-limit\.reset/);
    assert.doesNotMatch(audit.stdout, /"one"/, "keys may be addresses or tokens");
  });
}
