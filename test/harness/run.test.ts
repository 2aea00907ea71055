// The module `sluice/test`, used as the author of a script would.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { fail, type LoadOptions, load, type TestApp } from "sluice/test";

const folder = mkdtempSync(join(tmpdir(), "sluice-harness-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

function loadText(hooks: string, options: LoadOptions = {}): Promise<TestApp> {
  const file = join(folder, `script-${files++}.ts`);
  const imports = `import { counter, definePhases, env, log } from "sluice";`;
  writeFileSync(file, `${imports}\nexport default definePhases({ ${hooks} });\n`);
  return load(file, options);
}

test("a run tells the group, the request as sent, ctx after each hook, log, counters", async () => {
  await using app = await load(fileURLToPath(new URL("../../scripts/ctx.ts", import.meta.url)));
  const headers = { "beta-flag": "1" };
  const result = await app.run({ url: "/a?b=c", headers }, { reused: true, upstream: {} });

  assert.equal(result.group, "beta");
  assert.equal(result.upstreamRequest?.target, "/a?b=c");
  assert.equal(result.upstreamRequest?.headers.get("beta-flag"), "1");
  assert.deepEqual(
    result.hooks.map(({ hook, ctx }) => [hook, ctx.betaUser, ctx.upstreamReused]),
    [
      ["newCtx", false, false],
      ["requestFilter", true, false],
      ["upstreamPeer", true, false],
      ["connectedToUpstream", true, true],
      ["logging", true, true],
    ],
  );
  assert.deepEqual(result.ctx, { betaUser: true, upstreamReused: true });
  assert.deepEqual(result.log[0], {
    level: "info",
    hook: "upstreamPeer",
    message: "I'm a beta user #1",
  });
  assert.deepEqual(app.counters(), { requests: 1, beta_requests: 1 });
  assert.equal(result.error, null);
});

test("what the upstream answers reaches the client with the script's edits", async () => {
  await using app = await loadText(
    `
    upstreamRequestFilter(session) { session.upstreamRequest.headers.set("x-edge", env.NAME); },
    responseFilter(session) { session.response.headers.set("x-seen", "1"); },
  `,
    { env: { NAME: "berlin" } },
  );
  const { response } = await app.run(
    { method: "PUT", url: "/thing", body: ["par", "ts"] },
    {
      upstream: ({ method, target, body, headers }) => ({
        status: 201,
        headers: { "content-type": "text/plain" },
        body: [`${method} ${target} `, `${body} ${headers.get("x-edge")}`],
      }),
    },
  );
  assert.equal(response?.status, 201);
  assert.equal(response?.body, "PUT /thing parts berlin");
  assert.equal(response?.headers.get("x-seen"), "1");
  assert.equal(response?.complete, true);
});

test("a Response of the script's is answered, and no upstream is tried", async () => {
  await using app = await loadText(
    `requestFilter: () => new Response("no", { status: 403 }), upstreamPeer: () => "never"`,
  );
  const result = await app.run();
  assert.equal(result.response?.status, 403);
  assert.equal(result.response?.body, "no");
  assert.deepEqual(result.attempts, []);
  assert.deepEqual(
    result.hooks.map(({ hook }) => hook),
    ["requestFilter"],
  );
});

test("a connection that fails goes to failToConnect, and a retry is another attempt", async () => {
  await using app = await loadText(`
    newCtx: () => ({ code: "" }),
    upstreamPeer: (session) => (session.attempt === 1 ? "first" : "second"),
    failToConnect(session, ctx) { ctx.code = session.error.code; return "retry"; },
  `);
  const result = await app.run(
    {},
    { connect: ({ group }) => (group === "first" ? "connect_refused" : undefined) },
  );
  assert.deepEqual(
    result.attempts.map(({ group, failure }) => [group, failure]),
    [
      ["first", "connect_refused"],
      ["second", null],
    ],
  );
  assert.equal(result.ctx.code, "connect_refused");
  assert.equal(result.response?.status, 200);
});

test("a reused connection that closes is retried for a GET and not for a POST", async () => {
  await using app = await loadText(`upstreamPeer: () => "origin"`);
  const options = { reused: true, upstream: fail("upstream_closed") };
  const get = await app.run({}, options);
  const post = await app.run({ method: "POST" }, options);
  assert.equal(get.attempts.length, 2);
  assert.equal(post.attempts.length, 1);
  assert.equal(post.error?.code, "upstream_closed");
  assert.equal(post.response?.status, 502);
});

test("a response that breaks off within its body is not complete", async () => {
  await using app = await loadText(`logging: () => log.info("over")`);
  const upstream = { body: ["some", fail("upstream_aborted")] };
  const result = await app.run({}, { upstream });
  assert.equal(result.response?.complete, false);
  assert.equal(result.error?.code, "upstream_aborted");
  assert.deepEqual(
    result.log.map(({ message }) => message),
    ["over"],
  );
});

test("a hook that throws is named with its code and its place", async () => {
  await using app = await loadText(`requestFilter() {\n    throw new Error("boom");\n}`);
  const result = await app.run();
  assert.equal(result.response?.status, 500);
  assert.equal(result.error?.code, "script_error");
  assert.match(result.error?.message ?? "", /boom at script-\d+\.ts:3:\d+/);
  assert.deepEqual(
    result.hooks.map(({ hook, error }) => [hook, error?.code]),
    [["requestFilter", "script_error"]],
  );
});

test("with fail-open the hooks after one that throws still run", async () => {
  await using app = await loadText(
    `requestFilter() { throw new Error("boom"); }, upstreamPeer: () => "next"`,
    { onScriptError: "fail-open" },
  );
  const result = await app.run();
  assert.equal(result.group, "next");
  assert.deepEqual(
    result.hooks.map(({ hook, error }) => [hook, error?.code ?? null]),
    [
      ["requestFilter", "script_error"],
      ["upstreamPeer", null],
    ],
  );
});

test("the watchdog ends a hook that does not, and the next request is served", async () => {
  await using app = await loadText(
    `requestFilter(session) { if (session.request.target === "/loop") for (;;); }`,
    { limits: { hookMs: 100 } },
  );
  const looped = await app.run({ url: "/loop" });
  assert.equal(looped.error?.code, "script_timeout");
  assert.equal((await app.run({ url: "/" })).response?.status, 200);
});

test("a body hook sees the chunks, and its bytes reach the client", async () => {
  await using app = await loadText(`
    responseBodyFilter: (session) => new TextDecoder().decode(session.chunk).toUpperCase(),
  `);
  const { response } = await app.run({}, { upstream: { body: ["one ", "two"] } });
  assert.equal(response?.body, "ONE TWO");
});

test("an unknown group is an error when the test names the groups", async () => {
  await using app = await loadText(`upstreamPeer: () => "stabel"`, { upstreams: { stable: {} } });
  const { error } = await app.run();
  assert.equal(error?.code, "script_result");
  assert.match(error?.message ?? "", /stable.*"stabel"/);
});

test("what the test's own upstream throws rejects the run", async () => {
  await using app = await loadText(`upstreamPeer: () => "origin"`);
  const upstream = (): never => assert.fail("not what was expected");
  await assert.rejects(app.run({}, { upstream }), /not what was expected/);
});

test("a script that does not load rejects with its place", async () => {
  await assert.rejects(loadText(`requestFilter: 5`), /requestFilter: expected a function/);
  await assert.rejects(loadText(`requestFilter: (`), /script-\d+\.ts:\d+:\d+: /);
  await assert.rejects(load(join(folder, "none.ts")), /none\.ts/);
});

test("requests that run side by side do not mix", async () => {
  await using app = await loadText(`
    newCtx: () => ({ target: "" }),
    requestFilter(session, ctx) { ctx.target = session.request.target; log.info(ctx.target); },
  `);
  const targets = ["/a", "/b", "/c"];
  const results = await Promise.all(targets.map((url) => app.run({ url })));
  assert.deepEqual(
    results.map(({ ctx, log }) => [ctx.target, log[0]?.message]),
    targets.map((target) => [target, target]),
  );
});

test("a configuration gives its tenant's script, groups and env", async () => {
  writeFileSync(
    join(folder, "sluice.yaml"),
    `tenants:
  demo:
    hosts: [demo.test]
    script: named.ts
    env: { NAME: from-file }
    upstreams: { only: { peers: ["127.0.0.1:9"] } }
    defaultUpstream: only
`,
  );
  const script = `import { definePhases, env } from "sluice";
export default definePhases({ requestFilter() { console.log(env.NAME); } });`;
  writeFileSync(join(folder, "named.ts"), script);
  await using app = await load(join(folder, "sluice.yaml"));
  const result = await app.run();
  assert.equal(result.group, "only");
  assert.equal(result.peer, "127.0.0.1:9");
  assert.equal(result.log[0]?.message, "from-file");
});

test("bytes in ctx are bytes in what a test sees", async () => {
  await using app = await loadText(
    "newCtx: () => ({ parts: [new Uint8Array([1, 2])], text: '\\0' }), requestFilter() {}",
  );
  const { ctx } = await app.run({});
  assert.deepEqual(ctx, { parts: [new Uint8Array([1, 2])], text: "\0" });
});
