// A rate limit of three proxies over a minute of windows: load that moves from one to the other,
// PostgreSQL stopped, killed and started again. No window has more than the limit and its tenth.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Folder } from "../control/store-stand.ts";
import { newStore, server, skip } from "../life/cluster-server.ts";
import { options, plainOrigin } from "../life/cluster-stand.ts";
import { TestProxy } from "../life/proxy.ts";
import { LimitWindows } from "../support/limit-windows.ts";

after(() => server?.[Symbol.asyncDispose]());

const NODES = 3;
const LIMIT = 150;
/** The limit, and a tenth of it. */
const BOUND = 165;
const WINDOW_MS = 1_000;
/** More than all of the limit, from one proxy after the other, from two, and from all. */
const LOADS = [
  [20, 1, 1],
  [1, 20, 1],
  [1, 1, 20],
  [0, 15, 15],
  [12, 12, 12],
];
const WINDOWS_OF_A_LOAD = 3;
/** Too short to be noticed, noticed, and long enough to share windows. */
const STOPPED_MS = [500, 1_500, 2_500, 4_500, 12_000];
/** Until nobody shares windows without PostgreSQL any more, and one alone may have all of one. */
const SETTLED_WINDOWS = 14;

const SCRIPT = `
import { definePhases, rateLimit } from "sluice";
const requests = rateLimit("requests", {
  limit: ${LIMIT}, windowMs: ${WINDOW_MS}, algorithm: "fixed-window", scope: "cluster",
});
export default definePhases({
  requestFilter() {
    const { allowed } = requests.take("everybody");
    return new Response(null, { status: allowed ? 200 : 429 });
  },
});
`;

for (const isolation of ["inline", "process"]) {
  test(`${isolation}: a limit of three proxies holds whatever becomes of PostgreSQL`, {
    skip,
  }, async (t) => {
    await using origin = await plainOrigin();
    await using given = new AsyncDisposableStack();
    const store = await newStore();
    const { env = {} } = options(store, origin.address);
    const upstreams = { origin: { peers: [origin.address] } };
    const tenants = { demo: { hosts: ["*"], upstreams, isolation, script: "main.ts" } };
    const ports: number[] = [];
    for (let i = 0; i < NODES; i++) {
      const { path: folder } = given.use(await Folder.make());
      const files = { "main.ts": SCRIPT };
      const proxy = await TestProxy.start({ env, folder, files, config: { store, tenants } });
      ports.push(given.use(proxy).port);
    }
    const seen: (readonly number[])[] = [];
    const run = async (requests: readonly number[], windows: number): Promise<number> => {
      const load = new LimitWindows({ ports, hosts: ["demo"], windowMs: WINDOW_MS, requests });
      let most = 0;
      for (let i = 0; i < windows; i++) {
        const [passed = []] = await load.next();
        seen.push(passed);
        const sum = sumOf(passed);
        assert.ok(sum <= BOUND, `${sum} of ${BOUND}: ${seen.map((one) => `[${one}]`)}`);
        most = Math.max(most, ...passed);
      }
      return most;
    };
    for (const load of LOADS) await run(load, WINDOWS_OF_A_LOAD);
    for (const [i, load] of LOADS.entries()) {
      const stoppedMs = STOPPED_MS[i] ?? 0;
      const stopped = (async () => {
        await sleep(Math.random() * WINDOW_MS);
        await server?.signal("SIGSTOP");
        await sleep(stoppedMs);
        await server?.signal("SIGCONT");
      })();
      await Promise.all([run(load, WINDOWS_OF_A_LOAD + stoppedMs / WINDOW_MS), stopped]);
    }
    const killed = server?.kill().then(() => server?.resume());
    await Promise.all([run([12, 12, 12], WINDOWS_OF_A_LOAD), killed]);
    const most = await run([20, 1, 1], SETTLED_WINDOWS);
    assert.ok(most > LIMIT / NODES, `${most}: one alone has more than its share again`);
    const sums = seen.map(sumOf);
    t.diagnostic(`${sums.length} windows, ${Math.max(...sums)} let through at most of ${BOUND}`);
    t.diagnostic(`[${seen.map((one) => one.join("+")).join(" ")}]`);
  });
}

const sumOf = (passed: readonly number[]): number => passed.reduce((one, other) => one + other, 0);
