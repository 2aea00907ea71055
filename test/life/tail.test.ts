// The live tail of a running proxy: what happens is told to whoever reads, as it happens.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { oneTenant, TestProxy } from "./proxy.ts";
import { RawClient } from "./raw-client.ts";
import { answering, ok, RawOrigin } from "./raw-origin.ts";
import { TailReader } from "./tail-reader.ts";

const SCRIPT = `import { definePhases, log } from "sluice";

export default definePhases({
  requestFilter(session) {
    if (session.request.headers.has("fail")) throw new Error("boom");
    log.debug("seen " + session.request.target);
    if (!session.request.headers.has("flood")) return;
    for (let i = 0; i < 100; i++) log.info("flood ".repeat(600));
  },
  logging() {
    log.warn("done");
  },
});
`;

const origin = await RawOrigin.start(answering(ok()));
/** That one request with the header `flood` writes. */
const LINES = 100;
const tenants = oneTenant(
  { origin: [origin.address] },
  { hosts: ["127.0.0.1"], script: "main.ts" },
);
const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT },
  config: { ...tenants, workers: 2, log: { access: "off" } },
});
for (const one of [proxy, origin]) after(() => one[Symbol.asyncDispose]());

const get = (path = "/", headers = {}): Promise<Response> =>
  fetch(proxy.url + path, { headers: { connection: "close", ...headers } });

test("it shows requests and script lines, whatever the log's own level", async () => {
  await using tail = await TailReader.open(proxy);
  assert.equal((await get("/cart")).status, 200);
  const seen = [await tail.next(), await tail.next(), await tail.next()];
  const short = seen.map((event) => [event?.event, event?.level, event?.msg, event?.hook]);
  assert.deepEqual(short, [
    ["log", "debug", "seen /cart", "requestFilter"],
    ["log", "warn", "done", "logging"],
    ["request", "info", "request", undefined],
  ]);
  const [line, , request] = seen;
  assert.deepEqual([request?.status, request?.target, request?.tenant], [200, "/cart", "demo"]);
  assert.equal(line?.id, request?.id);
  assert.equal(line?.deployment, request?.deployment);
});

test("one reader sees all tenants, and requests that are no tenant's", async () => {
  await using tail = await TailReader.open(proxy, "status=200,421", null);
  await get("/mine");
  await using client = await RawClient.to(proxy.port);
  client.send("GET /nobodys HTTP/1.1\r\nHost: nobody.example\r\nConnection: close\r\n\r\n");
  assert.equal((await client.response()).status, 421);
  const seen = [await tail.next(), await tail.next()];
  const short = seen.map((line) => [line?.tenant, line?.target]);
  assert.deepEqual(short.toSorted(), [
    [null, "/nobodys"],
    ["demo", "/mine"],
  ]);
});

test("an error line names tenant, version, hook, code and the line of the TypeScript", async () => {
  await using tail = await TailReader.open(proxy, "status=error");
  await get("/fine");
  assert.equal((await get("/", { fail: "1" })).status, 500);
  const line = await tail.next();
  const { event, tenant, deployment, hook, code, at, msg } = line ?? {};
  assert.deepEqual(
    { event, tenant, hook, code, at },
    {
      event: "log",
      tenant: "demo",
      hook: "requestFilter",
      code: "script_error",
      at: "main.ts:5:52",
    },
  );
  assert.match(String(deployment), /^(?:v\d+|main\.ts@[0-9a-f]{8})$/);
  assert.equal(msg, "Error: boom at main.ts:5:52");
  const request = await tail.next();
  assert.deepEqual(
    [request?.event, request?.status, request?.error],
    ["request", 500, "script_error"],
  );
});

test("each reader has filters of its own, and every worker knows them", async () => {
  await using found = await TailReader.open(proxy, "search=needle&status=2xx");
  await using hook = await TailReader.open(proxy, "hook=logging");
  for (let i = 0; i < 8; i++) await get(`/hay${i}`);
  await get("/needle");
  assert.equal((await found.next())?.target, "/needle");
  for (let i = 0; i < 9; i++) assert.equal((await hook.next())?.msg, "done");
});

const REFUSED: readonly (readonly [string, number, RegExp])[] = [
  ["status=2x", 422, /statuses with commas/],
  ["slow=fast", 422, /slow/],
  ["hook=requestfilter", 422, /hook/],
  ["colour=red", 422, /status, hook, slow, search, version/],
];
for (const [query, status, said] of REFUSED) {
  test(`the filter ${query} is refused`, async () => {
    await assert.rejects(TailReader.open(proxy, query), (error: Error) => {
      assert.match(error.message, new RegExp(`^${status} `));
      assert.match(error.message, said);
      return true;
    });
  });
}

test("there is none of a tenant that is not there, nor without a token", async () => {
  await assert.rejects(TailReader.open(proxy, "", "nobody"), /^Error: 404 /);
  const response = await fetch(`${proxy.admin}/v1/tenants/demo/logs`);
  assert.equal(response.status, 401);
  await response.text();
});

test("a reader that does not read slows nobody, and learns how many lines it missed", async () => {
  await using lagging = await TailReader.open(proxy, "search=flood");
  await using other = await TailReader.open(proxy, "search=last-of-all");
  const requests = 40;
  for (let i = 0; i < requests; i++) {
    assert.equal((await get("/", { flood: "1" })).status, 200);
  }
  await get("/last-of-all");
  assert.equal((await other.next())?.msg, "seen /last-of-all");

  let seen = 0;
  let dropped = 0;
  while (seen + dropped < requests * LINES) {
    const event = await lagging.next();
    assert.ok(event !== null);
    if (event.event === "dropped") dropped += Number(event.lines);
    else seen += 1;
  }
  assert.equal(seen + dropped, requests * LINES);
  assert.ok(dropped > 0, "4 KB a line are more than what waits for a reader");
});

test("the stream ends with the proxy, and says when to come again", async () => {
  await using ending = await TestProxy.start({
    files: { "main.ts": SCRIPT },
    config: oneTenant({ origin: [origin.address] }, { hosts: ["127.0.0.1"], script: "main.ts" }),
  });
  await using tail = await TailReader.open(ending);
  await fetch(ending.url, { headers: { connection: "close" } });
  const first = await tail.events.next();
  assert.ok(!first.done && first.value.retryMs === 1_000);
  assert.equal(await ending.stop(), 0);
  const rest = await Array.fromAsync(tail.events);
  assert.deepEqual(
    rest.map(({ name }) => name),
    ["log", "request"],
  );
});

test("after a handover the stream is at the new process", async () => {
  await using old = await TestProxy.start({
    files: { "main.ts": SCRIPT },
    config: oneTenant({ origin: [origin.address] }, { hosts: ["127.0.0.1"], script: "main.ts" }),
  });
  await using tail = await TailReader.open(old);
  old.signal("SIGUSR2");
  assert.equal(await tail.next(), null);
  // until then the old process may take the request
  assert.equal(await old.exited(), 0);
  await using again = await TailReader.open(old);
  await fetch(`${old.url}/new`, { headers: { connection: "close" } });
  assert.equal((await again.next())?.msg, "seen /new");
});
