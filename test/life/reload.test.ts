// A reload by SIGHUP: what is new goes live at once and whole, or not at all; what is under way,
// and what did not change, does not notice.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { type LogLine, TestProxy } from "./proxy.ts";
import { openSocket, SocketOrigin } from "./socket-origin.ts";

const versioned = (version: string): string => `
  import { definePhases } from "sluice";
  export default definePhases({
    newCtx: () => ({ began: "${version}" }),
    responseFilter(session, ctx) {
      session.response.headers.set("x-version", "${version} " + ctx.began);
    },
  });
`;

/** Counts in a variable of its module, which lives as long as its isolate. */
const COUNTING = `
  import { definePhases } from "sluice";
  let n = 0;
  export default definePhases({
    responseFilter(session) { session.response.headers.set("x-count", String(++n)); },
  });
`;

const tenant = (host: string, address: string, rest: object = {}): object => ({
  hosts: [host],
  upstreams: { origin: { peers: [address] } },
  ...rest,
});

/** The line that says how the reload after the first `seen` lines ended. */
const ending = (proxy: TestProxy, seen: number): Promise<LogLine> =>
  proxy.waitFor(
    (line) => proxy.lines.indexOf(line) >= seen && /^reload(ed| refused)$/.test(line.msg ?? ""),
  );

async function reload(proxy: TestProxy): Promise<LogLine> {
  const seen = proxy.lines.length;
  proxy.signal("SIGHUP");
  return await ending(proxy, seen);
}

const get = (proxy: TestProxy, path = "/"): Promise<Response> =>
  fetch(proxy.url + path, { headers: { connection: "close" } });

test("a changed script is live, and a request under way ends on the one it began with", async () => {
  await using origin = await SocketOrigin.start();
  const config = { tenants: { a: tenant("*", origin.address, { script: "main.ts" }) }, workers: 2 };
  await using proxy = await TestProxy.start({ files: { "main.ts": versioned("one") }, config });
  const held = await get(proxy, "/held");

  await proxy.write("main.ts", versioned("two"));
  const { msg, changed, added, removed } = await reload(proxy);
  assert.deepEqual([msg, changed, added, removed], ["reloaded", ["a"], [], []]);
  const fresh = await get(proxy);
  assert.equal(fresh.headers.get("x-version"), "two two");
  await fresh.text();

  assert.match(await proxy.metrics(), /^sluice_tenants_draining 1$/m);
  origin.release();
  assert.equal(held.headers.get("x-version"), "one one");
  assert.equal(await held.text(), "begun ended");
  const began = proxy.requests().find((line) => line.target === "/held");
  const lines = await proxy.waitFor((line) => line.target === "/held");
  assert.equal((began ?? lines).deployment, "v1");
  assert.match(await proxy.metrics(), /^sluice_tenants_draining 0$/m);
});

test("a bad configuration is refused with every problem, and the old one serves on", async () => {
  await using origin = await SocketOrigin.start();
  await using proxy = await TestProxy.start({
    config: { tenants: { a: tenant("*", origin.address) } },
  });
  await proxy.write("sluice.yaml", "workers: many\nlisteners: [{ address: nowhere }]\n");
  const { msg, problems } = await reload(proxy);
  assert.equal(msg, "reload refused");
  assert.ok(Array.isArray(problems));
  const places = problems.map((text: string) => /sluice\.yaml:(\d+):\d+: /.exec(text)?.[1]);
  assert.deepEqual(places, ["1", "2"]);
  assert.equal(await (await get(proxy)).text(), "plain");
  assert.match(await proxy.metrics(), /^sluice_reloads_total\{result="refused"\} 1$/m);
});

test("scripts that do not compile are refused all at once, with their places", async () => {
  await using origin = await SocketOrigin.start();
  const scripts = {
    a: tenant("a.test", origin.address, { script: "a.ts" }),
    b: tenant("*", origin.address, { script: "b.ts" }),
  };
  const files = { "a.ts": versioned("old"), "b.ts": versioned("old") };
  await using proxy = await TestProxy.start({ files, config: { tenants: scripts } });
  await proxy.write("a.ts", "export default {");
  await proxy.write("b.ts", "\nconst = 1;");
  const { msg, problems } = await reload(proxy);
  assert.equal(msg, "reload refused");
  assert.ok(Array.isArray(problems));
  assert.match(problems.join("\n"), /^a\.ts:1:\d+: .*\nb\.ts:2:\d+: /);
  assert.equal((await get(proxy)).headers.get("x-version"), "old old");
});

test("a script that throws when it starts changes nothing, for other tenants neither", async () => {
  await using origin = await SocketOrigin.start();
  const tenants = {
    a: tenant("a.test", origin.address, { script: "a.ts" }),
    b: tenant("*", origin.address, { script: "b.ts" }),
  };
  const files = { "a.ts": versioned("old"), "b.ts": versioned("old") };
  await using proxy = await TestProxy.start({ files, config: { tenants, workers: 2 } });
  await proxy.write("b.ts", versioned("new"));
  await proxy.write("a.ts", `${versioned("new")}\nthrow new Error("not today");`);
  const { msg, problems } = await reload(proxy);
  assert.equal(msg, "reload refused");
  assert.match(String(problems), /tenant a: Error: not today at a\.ts:10:7/);
  assert.equal((await get(proxy)).headers.get("x-version"), "old old");

  await proxy.write("a.ts", versioned("new"));
  assert.equal((await reload(proxy)).msg, "reloaded");
  assert.equal((await get(proxy)).headers.get("x-version"), "new new");
});

test("a tenant that did not change keeps its isolate, and its WebSocket stays open", async () => {
  await using origin = await SocketOrigin.start();
  const tenants = (env: object): object => ({
    same: tenant("*", origin.address, { script: "count.ts" }),
    other: tenant("other.test", origin.address, { script: "other.ts", env }),
  });
  const files = { "count.ts": COUNTING, "other.ts": versioned("one") };
  const timeouts = { drainMs: 1 };
  await using proxy = await TestProxy.start({
    files,
    config: { tenants: tenants({ A: "1" }), timeouts },
  });
  assert.equal((await get(proxy)).headers.get("x-count"), "1");
  const socket = await openSocket(proxy.port);
  await proxy.configure({ tenants: tenants({ A: "2" }), timeouts });
  assert.deepEqual((await reload(proxy)).changed, ["other"]);
  assert.equal((await get(proxy)).headers.get("x-count"), "3", "the WebSocket was the second");
  const heard = once(socket, "message");
  origin.greet();
  await heard;
  const closed = once(socket, "close");
  socket.close();
  await closed;
});

test("the WebSocket of a removed tenant is told to come again once drainMs is over", async () => {
  await using origin = await SocketOrigin.start();
  const timeouts = { drainMs: 50 };
  await using proxy = await TestProxy.start({
    config: { tenants: { gone: tenant("*", origin.address) }, timeouts },
  });
  const socket = await openSocket(proxy.port);
  const closed = once(socket, "close");
  await proxy.configure({ tenants: { here: tenant("here.test", origin.address) }, timeouts });
  const line = await reload(proxy);
  assert.deepEqual([line.added, line.removed, line.changed], [["here"], ["gone"], []]);
  const [event] = await closed;
  assert.equal(event.code, 1012);
  assert.equal((await get(proxy)).status, 421);
});

test("what only a handover can change is named, and the rest is live", async () => {
  await using origin = await SocketOrigin.start();
  const one = tenant("*", origin.address);
  await using proxy = await TestProxy.start({ config: { tenants: { one } } });
  await proxy.configure({ tenants: { two: one }, workers: 2, admin: { address: "127.0.0.2:0" } });
  const { msg, needsHandover, added } = await reload(proxy);
  assert.deepEqual([msg, needsHandover, added], ["reloaded", ["admin", "workers"], ["two"]]);
});

test("limits and access lines of the new file hold for the connections that follow", async () => {
  await using origin = await SocketOrigin.start();
  const tenants = { a: tenant("*", origin.address) };
  await using proxy = await TestProxy.start({ config: { tenants, log: { access: "off" } } });
  assert.equal((await get(proxy)).status, 200);
  await proxy.configure({ tenants, limits: { targetBytes: 64 } });
  await reload(proxy);
  assert.equal((await get(proxy, `/${"x".repeat(100)}`)).status, 414);
  await proxy.waitFor((line) => line.msg === "request");
  assert.equal(proxy.requests().length, 1);
});

test("reloads asked for at once are made one after the other, and not all of them", async () => {
  await using origin = await SocketOrigin.start();
  const config = { tenants: { a: tenant("*", origin.address, { script: "main.ts" }) } };
  await using proxy = await TestProxy.start({ files: { "main.ts": versioned("one") }, config });
  await proxy.write("main.ts", versioned("two"));
  const ask = (): Promise<Response> =>
    fetch(`${proxy.admin}/v1/reload`, {
      method: "POST",
      headers: { "content-type": "application/json", connection: "close" },
    });
  const answers = await Promise.all(Array.from({ length: 20 }, ask));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal((await get(proxy)).headers.get("x-version"), "two two");
  const told = await Promise.all(answers.map((answer) => answer.text()));
  const last = Math.max(...told.map((text) => Number(JSON.parse(text).generation)));
  assert.ok(last < 21, "one reload serves all who asked while another was under way");
  await proxy.waitFor(({ msg, generation }) => msg === "reloaded" && generation === last);
  assert.deepEqual(
    proxy.lines.filter(({ msg }) => msg === "reloaded").map((line) => line.generation),
    Array.from({ length: last - 1 }, (_, index) => index + 2),
  );
});

test("a download that outlasts drainMs goes on without its script, and is still logged", async () => {
  await using origin = await SocketOrigin.start();
  const config = {
    tenants: { a: tenant("*", origin.address, { script: "main.ts" }) },
    timeouts: { drainMs: 50 },
  };
  const logging = versioned("one").replace("newCtx", "logging() {}, newCtx");
  await using proxy = await TestProxy.start({ files: { "main.ts": logging }, config });
  const held = await get(proxy, "/held");
  await proxy.write("main.ts", versioned("two"));
  await reload(proxy);
  while (!/^sluice_tenants_draining 0$/m.test(await proxy.metrics())) {
    // asked again: each answer takes a round trip
  }
  origin.release();
  assert.equal(await held.text(), "begun ended");
  const line = await proxy.waitFor(({ target }) => target === "/held");
  assert.deepEqual([line.status, line.error], [200, null]);
  assert.match(await proxy.metrics(), /^sluice_requests_active 0$/m);
});
