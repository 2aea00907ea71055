// Smoke requests of strangers' uploads: they run behind the cells' sandbox and with the tenant's
// limits, so whatever the script does there is its own deployment's failure, and nobody else's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call, deploy, list, versioned, WITH_TOKEN } from "./control.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { SocketOrigin } from "./socket-origin.ts";

const KEY = { SLUICE_SECRETS_KEY: Buffer.alloc(32, 7).toString("base64") };

const start = (origin: SocketOrigin, limits: object = {}) =>
  TestProxy.start({
    config: oneTenant(
      { origin: [origin.address] },
      { isolation: "process", env: { COLOUR: "green" }, limits },
    ),
    env: { ...WITH_TOKEN, ...KEY },
  });

async function served(proxy: TestProxy): Promise<string | null> {
  const response = await fetch(proxy.url, { headers: { connection: "close" } });
  await response.text();
  return response.headers.get("x-version");
}

/** A script whose requests do this, unless they come before it is tried. */
const doing = (body: string): string => `
import { definePhases, env, flag, secret } from "sluice";
export default definePhases({
  requestFilter(session) {
    ${body}
  },
});
`;

const OK = [{ path: "/", expect: { status: 200 } }];

/** The errors of a refused deployment, as one text. */
async function failure(proxy: TestProxy, source: string, smoke: object = OK): Promise<string> {
  const { status, body } = await deploy(proxy, source, { smoke });
  assert.equal(status, 422, JSON.stringify(body));
  assert.match(String(body.detail), /^Nothing changed: step smoke: /);
  return list(body.errors)
    .map(({ text }) => String(text))
    .join("\n");
}

const HOSTILE = {
  "an abort of V8": '"ab".repeat(2 ** 28).split("");',
  "a loop that can be ended": "for (;;);",
  "a hoard of memory":
    "const all: unknown[] = []; for (;;) all.push(new Array(1e5).fill(session.id));",
  "a thrown getter that spins": "throw { get message() { for (;;); } };",
  "deep JSON": 'JSON.parse("[".repeat(5e6));',
} as const;

test("what a script does to its smoke requests fails its deployment alone", async () => {
  await using origin = await SocketOrigin.start();
  await using proxy = await start(origin);
  assert.equal((await deploy(proxy, versioned(1))).status, 201);
  const [pid] = proxy.pids();
  for (const [what, body] of Object.entries(HOSTILE)) {
    const said = await failure(proxy, doing(body));
    assert.match(said, /^smoke request "GET \/": expected /, what);
    assert.equal(await served(proxy), "1 1", what);
  }
  const { body } = await call(proxy, ["GET", "/tenants/demo/deployments"]);
  assert.equal(list(body.deployments).length, 1);
  assert.deepEqual(proxy.pids(), [pid]);
  assert.ok(pid !== undefined && process.kill(pid, 0));
});

test("a smoke request finds what a real one does, and tells of secrets their names", async () => {
  await using origin = await SocketOrigin.start();
  await using proxy = await start(origin, { ctxBytes: 1_024 });
  const put = (path: string, value: unknown) => call(proxy, ["PUT", path], { value });
  assert.ok((await put("/tenants/demo/flags/mode", "new")).status < 300);
  assert.ok((await put("/tenants/demo/secrets/API_KEY", "correct-horse-battery")).status < 300);
  const reads = doing(`
    const all = [flag("mode", "old"), secret("API_KEY") === "correct-horse-battery", env.COLOUR];
    return new Response(all.join());`);
  const smoke = [{ path: "/", expect: { bodyIncludes: "new,true,green" } }];
  const made = await deploy(proxy, reads, { smoke });
  assert.equal(made.status, 201, JSON.stringify(made.body));

  // what a request may keep is bounded there too
  const hooks = "definePhases({";
  const large = `${hooks} newCtx: () => ({ text: "x".repeat(2_000) }),`;
  assert.match(await failure(proxy, doing("").replace(hooks, large)), /ctx.*1024/);

  const thrown = await failure(proxy, doing('throw new Error("the key is " + secret("API_KEY"));'));
  assert.match(thrown, /the key is \[secret API_KEY\]/);
  const answer = doing('return new Response("", { headers: { "x-key": secret("API_KEY") } });');
  const wrong = [{ path: "/", expect: { headers: { "x-key": "another" } } }];
  const shown = await failure(proxy, answer, wrong);
  assert.match(shown, /expected x-key: another, got \[secret API_KEY\]$/);
  assert.doesNotMatch(JSON.stringify(proxy.lines), /correct-horse/);

  // each of two with one name has to be answered
  const second = doing(
    'return new Response("", { status: session.request.headers.get("x-n") === "2" ? 500 : 200 });',
  );
  const request = (n: string) => ({ path: "/", headers: { "x-n": n }, expect: { status: 200 } });
  const said = await failure(proxy, second, [request("1"), request("2"), request("3")]);
  assert.equal(said, 'smoke request "GET /": expected status 200, got 500');
});
