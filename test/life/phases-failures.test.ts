// Hooks that fail: what the client gets, what the log says, and what fail-open goes on with.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { httpOrigin } from "./http-origin.ts";
import { type LogLine, oneTenant, TestProxy } from "./proxy.ts";
import { exchange } from "./raw-client.ts";

/** Behind what has no stack. */
const IN_HOOK = ", somewhere in the hook at \\S+\\.ts:\\d+:\\d+";

/** The failure is the request's header `fail`, in the hook that `in` names. */
const SCRIPT = `import { definePhases, log } from "sluice";
const failures = {
  throw() { throw new TypeError("a secret cause"); },
  overrun() { for (;;); },
  nonsense() { return Symbol("nonsense"); },
  ctx(ctx) { ctx.tags = new Set(); },
  late: async () => { await new Promise((done) => setTimeout(done, 1)); throw new Error("late"); },
};
const hook = (name) => (session, ctx) => {
  if (session.request.headers.get("in") !== name) return undefined;
  return failures[session.request.headers.get("fail")]?.(ctx);
};
export default definePhases({
  newCtx: () => ({ tags: [] }),
  earlyRequestFilter: hook("earlyRequestFilter"),
  requestFilter: hook("requestFilter"),
  proxyUpstreamFilter: hook("proxyUpstreamFilter"),
  upstreamPeer(session, ctx) {
    const failed = hook("upstreamPeer")(session, ctx);
    return failed ?? session.request.headers.get("peer") ?? undefined;
  },
  connectedToUpstream: hook("connectedToUpstream"),
  upstreamRequestFilter: hook("upstreamRequestFilter"),
  upstreamResponseFilter: hook("upstreamResponseFilter"),
  responseFilter: hook("responseFilter"),
  logging(session, ctx) {
    log.info("logged " + (session.error?.code ?? "fine"));
    return hook("logging")(session, ctx);
  },
});`;

const origin = await httpOrigin((_request, response) => response.end("origin"));
after(() => origin[Symbol.asyncDispose]());

async function start(onScriptError: string): Promise<TestProxy> {
  const proxy = await TestProxy.start({
    files: { "main.ts": SCRIPT },
    config: oneTenant(
      { origin: [origin.address] },
      { script: "main.ts", onScriptError, limits: { hookMs: 150 } },
    ),
  });
  after(() => proxy[Symbol.asyncDispose]());
  return proxy;
}
const closed = await start("fail-closed");
const open = await start("fail-open");

const HOOKS = [
  "earlyRequestFilter",
  "requestFilter",
  "proxyUpstreamFilter",
  "upstreamPeer",
  "connectedToUpstream",
  "upstreamRequestFilter",
  "upstreamResponseFilter",
  "responseFilter",
];

/** What is nonsense depends on the hook: one that returns nothing may return anything. */
const CODES: Readonly<Record<string, string>> = {
  throw: "script_error",
  overrun: "script_timeout",
  ctx: "script_ctx",
  late: "script_error",
};

interface Run {
  readonly status: number;
  readonly body: string;
  /** Lines of the log that belong to the request. */
  readonly lines: readonly LogLine[];
}

async function run(proxy: TestProxy, headers: string): Promise<Run> {
  const before = proxy.requests().length;
  const request = `GET / HTTP/1.1\r\nHost: a.example\r\n${headers}\r\n`;
  const { status, body, lines: head } = await exchange(proxy.port, request);
  await proxy.waitFor(() => proxy.requests().length > before);
  const id = head.find((line) => /^x-request-id:/i.test(line))?.slice("x-request-id: ".length);
  // Twenty random characters may spell anything, also what an answer must not say.
  const said = body.replaceAll(id ?? "", "");
  return { status, body: said, lines: proxy.lines.filter((line) => line.id === id) };
}

const loggedTimes = ({ lines }: Run): number =>
  lines.filter(({ msg }) => msg?.startsWith("logged ")).length;

for (const [failure, code] of Object.entries(CODES)) {
  test(`fail-closed: ${failure} in any hook answers 500 with its code, and is logged`, async () => {
    for (const hook of HOOKS) {
      const result = await run(closed, `In: ${hook}\r\nFail: ${failure}\r\n`);
      assert.equal(result.status, 500, hook);
      assert.match(result.body, new RegExp(code));
      assert.doesNotMatch(result.body, /secret|late|main\.ts|demo|Set/);
      const line = result.lines.find((one) => one.code === code);
      assert.equal(line?.tenant, "demo", hook);
      assert.equal(line?.hook, hook);
      assert.equal(typeof line?.deployment, "string");
      if (failure === "throw") assert.match(line?.msg ?? "", /a secret cause at .*main\.ts:3:\d+$/);
      assert.equal(loggedTimes(result), 1);
    }
  });

  test(`fail-open: ${failure} in any hook is logged, and the request goes on`, async () => {
    for (const hook of HOOKS) {
      const result = await run(open, `In: ${hook}\r\nFail: ${failure}\r\n`);
      assert.deepEqual([result.status, result.body], [200, "origin"], hook);
      assert.ok(result.lines.some((one) => one.code === code && one.hook === hook));
      assert.equal(loggedTimes(result), 1);
    }
  });
}

test("a Symbol from a hook that may answer is refused", async () => {
  for (const hook of ["requestFilter", "proxyUpstreamFilter", "upstreamPeer"]) {
    const headers = `In: ${hook}\r\nFail: nonsense\r\n`;
    const result = await run(closed, headers);
    assert.equal(result.status, 500, hook);
    const line = result.lines.find(({ code }) => code === "script_result");
    assert.match(line?.msg ?? "", new RegExp(`^${hook}: expected .*; got a symbol${IN_HOOK}$`));
    assert.equal((await run(open, headers)).status, 200, hook);
  }
});

test("an unknown group is refused by name, and fail-open takes the default", async () => {
  const result = await run(closed, "Peer: nowhere\r\n");
  assert.equal(result.status, 500);
  const line = result.lines.find(({ code }) => code === "script_result");
  assert.equal(line?.hook, "upstreamPeer");
  const expected = 'expected an upstream group of tenant demo (origin), got "nowhere"';
  assert.match(line?.msg ?? "", new RegExp(`${IN_HOOK}$`));
  assert.ok(line?.msg?.startsWith(`upstreamPeer: ${expected},`));
  assert.equal((await run(open, "Peer: nowhere\r\n")).status, 200);
});

test("a failing logging hook changes no answer", async () => {
  for (const failure of Object.keys(CODES)) {
    const result = await run(closed, `In: logging\r\nFail: ${failure}\r\n`);
    assert.deepEqual([result.status, result.body], [200, "origin"]);
    assert.ok(result.lines.some(({ hook, code }) => hook === "logging" && code === CODES[failure]));
  }
});
