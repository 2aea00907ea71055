// What a tenant uses is counted for it, over all workers, and told by API and metrics.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { TestProxy } from "./proxy.ts";
import { RawClient } from "./raw-client.ts";
import { answering, ok, RawOrigin } from "./raw-origin.ts";
import { TOKEN } from "./tail-reader.ts";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  async requestFilter() { await new Promise((done) => setTimeout(done, 1)); },
});
`;

const origin = await RawOrigin.start(answering(ok("0123456789")));
const upstreams = { origin: { peers: [origin.address] } };
const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT },
  config: {
    workers: 2,
    tenants: {
      scripted: { hosts: ["scripted.example"], upstreams, script: "main.ts" },
      plain: { hosts: ["*"], upstreams },
    },
  },
});
for (const one of [proxy, origin]) after(() => one[Symbol.asyncDispose]());

const usage = async (tenant: string): Promise<Response> =>
  fetch(`${proxy.admin}/v1/tenants/${tenant}/usage`, {
    headers: { authorization: `Bearer ${TOKEN}`, connection: "close" },
  });

async function send(host: string, body: string): Promise<void> {
  await using client = await RawClient.to(proxy.port);
  client.send(
    `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${body.length}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
  assert.equal((await client.response()).status, 200);
}

test("requests, bytes, script time and host calls are counted for the tenant they are of", async () => {
  for (let i = 0; i < 6; i++) await send("scripted.example", "abc");
  for (let i = 0; i < 2; i++) await send("plain.example", "abcd");
  await proxy.waitFor(() => proxy.requests().length === 8);

  const { since, scriptMs, ...counted } = Object(await (await usage("scripted")).json());
  const none = { errors: 0, logBytes: 0 };
  assert.deepEqual(counted, {
    ...{ requests: 6, bytesReceived: 18, bytesSent: 60, hostCalls: 6 },
    ...none,
  });
  assert.ok(scriptMs > 0 && Date.parse(since) <= Date.now());

  const plain = Object(await (await usage("plain")).json());
  assert.deepEqual(
    { ...plain, since: "" },
    {
      ...{ since: "", requests: 2, bytesReceived: 8, bytesSent: 20, scriptMs: 0, hostCalls: 0 },
      ...none,
    },
  );
  const metrics = await proxy.metrics();
  assert.match(metrics, /^sluice_tenant_received_bytes_total\{tenant="scripted"\} 18$/m);
  assert.match(metrics, /^sluice_tenant_sent_bytes_total\{tenant="plain"\} 20$/m);
  assert.match(metrics, /^sluice_tenant_host_calls_total\{tenant="scripted"\} 6$/m);
  assert.match(metrics, /^sluice_tenant_heap_bytes\{tenant="scripted"\} [1-9]\d+$/m);
  assert.match(metrics, /^sluice_tenant_breakers_open\{tenant="scripted"\} 0$/m);
  assert.match(metrics, /^sluice_tenant_request_duration_seconds_count\{tenant="scripted"\} 6$/m);
  assert.match(metrics, /^sluice_tenant_script_seconds_total\{tenant="scripted"\} 0\.\d+/m);
});

test("of each limit it is told what there is, or the most that one request has used", async () => {
  const response = await fetch(`${proxy.admin}/v1/tenants/scripted/limits`, {
    headers: { authorization: `Bearer ${TOKEN}`, connection: "close" },
  });
  const limits: { name: string; limit: number; used: number | null }[] = Object(
    await response.json(),
  ).limits;
  const of = (wanted: string) => limits.find(({ name }) => name === wanted);
  assert.partialDeepStrictEqual(of("hostCalls"), { limit: 10_000, used: 1, isMost: true });
  assert.partialDeepStrictEqual(of("requestsAtOnce"), { used: 0, isMost: false });
  assert.partialDeepStrictEqual(of("counters"), { limit: 256, used: 0 });
  assert.partialDeepStrictEqual(of("hookMs"), { limit: 50, used: null });
  for (const name of ["memoryMiB", "bundleBytes"]) {
    const { limit = 0, used = 0 } = of(name) ?? {};
    assert.ok(used !== null && used > 0 && used < limit, `${name}: ${used} of ${limit}`);
  }
});

test("a tenant that is not there has used nothing, and is not there", async () => {
  const response = await usage("nobody");
  assert.equal(response.status, 404);
  await response.text();
});

test("an operator sees what each tenant has used, the most script time first", async () => {
  const response = await fetch(`${proxy.admin}/v1/usage`, {
    headers: { authorization: `Bearer ${TOKEN}`, connection: "close" },
  });
  const { tenants } = Object(await response.json());
  assert.deepEqual(
    tenants.map(({ tenant, requests }: Record<string, unknown>) => [tenant, requests]),
    [
      ["scripted", 6],
      ["plain", 2],
    ],
  );
});
