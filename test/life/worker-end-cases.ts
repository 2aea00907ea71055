// The ways in which worker threads end, each with what must be true of it: the proxy ends with the
// status that it should have, and by no signal; and no worker had to be terminated from outside.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { oneTenant, type ProxyOptions, TestProxy } from "./proxy.ts";
import { SocketOrigin } from "./socket-origin.ts";
import { SteadyLoad } from "./steady-load.ts";

const PRELOAD = new URL("./worker-ends.ts", import.meta.url).href;

const SCRIPT = `
  import { counter, definePhases } from "sluice";
  const seen = counter("seen");
  export default definePhases({
    requestFilter(session) {
      seen.incr();
      if (session.request.target === "/busy") for (;;);
    },
  });
`;

/** For the next signal not to be taken for an echo of the first, and not to come twice. */
const ECHO_MS = 1_200;

export type Environment = Readonly<Record<string, string>>;

interface Stand {
  readonly env: Environment;
  readonly origin: SocketOrigin;
}

export const END_CASES: Readonly<Record<string, (stand: Stand) => Promise<void>>> = {
  "a script that throws at the start": async ({ env, origin }) => {
    const files = { "main.ts": `${SCRIPT}; throw new Error("thrown by the script");` };
    await refused({ files, config: configOf(origin), env }, /thrown by the script/);
  },

  "a listener that is taken": async ({ env, origin }) => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    try {
      const bound = taken.address();
      if (typeof bound !== "object" || bound === null) throw new Error("no address");
      const listeners = [{ address: `127.0.0.1:${bound.port}` }];
      const config = { ...configOf(origin), listeners };
      await refused({ files: { "main.ts": SCRIPT }, config, env }, /Cannot listen on/);
    } finally {
      taken.close();
    }
  },

  "SIGTERM after a reload under load": async (stand) => {
    await using proxy = await started(stand);
    const load = new SteadyLoad(proxy.port, 8);
    await load.more(50);
    await proxy.write("main.ts", `${SCRIPT}\nconst other = 1;`);
    proxy.signal("SIGHUP");
    await proxy.waitFor(({ msg }) => msg === "reloaded");
    await load.more(50);
    assert.deepEqual(load.failures, []);
    await endsWell(proxy);
    await load.stop();
  },

  "a second SIGTERM while hooks are busy": async (stand) => {
    await using proxy = await started(stand);
    const asked = ["/busy", "/busy", "/held"].map(async (path) => {
      const answer = await fetch(proxy.url + path, { headers: { connection: "close" } });
      return await answer.text();
    });
    const lost = Promise.allSettled(asked);
    while (!/name="seen"\} [1-9]/.test(await (await fetch(`${proxy.admin}/metrics`)).text()));
    proxy.signal("SIGTERM");
    const isGivenUp = () => proxy.lines.some(({ msg }) => msg === "requests were still under way");
    while (!isGivenUp()) {
      proxy.signal("SIGTERM");
      await wait(ECHO_MS);
    }
    assert.equal(await proxy.exited(), 0);
    endedByThemselves(proxy);
    await lost;
  },

  "workers that die under load": async (stand) => {
    await using proxy = await started(stand);
    const load = new SteadyLoad(proxy.port, 8);
    await load.more(50);
    proxy.signal("SIGWINCH");
    const died = (worker: number) =>
      proxy.waitFor((line) => line.msg === "a worker ended by itself" && line.worker === worker);
    for (const worker of [1, 2]) {
      const { reason } = await died(worker);
      assert.match(String(reason), /thrown by the test/);
    }
    await load.stop();
    const again = await answered(proxy);
    assert.equal(again, "plain");
    await endsWell(proxy);
  },

  "a worker whose successor does not start the first times": async (stand) => {
    await using proxy = await started(
      stand,
      `${SCRIPT}
      const start = counter("starts").incr();
      if (start === 2 || start === 3) throw new Error("thrown by the script");`,
    );
    proxy.signal("SIGWINCH");
    await proxy.waitFor(({ msg }) => msg === "a worker ended by itself");
    for (const tries of [1, 2]) {
      await proxy.waitFor(
        (line) => line.msg === "a worker could not serve what is live" && line.tries === tries,
      );
    }
    assert.equal(await answered(proxy), "plain");
    await endsWell(proxy);
  },

  "a handover under load": async (stand) => {
    await using proxy = await started(stand);
    const load = new SteadyLoad(proxy.port, 8);
    await load.more(50);
    proxy.signal("SIGUSR2");
    await proxy.waitFor(() => proxy.pids().length === 2);
    await load.more(50);
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.equal(await proxy.exited(), 0);
    proxy.signal("SIGTERM");
    await proxy.waitFor(() => proxy.lines.filter(({ msg }) => msg === "stopped").length === 2);
    endedByThemselves(proxy);
  },
};

/** Rejects if it does not end as it should. */
export async function runEnd(title: string, env: Environment): Promise<void> {
  await using origin = await SocketOrigin.start();
  await END_CASES[title]?.({ env, origin });
}

const configOf = (origin: SocketOrigin): Record<string, unknown> => ({
  ...oneTenant({ origin: [origin.address] }, { script: "main.ts", limits: { hookMs: 10_000 } }),
  workers: 2,
  log: { access: "off" },
  timeouts: { shutdownMs: 60_000, drainMs: 60_000 },
});

const started = ({ env, origin }: Stand, alone?: string): Promise<TestProxy> =>
  TestProxy.start({
    files: { "main.ts": alone ?? SCRIPT },
    config: { ...configOf(origin), workers: alone === undefined ? 2 : 1 },
    env,
    nodeArgs: ["--import", PRELOAD],
  });

async function refused(options: ProxyOptions, complaint: RegExp): Promise<void> {
  await using proxy = await TestProxy.launch(options);
  assert.equal(await proxy.exited(), 1);
  await proxy.complains(complaint);
  endedByThemselves(proxy);
}

async function endsWell(proxy: TestProxy): Promise<void> {
  assert.equal(await proxy.stop(), 0);
  await proxy.waitFor(({ msg }) => msg === "stopped");
  endedByThemselves(proxy);
}

function endedByThemselves({ lines, process: { signalCode } }: TestProxy): void {
  assert.equal(signalCode, null);
  assert.deepEqual(
    lines.filter(({ msg }) => msg === "a worker did not end by itself: it is terminated"),
    [],
  );
}

/** The first answer once somebody listens again. */
async function answered(proxy: TestProxy): Promise<string> {
  for (;;) {
    try {
      const answer = await fetch(proxy.url, { headers: { connection: "close" } });
      return await answer.text();
    } catch {
      await wait(20);
    }
  }
}
