// What a script adds to a request, without sockets and HTTP: the two chains of the bench's script
// through the real phases, in the inline lane or in a cell of its own; or, given the bytes of a
// chunk, one chunk in each direction through the hooks of peers/sluice-body-script.ts. The lowest
// of many short runs counts, since others use the machine too.
//
//     node bench/micro/lanes.ts [inline|cell] [requests at a time] [runs] [bytes of a chunk]

import { Exchange } from "../../src/phases/exchange.ts";
import { runPhases } from "../../src/phases/run.ts";
import { CHAIN } from "../../src/phases/table.ts";
import { toPeer } from "../../src/upstream/peer.ts";
import { HOOKS } from "../../src/wire/phases.ts";
import { SOURCE } from "../../src/wire/response-sources.ts";
import { NO_SERVICES } from "../../test/support/services.ts";
import { startLane, TENANT } from "./lane-start.ts";

const [kind = "inline", atOnce = "32", runs = "20", chunkBytes = "0"] = process.argv.slice(2);
const chunk = { bytes: Buffer.alloc(Number(chunkBytes), "a"), isEnd: false };
const hasBodies = chunk.bytes.length > 0;
const REQUESTS = 5_000;
const REQUEST = "Host: 127.0.0.1:8080\r\nX-Forwarded-For: 127.0.0.1\r\n";
const RESPONSE =
  "Server: nginx/1.22.1\r\nDate: Sun, 22 Nov 2026 21:00:00 GMT\r\n" +
  "Content-Type: text/plain\r\nContent-Length: 20\r\n";

const peer = toPeer("127.0.0.1:9001", {});
if (peer === null) throw new Error("expected a peer");
const facts = {
  peer,
  local: "127.0.0.1:43210",
  protocol: "HTTP/1.1" as const,
  tls: false,
  tlsDigest: null,
  connectMs: 0.2,
  establishedMs: 0,
};
const file = hasBodies ? "../peers/sluice-body-script.ts" : "../peers/sluice-script.ts";
const { deployment, counts, usedMs, stop } = await startLane(
  kind === "cell" ? "cell" : "inline",
  file,
);

let left = 0;
let done: () => void = () => {};
let open = 0;

function begin(): void {
  if (left-- <= 0) {
    if (--open === 0) done();
    return;
  }
  const exchange = new Exchange({
    ...{ id: "0123456789abcdef01234567", startMs: Date.now() + 0.25, tenant: TENANT, meter: null },
    ...{
      client: { address: "127.0.0.1", port: 54_321, tlsText: "" },
      version: "1.1",
      deployment,
      outer: null,
    },
    ...{
      host: "127.0.0.1:8080",
      authority: "127.0.0.1:8080",
      states: null,
      mayHaveTrailers: false,
    },
    ...NO_SERVICES,
    ...{ method: "GET", target: "/", headers: REQUEST },
  });
  const { request, requestBody } = CHAIN;
  const layer = exchange;
  const input = hasBodies
    ? { layer, chain: requestBody, chunk }
    : { layer, chain: request, chunk: null };
  runPhases(exchange, input, () => answer(exchange));
}

function answer(exchange: Exchange): void {
  exchange.upstream = facts;
  exchange.isReused = true;
  exchange.response = { status: 200, headers: RESPONSE, mayHaveId: false, source: SOURCE.upstream };
  const { response, responseBody } = CHAIN;
  const layer = exchange;
  const input = hasBodies
    ? { layer, chain: responseBody, chunk }
    : { layer, chain: response, chunk: null };
  runPhases(exchange, input, ({ error, body }) => {
    if (error !== null) throw error;
    if (hasBodies && body?.length !== chunk.bytes.length) throw new Error("the chunk is lost");
    begin();
  });
}

async function run(): Promise<{ own: number; cell: number; wall: number; turns: number }> {
  left = REQUESTS;
  counts.turns = 0;
  open = Number(atOnce);
  const { promise, resolve } = Promise.withResolvers<void>();
  done = resolve;
  const [cpu, cellBefore, startMs] = [process.cpuUsage(), usedMs(), performance.now()];
  for (let i = 0; i < Number(atOnce); i++) begin();
  await promise;
  const wall = ((performance.now() - startMs) * 1_000) / REQUESTS;
  const { user, system } = process.cpuUsage(cpu);
  const cell = ((usedMs() - cellBefore) * 1_000) / REQUESTS;
  return { own: (user + system) / REQUESTS, cell, wall, turns: counts.turns / REQUESTS };
}

const results: Awaited<ReturnType<typeof run>>[] = [];
for (let i = 0; i < Number(runs); i++) results.push(await run());
const least = (pick: (result: (typeof results)[number]) => number): string =>
  Math.min(...results.map(pick)).toFixed(2);
console.log(
  `${HOOKS.filter((_, hook) => (deployment.hooks >> hook) & 1).join(", ")}: µs of a request`,
);
console.log(`worker ${least((one) => one.own)}, cell ${least((one) => one.cell)}`);
console.log(`both ${least((one) => one.own + one.cell)}, wall ${least((one) => one.wall)}`);
console.log(`first run ${results[0]?.own.toFixed(2)} and ${results[0]?.cell.toFixed(2)}`);
console.log(`turns a request ${results.at(-1)?.turns.toFixed(3)}`);
stop();
