// A new version that fails loses its traffic without a command; a script that keeps failing is not
// run for a while.

import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { request as begin } from "node:http";
import { test } from "node:test";
import { call, deploy, list, versioned, WITH_TOKEN } from "./control.ts";
import { httpOrigin } from "./http-origin.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { SocketOrigin } from "./socket-origin.ts";

/** Throws for one request in two, in line 5. */
const BAD = `import { counter, definePhases } from "sluice";
const n = counter("n");
export default definePhases({
  requestFilter() {
    if (n.incr() % 2 === 0) throw new Error("one in two");
  },
  responseFilter(session) { session.response.headers.set("x-version", "2 2"); },
});
`;

const ask = async (proxy: TestProxy, cookie: string): Promise<Response> => {
  const response = await fetch(proxy.url, { headers: { connection: "close", cookie } });
  await response.text();
  return response;
};

test("a version at 10 % that throws for one request in two goes back to 0 by itself", {
  timeout: 180_000,
}, async () => {
  await using origin = await SocketOrigin.start();
  await using proxy = await TestProxy.start({
    config: { ...oneTenant({ origin: [origin.address] }), workers: 2 },
    env: WITH_TOKEN,
  });
  await deploy(proxy, versioned(1));
  const stickyBy = { kind: "cookie", name: "sid" };
  const whole = { versions: [{ version: 1, percent: 100 }], stickyBy };
  await call(proxy, ["PUT", "/tenants/demo/traffic"], whole);
  assert.equal((await deploy(proxy, BAD, { percent: 10 })).status, 201);

  const state = { isBack: false };
  const back = proxy
    .waitFor(({ msg }) => msg === "a version that fails was taken back")
    .finally(() => {
      state.isBack = true;
    });
  const versions = new Map<string, Set<string | null>>();
  for (let i = 0; !state.isBack; i++) {
    const sid = `sid=${i % 100}`;
    const response = await ask(proxy, sid);
    if (response.status !== 200) continue;
    const seen = versions.get(sid) ?? new Set();
    versions.set(sid, seen.add(response.headers.get("x-version")));
  }
  const line = await back;
  assert.match(String(line.reason), /^script errors: /);
  for (const [sid, seen] of versions) {
    // it may have been taken back between two requests of one client
    assert.ok(seen.size === 1 || seen.has("1 1"), sid);
  }
  const traffic = await call(proxy, ["GET", "/tenants/demo/traffic"]);
  assert.deepEqual(traffic.body.versions, [{ version: 1, percent: 100 }]);
  const history = await call(proxy, ["GET", "/tenants/demo/deployments"]);
  const [bad] = list(history.body.deployments);
  assert.deepEqual([bad?.version, bad?.state], [2, "disabled"]);
  const audit = await call(proxy, ["GET", "/audit"]);
  const told = list(audit.body.lines).find(
    ({ action }) => String(action) === "traffic.rollback.automatic",
  );
  const { hook, code, at, id } = told?.detail?.request ?? {};
  assert.deepEqual([hook, code, at], ["requestFilter", "script_error", "main.ts:5:35"]);
  await proxy.waitFor((line) => line.msg === "request" && line.id === String(id));
  assert.match(await proxy.metrics(), /^sluice_rollbacks_total\{tenant="demo"\} 1$/m);

  const refused = await call(proxy, ["POST", "/tenants/demo/rollback"], { version: 2 });
  assert.equal(refused.status, 409);
  assert.equal((await call(proxy, ["POST", "/tenants/demo/enable"], {})).body.version, 2);
  assert.equal((await call(proxy, ["POST", "/tenants/demo/rollback"], { version: 2 })).status, 200);
});

test("a script that keeps failing is stopped by its breaker, and probed until it works", {
  timeout: 240_000,
}, async () => {
  await using origin = await SocketOrigin.start();
  const breaker = { minRequests: 10, failurePercent: 90, openMs: 200 };
  await using proxy = await TestProxy.start({
    config: oneTenant({ origin: [origin.address] }, { breaker, rollback: { automatic: false } }),
    env: WITH_TOKEN,
  });
  await deploy(
    proxy,
    `import { counter, definePhases } from "sluice";
    const isMended = counter("mended");
    export default definePhases({
      requestFilter() {
        if (isMended.get() === 0) throw new Error("always");
      },
      earlyRequestFilter(session) {
        if (session.request.headers.has("x-mend")) isMended.set(1);
      },
    });`,
  );
  const statuses = new Set<number>();
  while (!statuses.has(503)) statuses.add((await ask(proxy, "")).status);
  assert.deepEqual([...statuses], [500, 503]);
  const open = await ask(proxy, "");
  if (open.status === 503) assert.ok(open.headers.has("retry-after"));
  // the hook runs in a probe only, so that nothing but a probe can mend it
  let response = open;
  while (response.status !== 200) {
    response = await fetch(proxy.url, { headers: { connection: "close", "x-mend": "1" } });
    await response.text();
  }
  await proxy.waitFor(({ breaker: state }) => state === "half-open");
  while (!proxy.lines.some(({ breaker: state }) => state === "closed")) await ask(proxy, "");
  assert.match(await proxy.metrics(), /sluice_breaker_changes_total\{.*state="open"\} \d/);
});

test("clients that hang up close no breaker", { timeout: 240_000 }, async () => {
  const arrivals = new EventEmitter().setMaxListeners(0);
  await using origin = await httpOrigin((request, response) => {
    if (request.url === "/held") arrivals.emit("held");
    else response.end("answered");
  });
  const breaker = { minRequests: 10, failurePercent: 90, openMs: 100 };
  await using proxy = await TestProxy.start({
    config: oneTenant({ origin: [origin.address] }, { breaker, rollback: { automatic: false } }),
    env: WITH_TOKEN,
  });
  await deploy(
    proxy,
    `import { definePhases } from "sluice";
    export default definePhases({
      requestFilter() {},
      responseFilter() { throw new Error("always"); },
    });`,
  );
  const isOpen = () => proxy.lines.some(({ breaker: state }) => state === "open");
  while (!isOpen()) await ask(proxy, "");
  // a probe reaches the origin, and its client leaves before there is an answer to fail on
  let held = 0;
  arrivals.on("held", () => held++);
  while (held < 6) {
    const probe = begin(`${proxy.url}/held`, { agent: false }).on("error", () => {});
    const refused = once(probe, "response").then(([answer]) => answer.resume());
    probe.end();
    await Promise.race([refused, once(arrivals, "held")]);
    // a client that only closes its half would get its answer
    probe.socket?.resetAndDestroy();
  }
  const openings = () => proxy.lines.filter(({ breaker: state }) => state === "open").length;
  const opened = openings();
  while (openings() === opened) await ask(proxy, "");
  const states = proxy.lines.map(({ breaker: state }) => state);
  assert.equal(states.includes("closed"), false);
});
