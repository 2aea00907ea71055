// Counters are exact across workers: however many requests come at once, no value is given twice.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { oneTenant, TestProxy } from "./proxy.ts";

const SCRIPT = `import { counter, definePhases } from "sluice";
const hits = counter("n");
export default definePhases({
  requestFilter: () => new Response(null, { status: 204, headers: { "x-n": "" + hits.incr() } }),
});`;

const CONNECTIONS = 64;
const REQUESTS = 40_000;
const WORKERS = 4;
/** Requests that a connection sends ahead: the client shall not be what takes the time. */
const AHEAD = 16;
const REQUEST = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
/**
 * A hook that the machine keeps from its processor beyond `hookMs` is ended and runs a second time,
 * and counts a second time. That is not what this test is about.
 */
const PATIENT = { hookMs: 5_000 };
const HEADER = /\r\nx-n: (\d+)\r\n/gi;

/** One connection that counts down the requests that are left, and marks each number it gets. */
async function ask(port: number, left: { count: number }, seen: Uint8Array): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  let open = 0;
  let rest = "";
  const fill = (): void => {
    let text = "";
    for (; open < AHEAD && left.count > 0; open++, left.count--) text += REQUEST;
    if (text !== "") socket.write(text, "latin1");
    if (open === 0) socket.end();
  };
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    const text = rest + chunk;
    const end = text.lastIndexOf("\r\n\r\n") + 4;
    rest = text.slice(end);
    for (const [, n] of text.slice(0, end).matchAll(HEADER)) {
      const index = Number(n);
      seen[index] = (seen[index] ?? 0) + 1;
      open--;
    }
    if (open < AHEAD / 2) fill();
  });
  fill();
  await once(socket, "close");
  assert.equal(open, 0, "a connection ended before all its answers came");
}

test("40,000 requests over four workers count from 1 to 40,000", {
  timeout: 240_000,
}, async () => {
  await using proxy = await TestProxy.start({
    files: { "main.ts": SCRIPT },
    config: {
      ...oneTenant({ none: ["127.0.0.1:1"] }, { script: "main.ts", limits: PATIENT }),
      workers: WORKERS,
      log: { access: "off" },
    },
  });
  const seen = new Uint8Array(REQUESTS + 1);
  const left = { count: REQUESTS };
  await Promise.all(Array.from({ length: CONNECTIONS }, () => ask(proxy.port, left, seen)));
  assert.equal(seen.indexOf(0, 1), -1, "a number is missing");
  assert.ok(
    seen.every((times) => times <= 1),
    "a number came twice",
  );
  assert.match(await proxy.metrics(), /sluice_script_value\{tenant="demo",name="n"\} 40000\n/);
});
