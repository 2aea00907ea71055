// A client that sends a request and resets the connection before the proxy has accepted it: nobody
// knows any more who it was. Such a request must not begin, since hooks and the log would take the
// unknown address for somebody's.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { nearSide } from "../life/near-side.ts";
import { exchange, RawClient } from "../life/raw-client.ts";
import { answering, ok } from "../life/raw-origin.ts";

const SCRIPT = `
  import { definePhases, log } from "sluice";
  export default definePhases({
    requestFilter({ client, request }) {
      log.info("from " + client.address + ":" + client.port + " " + request.target);
    },
  });`;

const CLIENTS = 20;

/** A signal takes its time to stop the last thread, on a busy machine more than one notices. */
function isStopped(pid: number): boolean {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.every((thread) =>
    /\) T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, "latin1")),
  );
}

const skip = process.platform === "linux" ? false : "what is stopped is read from /proc";

test("a request whose sender is gone before it is accepted does not begin", { skip }, async () => {
  const { origin, proxy } = await nearSide({
    tenant: { script: "main.ts" },
    files: { "main.ts": SCRIPT },
  });
  await origin.reset(answering(ok()));
  proxy.signal("SIGSTOP"); // its kernel takes connections all the same
  try {
    while (!isStopped(proxy.pids().at(-1) ?? 0)) await setImmediate();
    for (let i = 0; i < CLIENTS; i++) {
      const client = await RawClient.to(proxy.port);
      await client.sendAlone(`GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`);
      client.socket.resetAndDestroy();
    }
  } finally {
    proxy.signal("SIGCONT");
  }
  // connections are accepted in their order
  await exchange(proxy.port, "GET /last HTTP/1.1\r\nHost: a\r\n\r\n");
  await proxy.waitFor((line) => line.msg === "request" && line.target === "/last");
  for (const line of proxy.requests()) assert.match(`${line.client}`, /^127\.0\.0\.1$/);
  for (const line of proxy.scriptLines()) assert.match(line, /^from 127\.0\.0\.1:[1-9]\d* \//);
  assert.deepEqual(
    proxy.requests().map(({ target }) => target),
    ["/last"],
  );
});
