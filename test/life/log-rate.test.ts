// A tenant that logs without end: the log that all share has a bound for each of them.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { TestProxy } from "./proxy.ts";
import { answering, ok, RawOrigin } from "./raw-origin.ts";

const SCRIPT = `import { definePhases, log } from "sluice";
export default definePhases({
  logging() { for (let i = 0; i < 20; i++) log.info("y".repeat(1_000)); },
});
`;
/** A second's worth, of which ten may come at once. */
const PER_SECOND = 2_048;
const BURST = 10 * PER_SECOND;

const origin = await RawOrigin.start(answering(ok()));
after(() => origin[Symbol.asyncDispose]());

test("what a tenant's scripts log beyond limits.logBytesPerSecond is dropped and counted", async () => {
  const upstreams = { main: { peers: [origin.address] } };
  const limits = { logBytesPerSecond: PER_SECOND };
  const proxy = await TestProxy.start({
    files: { "main.ts": SCRIPT },
    config: {
      workers: 1,
      tenants: {
        loud: { hosts: ["127.0.0.1"], upstreams, script: "main.ts", limits },
        quiet: { hosts: ["localhost"], upstreams, script: "main.ts" },
      },
    },
  });
  after(() => proxy[Symbol.asyncDispose]());
  const started = performance.now();
  for (let i = 0; i < 20; i++) await (await fetch(proxy.url)).text();
  await (await fetch(proxy.url.replace("127.0.0.1", "localhost"))).text();
  await proxy.waitFor(({ msg }) => /^log lines of the script are dropped/.test(msg ?? ""));
  await proxy.waitFor(({ tenant, msg }) => tenant === "quiet" && /^y+$/.test(msg ?? ""));

  const metrics = await proxy.metrics();
  const figure = (name: string, tenant: string): number =>
    Number(new RegExp(`^${name}\\{tenant="${tenant}"\\} (\\d+)$`, "m").exec(metrics)?.[1]);
  const most = BURST + ((performance.now() - started) * PER_SECOND) / 1_000;
  const written = figure("sluice_tenant_log_bytes_total", "loud");
  const dropped = figure("sluice_tenant_log_dropped_total", "loud");
  assert.ok(written > 0 && written <= most, `${written} of at most ${most}`);
  assert.equal(figure("sluice_tenant_log_lines_total", "loud") + dropped, 400);
  assert.equal(figure("sluice_tenant_log_lines_total", "quiet"), 20);
});
