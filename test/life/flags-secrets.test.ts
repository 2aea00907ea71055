// Flags and secrets from the admin API to a script that runs: changed without a deployment, in the
// next request, on every worker.

import assert from "node:assert/strict";
import { it } from "node:test";
import { KEY } from "../control/store-stand.ts";
import { TestProxy } from "./proxy.ts";

const TOKEN = "an-operator-token-for-the-test";

const SCRIPT = `
  import { counter, definePhases, flag, log, secret } from "sluice";
  const hits = counter("hits");
  export default definePhases({
    requestFilter(session) {
      if (session.request.method === "POST") {
        log.info("the key is", { in: [secret("api-key")] }, btoa("ann:" + secret("api-key")));
        throw new Error("leaked (" + secret("api-key") + ":1:2)");
      }
      if (session.request.method === "DELETE") return new Response(String(hits.incr()));
      if (session.request.method === "PUT") return new Response(String(secret("api-key").length));
      return new Response(JSON.stringify(flag("checkout", { on: false })));
    },
  });
`;

const LANES = ["inline", "process"] as const;

const begin = (isolation: (typeof LANES)[number]): Promise<TestProxy> =>
  TestProxy.start({
    env: { SLUICE_ADMIN_TOKEN: TOKEN, SLUICE_SECRETS_KEY: KEY },
    files: { "main.ts": SCRIPT },
    config: { workers: 2, tenants: { demo: { hosts: ["*"], script: "main.ts", isolation } } },
  });

const call = (proxy: TestProxy, method: string, path: string, body?: unknown) =>
  fetch(`${proxy.admin}/v1/tenants/demo/${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

/** One connection each: the kernel deals them to the workers. */
const askAll = (proxy: TestProxy, method = "GET"): Promise<string[]> =>
  Promise.all(
    Array.from({ length: 16 }, async () => {
      const response = await fetch(proxy.url, { method, headers: { connection: "close" } });
      return await response.text();
    }),
  );

for (const lane of LANES) {
  it(`${lane}: a flag that was set is what the next hook sees, without a deployment`, async () => {
    await using proxy = await begin(lane);
    assert.deepEqual(new Set(await askAll(proxy)), new Set(['{"on":false}']));
    for (const value of [{ on: true }, { on: true, share: 0.5 }]) {
      const put = await call(proxy, "PUT", "flags/checkout", { value });
      assert.equal(put.status, 200);
      assert.deepEqual(new Set(await askAll(proxy)), new Set([JSON.stringify(value)]));
    }
    // of another kind than the fallback
    assert.equal((await call(proxy, "PUT", "flags/checkout", { value: "yes" })).status, 200);
    assert.deepEqual(new Set(await askAll(proxy)), new Set(['{"on":false}']));
    const { flags } = (await (await call(proxy, "GET", "flags")).json()) as { flags: object[] };
    assert.partialDeepStrictEqual(flags, [{ name: "checkout", value: "yes" }]);
    assert.equal((await call(proxy, "DELETE", "flags/checkout")).status, 204);
    assert.equal((await call(proxy, "DELETE", "flags/checkout")).status, 404);
    const generations = proxy.lines.filter((line) => line.msg === "reloaded");
    assert.deepEqual(generations, []);
  });

  it(`${lane}: a secret reaches the script, and neither an answer nor the log shows it`, async () => {
    await using proxy = await begin(lane);
    const before = await fetch(proxy.url, { method: "PUT", headers: { connection: "close" } });
    assert.equal(before.status, 500, "a secret that is missing fails the hook");
    const value = 's3cr3t-of-the\ntenant "1"\n';
    const put = await call(proxy, "PUT", "secrets/api-key", { value });
    assert.equal(put.status, 200);
    const shown = (await put.text()) + (await (await call(proxy, "GET", "secrets")).text());
    assert.match(shown, /"name":"api-key"/);
    assert.doesNotMatch(shown, /s3cr3t/);
    assert.deepEqual(new Set(await askAll(proxy, "PUT")), new Set([String(value.length)]));
    await askAll(proxy, "POST");
    const replaced = /^the key is \{"in":\["\[secret api-key\]"\]\} YW5uO.\[secret api-key\]/;
    await proxy.waitFor(({ msg }) => replaced.test(msg ?? ""));
    const thrown = await proxy.waitFor(
      ({ at, msg }) => at !== undefined && msg?.includes("leaked (") === true,
    );
    assert.match(thrown.msg ?? "", /leaked \(\[secret api-key\]:1:2\) at main\.ts:8:\d+$/);
    assert.match(String(thrown.at), /^main\.ts:8:\d+$/);
    assert.equal(await proxy.stop(), 0);
    assert.doesNotMatch(JSON.stringify(proxy.lines) + proxy.stderr, /s3cr3t|czNjcjN0|MzY3IzdC/);
  });

  it(`${lane}: a counter is read and set while scripts count`, async () => {
    await using proxy = await begin(lane);
    const hit = async () => {
      const response = await fetch(proxy.url, { method: "DELETE" });
      return Number(await response.text());
    };
    assert.deepEqual([await hit(), await hit(), await hit()], [1, 2, 3]);
    for (const value of [41_000, 7]) {
      const put = await call(proxy, "PUT", "counters/hits", { value });
      assert.deepEqual(await put.json(), { name: "hits", value, scope: "node" });
      let hits = 1;
      // a cell hears of it on another way than of requests
      while ((await hit()) !== value + hits) assert.ok(++hits < 1_000, `${hits} hits`);
      const list = await (await call(proxy, "GET", "counters")).json();
      assert.deepEqual(list, { counters: [{ name: "hits", value: value + hits, scope: "node" }] });
    }
    assert.equal((await call(proxy, "PUT", "counters/hits", { value: 1.5 })).status, 422);
  });
}
