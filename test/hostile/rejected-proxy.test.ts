// A rejected Proxy whose getter never returns: the library reads the reason of an unhandled
// rejection outside every time limit, and neither the watchdog nor a disposal ends it. In the
// inline lane the worker hangs, so the process is given up: a successor takes over its sockets.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TwoTenants } from "./two-tenants.ts";

test("a worker that spins in a rejected Proxy is named, and a successor serves", async () => {
  await using tenants = await TwoTenants.start(
    `requestFilter(session) {
      if (session.request.headers.get("how") === "spin")
        void Promise.reject(new Proxy({}, { get() { for (;;); } }));
      return new Response("answered");
    }`,
    { limits: { hookMs: 150 } },
  );
  const { proxy } = tenants;
  assert.ok(await tenants.isNeighbourFine());
  const lost = tenants.attack("How: spin\r\n").catch(() => null);
  await proxy.exited();
  await proxy.complains(/worker 1 is stuck by the script of tenant attacker/);
  assert.equal(proxy.pids().length, 2);
  assert.ok(await tenants.isNeighbourFine(), "the neighbour is served again");
  assert.equal((await tenants.attack()).body, "answered");
  await lost;
});
