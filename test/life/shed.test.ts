// How a request is refused that is too many for its worker: before any hook, as its tenant's errors
// look, on a connection that stays, with a line in the log and a count of its tenant.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Http2Client } from "./http2-client.ts";
import { TestProxy } from "./proxy.ts";
import { RawClient, type RawResponse, values } from "./raw-client.ts";
import { answering, ok, RawOrigin } from "./raw-origin.ts";

const OPERATOR = `
  import { definePhases, log } from "sluice";
  export default definePhases({
    requestFilter: ({ request }) => log.info("operator " + request.target),
    failToProxy: () => new Response("the operator's", { status: 500 }),
  });`;

const answers = answering(ok("served"));
const origin = await RawOrigin.start((connection) => {
  if (!connection.text.startsWith("GET /held ")) answers(connection);
});
after(() => origin[Symbol.asyncDispose]());
const upstreams = { main: { peers: [origin.address] } };
const proxy = await TestProxy.start({
  files: { "operator.ts": OPERATOR },
  config: {
    workers: 1,
    listeners: [{ address: "127.0.0.1:0", http2: true }],
    trustedProxies: ["127.0.0.9"],
    overload: { requests: 1 },
    operator: { script: "operator.ts" },
    tenants: {
      plain: { hosts: ["plain.test"], upstreams },
      own: {
        hosts: ["own.test"],
        upstreams,
        errorPages: { 503: { body: "<p>{{code}} {{requestId}}</p>" } },
        headers: { response: { set: { "x-own": "1" } } },
      },
    },
  },
});
after(() => proxy[Symbol.asyncDispose]());

const head = (line: string, host: string, more = ""): string =>
  `${line} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;

before(async () => {
  // two that nobody answers: from now on there is one too many
  for (let n = 0; n < 2; n++) {
    const client = await RawClient.to(proxy.port);
    client.send(head("GET /held", "plain.test"));
    after(() => client[Symbol.asyncDispose]());
  }
  await proxy.waitFor(({ msg }) => /^overloaded: /.test(msg ?? ""));
});

/** Asks until it is refused: one of twenty is not. */
async function refused(request: string, from = "127.0.0.1"): Promise<[RawClient, RawResponse]> {
  const method = request.slice(0, request.indexOf(" "));
  for (;;) {
    const client = await RawClient.to(proxy.port, from);
    const response = await client.send(request).response(method);
    if (response.status === 503) return [client, response];
    await client[Symbol.asyncDispose]();
  }
}

const idOf = (response: RawResponse): string => values(response, "x-request-id").join();

test("it is told so in a document with its id, and may ask again on the same connection", async () => {
  const [client, response] = await refused(head("GET /1", "plain.test"));
  const { code, requestId, status } = JSON.parse(response.body);
  assert.deepEqual([code, requestId, status], ["overloaded", idOf(response), 503]);
  assert.deepEqual(values(response, "retry-after"), ["1"]);
  assert.deepEqual(values(response, "connection"), []);
  for (const n of [2, 3, 4]) {
    client.send(head(`GET /${n}`, "plain.test") + head(`HEAD /${n}`, "plain.test"));
    assert.ok([200, 503].includes((await client.response()).status));
    const { status: again, body } = await client.response("HEAD");
    assert.ok([200, 503].includes(again));
    assert.equal(body, "");
  }
  await client[Symbol.asyncDispose]();
});

test("where its body is on its way the connection ends behind the answer", async () => {
  const [client, response] = await refused(
    `${head("POST /", "plain.test", "Content-Length: 10\r\n")}0123456789`,
  );
  assert.deepEqual(values(response, "connection"), ["close"]);
  client.endHalf();
  await client.closed();
  assert.equal(client.text, "");
});

test("its tenant's error pages and headers are on it, and no hook has seen it", async () => {
  const [client, response] = await refused(head("GET /unseen", "own.test"));
  assert.equal(response.body, `<p>overloaded ${idOf(response)}</p>`);
  assert.deepEqual(values(response, "content-type"), ["text/html; charset=utf-8"]);
  assert.deepEqual(values(response, "x-own"), ["1"]);
  await client[Symbol.asyncDispose]();
  const line = await proxy.waitFor((one) => one.msg === "request" && one.id === idOf(response));
  assert.deepEqual([line.tenant, line.status, line.error], ["own", 503, "overloaded"]);
  assert.equal(line.reason, "over overload.requests");
  // of those that were served both have a line
  const seen = proxy.lines.filter(({ msg }) => msg === "operator /unseen").length;
  const served = proxy.lines.filter((one) => one.target === "/unseen" && one.status === 200).length;
  assert.equal(seen, served);
  const metrics = await proxy.metrics();
  assert.match(metrics, /sluice_requests_total\{tenant="own",status="503"\} [1-9]/);
  for (const what of ["sent_bytes_total", "request_duration_seconds_count"]) {
    const of = (name: RegExp) =>
      [...metrics.matchAll(name)].reduce((sum, [, value]) => sum + Number(value), 0);
    const tenants = of(new RegExp(`^sluice_tenant_${what}\\{.*\\} (\\d+)$`, "gm"));
    assert.equal(of(new RegExp(`^sluice_${what} (\\d+)$`, "gm")), tenants, what);
    assert.ok(tenants > 0);
  }
});

test("behind a trusted proxy it keeps its id, and the client is who that names", async () => {
  const claims = "X-Request-Id: from-outside\r\nX-Forwarded-For: 203.0.113.7\r\n";
  const [client, response] = await refused(head("GET /named", "plain.test", claims), "127.0.0.9");
  assert.equal(idOf(response), "from-outside");
  await client[Symbol.asyncDispose]();
  const line = await proxy.waitFor((one) => one.target === "/named" && one.status === 503);
  assert.equal(line.client, "203.0.113.7");
});

test("over HTTP/2 it is the same, and who speaks gRPC is told in gRPC", async () => {
  await using client = await Http2Client.to(proxy.url);
  const untilRefused = async (headers: Record<string, string>) => {
    for (;;) {
      const answer = await client.ask({ ":authority": "plain.test", ":path": "/h2", ...headers });
      if (answer.body !== "served") return answer;
    }
  };
  const plain = await untilRefused({});
  assert.equal(plain.status, 503);
  assert.equal(JSON.parse(plain.body).requestId, plain.headers["x-request-id"]);
  const grpc = await untilRefused({ ":method": "POST", "content-type": "application/grpc" });
  assert.deepEqual([grpc.status, grpc.headers["grpc-status"], grpc.body], [200, "14", ""]);
  assert.match(`${grpc.headers["x-request-id"]}`, /^[\w-]{20}$/);
});
