// Checks by gRPC's health protocol: what makes a peer sound, with grpc-js as the server.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import type { HealthConfig } from "../../src/base/config/upstream/types.ts";
import { HealthCheck } from "../../src/upstream/control/health-check.ts";
import { headers, type RawHttp2 } from "../support/http2-client.ts";
import { FrameOrigin } from "./http2-origin.ts";
import { Stand } from "./stand.ts";

const CONFIG: HealthConfig = {
  ...{ kind: "grpc", service: "", path: "/", host: null, headers: {}, statuses: [], header: null },
  ...{ body: null, intervalMs: 2_000, fastIntervalMs: 500, timeoutMs: 10_000, rise: 2, fall: 3 },
  jitterPercent: 0,
};
const [UNKNOWN, SERVING, NOT_SERVING] = [0, 1, 2];

const same = (bytes: Buffer): Buffer => bytes;
const states = new Map([
  ["", SERVING],
  ["shop.Orders", NOT_SERVING],
  ["shop.Carts", UNKNOWN],
]);
const server = new Server();
server.addService(
  {
    check: {
      path: "/grpc.health.v1.Health/Check",
      ...{ requestStream: false, responseStream: false },
      ...{ requestSerialize: same, requestDeserialize: same },
      ...{ responseSerialize: same, responseDeserialize: same },
    },
  },
  {
    check({ request }: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) {
      const state = states.get(request.subarray(2).toString());
      if (state === undefined) return done({ code: status.NOT_FOUND });
      done(null, Buffer.from(state === UNKNOWN ? [] : [8, state]));
    },
  },
);
const port = await new Promise<number>((resolve) => {
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_error, bound) =>
    resolve(bound),
  );
});
after(() => server.forceShutdown());

async function resultOf(service: string, address = `127.0.0.1:${port}`): Promise<string | null> {
  using stand = new Stand({ kind: "sluice" });
  const peer = stand.peer({ address }, { protocol: "http2" });
  const config = { ...CONFIG, service };
  const { transport } = stand;
  const result = await new Promise<string | null>((resolve) => {
    new HealthCheck({ config, peer, name: address, transport }, resolve);
  });
  while (transport.counts.open > 0) await new Promise((resolve) => setImmediate(resolve));
  return result;
}

test("a server and a service that are serving are sound; others say why not", async () => {
  assert.equal(await resultOf(""), null);
  states.set("shop.Users", SERVING);
  assert.equal(await resultOf("shop.Users"), null);
  assert.equal(await resultOf("shop.Orders"), "it is not serving");
  assert.equal(await resultOf("shop.Carts"), "it is not serving");
  assert.equal(await resultOf("shop.None"), "it answered with grpc-status 5");
});

test("a peer that does not know gRPC is not sound", async () => {
  const answers = [
    [[":status", "404"]],
    [[":status", "200"]],
    [
      [":status", "200"],
      ["grpc-status", "12"],
    ],
  ] as const;
  const said: (string | null)[] = [];
  for (const answer of answers) {
    await using origin = await FrameOrigin.listen(async (peer: RawHttp2) => {
      await peer.ended(1);
      peer.send(headers(1, answer));
    });
    said.push(await resultOf("", origin.address));
  }
  assert.deepEqual(said, [
    "it answered with status 404",
    "it answered with grpc-status none",
    "it answered with grpc-status 12",
  ]);
});
