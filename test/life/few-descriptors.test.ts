// A proxy with few descriptors: clients hear that there is no room, no peer is blamed, it lives.

import assert from "node:assert/strict";
import { test } from "node:test";
import { httpOrigin } from "./http-origin.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { RawClient } from "./raw-client.ts";

const FEW = 256;
const CLIENTS = 1_000;

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  requestFilter({ request }) {
    if (request.target === "/kill") [].indexOf.call({ length: 2 ** 53 - 1 });
  },
});`;

test("more clients than there are descriptors for hear so, none gets 502, all are served later", async () => {
  let most = 0;
  let now = 0;
  await using origin = await httpOrigin((_request, response) => {
    most = Math.max(most, ++now);
    setTimeout(() => {
      now--;
      response.end("here");
    }, 20);
  });
  await using proxy = await TestProxy.start({
    files: { "main.ts": SCRIPT },
    config: {
      ...oneTenant({ origin: [origin.address] }, { script: "main.ts", isolation: "process" }),
      cells: { sandbox: "off" },
    },
    descriptors: FEW,
  });
  const warning = await proxy.waitFor(({ msg }) => /^ulimit -n is too low/.test(msg ?? ""));
  const room = Number(warning.connections);
  const statuses = new Map<number, number>();
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () => RawClient.to(proxy.port)),
  );
  // a cell ends while there is no descriptor to spare for another
  await Promise.all(
    clients.map(async (client, i) => {
      client.send(`GET ${i === 0 ? "/kill" : "/"} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
      const status = await client.response().then(
        (answer) => answer.status,
        () => 0,
      );
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }),
  );
  assert.deepEqual(
    [...statuses.keys()].filter((status) => ![0, 200, 500, 503].includes(status)),
    [],
  );
  assert.ok((statuses.get(200) ?? 0) >= room - 1, JSON.stringify([...statuses]));
  assert.ok((statuses.get(503) ?? 0) > 0, JSON.stringify([...statuses]));
  assert.ok(most <= room);
  // who was closed without a word was counted, and the log has said so
  const metrics = await proxy.metrics();
  const dropped = /connections_dropped_total\{reason="full"\} (\d+)/.exec(metrics)?.[1];
  assert.ok(Number(dropped ?? 0) >= (statuses.get(0) ?? 0), `${dropped} ${statuses.get(0)}`);
  if (dropped !== undefined) await proxy.waitFor(({ msg }) => /closed unanswered/.test(msg ?? ""));
  for (const client of clients) client.socket.destroy();
  for (let status = 0; status !== 200; ) {
    await using again = await RawClient.to(proxy.port);
    again.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    status = await again.response().then(
      (answer) => answer.status,
      () => 0,
    );
  }
  const refused = proxy.requests().filter(({ error }) => error === "overloaded");
  assert.match(String(refused[0]?.reason), new RegExp(`over ${room} connections \\(ulimit -n\\)`));
  assert.equal(await proxy.stop(), 0);
});

test("a limit with which nobody could be served is refused at the start", async () => {
  await using proxy = await TestProxy.launch({
    config: oneTenant({ origin: ["127.0.0.1:9"] }),
    descriptors: 100,
  });
  assert.equal(await proxy.exited(), 1);
  await proxy.complains(/Cannot serve: expected a limit of \d+ or more open files .* got 100/);
});
