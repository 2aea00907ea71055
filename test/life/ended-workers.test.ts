// A worker that ends takes nothing along that it had counted: a sum that falls is a restart for
// Prometheus, and a burst afterwards.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call, list, WITH_TOKEN } from "./control.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { exchange } from "./raw-client.ts";
import { answering, ok, RawOrigin } from "./raw-origin.ts";

const preload = (file: string): readonly string[] => [
  "--import",
  new URL(file, import.meta.url).href,
];

const ask = (proxy: TestProxy, path: string) =>
  exchange(proxy.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);

interface Counted {
  readonly requests: number;
  readonly durations: number;
  readonly accepted: number;
}

function countedIn(page: string): Counted {
  const sum = (line: RegExp): number =>
    [...page.matchAll(line)].reduce((all, [, value]) => all + Number(value), 0);
  return {
    requests: sum(/^sluice_requests_total\{.*\} (\d+)$/gm),
    durations: sum(/^sluice_request_duration_seconds_count (\d+)$/gm),
    accepted: sum(/^sluice_client_connections_total (\d+)$/gm),
  };
}

const died = (proxy: TestProxy) =>
  proxy.lines.some(({ msg }) => msg === "a worker ended by itself");

test("what a worker had told when it was gone without a word stays, and no sum ever falls", async () => {
  await using origin = await RawOrigin.start(answering(ok("a")));
  await using proxy = await TestProxy.start({
    env: WITH_TOKEN,
    nodeArgs: preload("./leave-one.mjs"),
    config: oneTenant({ origin: [origin.address] }),
  });
  for (let i = 0; i < 20; i++) await ask(proxy, "/");
  const whole = { requests: 20, durations: 20, accepted: 20 };
  // the end of a request comes a moment behind its answer
  while (countedIn(await proxy.metrics()).requests < 20);
  assert.deepEqual(countedIn(await proxy.metrics()), whole);
  proxy.signal("SIGWINCH");
  for (let isBack = false; !isBack; ) {
    const hasDied = died(proxy);
    const response = await fetch(`${proxy.admin}/metrics`, { headers: { connection: "close" } });
    const page = await response.text();
    assert.deepEqual(countedIn(page), whole);
    isBack = hasDied && page.includes("\nsluice_workers 1\n");
  }
  // it answers before it listens
  while ((await ask(proxy, "/").catch(() => null)) === null);
  while (countedIn(await proxy.metrics()).requests < 21);
  const status = await call(proxy, ["GET", "/status"]);
  const usage = await call(proxy, ["GET", "/tenants/demo/usage"]);
  assert.equal(status.body.requests, 21);
  assert.equal(usage.body.requests, 21);
});

const SCRIPT = `
  import { definePhases, log } from "sluice";
  export default definePhases({
    requestFilter({ request }) {
      if (request.path === "/talks") for (let i = 0; i < 5; i++) log.info("a line");
      return new Response("a");
    },
  });`;

test("a worker that fails tells what it has counted by then, and what one request used is known", async () => {
  await using proxy = await TestProxy.start({
    env: WITH_TOKEN,
    nodeArgs: preload("./throw-in-one.mjs"),
    files: { "main.ts": SCRIPT },
    config: oneTenant({ origin: ["127.0.0.1:1"] }, { script: "main.ts", isolation: "inline" }),
  });
  await ask(proxy, "/talks");
  const linesUsed = async (): Promise<number> => {
    const { body } = await call(proxy, ["GET", "/tenants/demo/limits"]);
    return Number(list(body.limits).find(({ name }) => String(name) === "logLines")?.used);
  };
  // a worker that is busy for a second does not tell
  while ((await linesUsed()) !== 5);
  for (let i = 0; i < 9; i++) await ask(proxy, "/");
  await proxy.waitFor(() => proxy.requests().length === 10);
  proxy.signal("SIGWINCH");
  await proxy.waitFor(() => died(proxy));
  // the next one has none at first
  let page = "";
  while (!page.includes("\nsluice_isolates 1\n")) page = await proxy.metrics();
  assert.equal(countedIn(page).requests, 10);
  assert.equal(countedIn(page).durations, 10);
  assert.equal(await linesUsed(), 5);
});
