// Traces: what comes with a request, what peers and services get of it, what a collector is told,
// in both lanes.

import assert from "node:assert/strict";
import { get } from "node:http";
import { after, before, test } from "node:test";
import { OtlpCollector, type ReceivedSpan } from "../support/otlp-collector.ts";
import { call, list, WITH_TOKEN } from "./control.ts";
import { httpOrigin } from "./http-origin.ts";
import { TestProxy } from "./proxy.ts";

const SECRET = "the-secret-of-the-test";
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const SAID = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: "vendor=7" };

const SCRIPT = `import { definePhases, secret } from "sluice";
export default definePhases({
  newCtx: () => ({ trace: null }),
  async requestFilter({ request, trace, log, timing }, ctx) {
    ctx.trace = trace;
    request.headers.set("traceparent", "not what is sent");
    log.set("plan", "pro");
    log.set("shown", secret("KEY"));
    timing.mark("checked");
    if (request.target === "/fails") throw new Error("boom");
    if (request.target !== "/fetches") return;
    await (await fetch("http://any/numbers?q=1", { upstream: "pages" })).text();
  },
  responseFilter({ response, trace }, ctx) {
    response.headers.set("x-trace", JSON.stringify([ctx.trace, trace]));
  },
});
`;
const OPERATOR = `import { definePhases } from "sluice";
export default definePhases({ earlyRequestFilter() {} });
`;

/** What it was asked: targets, with their traceparent and tracestate. */
const asked: { readonly target: string; readonly parent: string; readonly state: string }[] = [];
const origin = await httpOrigin((request, response) => {
  const { traceparent: parent = "", tracestate: state = "" } = request.headers;
  asked.push({ target: request.url ?? "", parent: String(parent), state: String(state) });
  response.end("page");
});
const collector = await OtlpCollector.start();
let proxy: TestProxy;
for (const one of [collector, origin]) after(() => one[Symbol.asyncDispose]());

before(async () => {
  const common = {
    upstreams: { pages: { peers: [origin.address] } },
    defaultUpstream: "pages",
    egress: ["127.0.0.1"],
    script: "main.ts",
  };
  proxy = await TestProxy.start({
    files: { "main.ts": SCRIPT, "operator.ts": OPERATOR },
    config: {
      store: "memory",
      trustedProxies: ["127.0.0.1"],
      tracing: { resourceAttributes: { "deployment.environment.name": "test" } },
      operator: { script: "operator.ts" },
      tenants: {
        inline: { ...common, hosts: ["inline.test"], isolation: "inline" },
        cell: { ...common, hosts: ["cell.test"], isolation: "process" },
      },
    },
    env: {
      ...WITH_TOKEN,
      SLUICE_SECRETS_KEY: Buffer.alloc(32, 7).toString("base64"),
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.endpoint}/`,
      OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20b",
      OTEL_BSP_SCHEDULE_DELAY: "50",
      OTEL_SERVICE_NAME: "edge",
    },
  });
  for (const tenant of ["inline", "cell"]) {
    await call(proxy, ["PUT", `/tenants/${tenant}/secrets/KEY`], { value: SECRET });
  }
});
after(() => proxy[Symbol.asyncDispose]());

async function ask(tenant: string, path: string, headers: Record<string, string> = {}) {
  const answer = await new Promise<NodeJS.Dict<string | string[]>>((resolve, reject) => {
    const all = { host: `${tenant}.test`, ...headers };
    get(`${proxy.url}${path}`, { headers: all, agent: false }, (response) => {
      response.resume().on("end", () => resolve(response.headers));
    }).on("error", reject);
  });
  const id = String(answer["x-request-id"]);
  return { id, seen: JSON.parse(String(answer["x-trace"] ?? "[]")) };
}

const traceOf = (id: string) => collector.request(({ is }) => is["sluice.request.id"] === id);

function only(spans: readonly ReceivedSpan[], kind: number, name: string): ReceivedSpan {
  const found = spans.filter((one) => one.kind === kind && one.name === name);
  assert.equal(found.length, 1, `${name}: ${JSON.stringify(spans)}`);
  return found[0] ?? assert.fail();
}

for (const tenant of ["inline", "cell"]) {
  test(`a trace goes on at the peer, and the script sees it: ${tenant}`, async () => {
    const { id, seen } = await ask(tenant, "/page", SAID);
    const spans = await traceOf(id);
    const server = only(spans, 2, "GET");
    assert.deepEqual([server.traceId, server.parentSpanId], [TRACE, PARENT]);
    assert.deepEqual([server.traceState, server.flags], ["vendor=7", 0x301]);
    const trace = {
      ...{ traceId: TRACE, spanId: server.spanId, parentId: PARENT, sampled: true },
      ...{ state: "vendor=7", traceparent: `00-${TRACE}-${server.spanId}-01` },
    };
    assert.deepEqual(seen, [trace, trace]);
    const attempt = only(spans, 3, "GET");
    assert.equal(attempt.parentSpanId, server.spanId);
    const [last] = asked.slice(-1);
    assert.deepEqual(last, {
      target: "/page",
      parent: `00-${TRACE}-${attempt.spanId}-01`,
      state: "vendor=7",
    });
    assert.equal(only(spans, 1, "newCtx, requestFilter").is["sluice.layer"], "tenant");
    assert.equal(only(spans, 1, "earlyRequestFilter").is["sluice.layer"], "operator");
    const { resource, is } = server;
    assert.deepEqual(
      [
        resource["service.name"],
        resource["sluice.tenant"],
        resource["deployment.environment.name"],
      ],
      ["edge", tenant, "test"],
    );
    assert.deepEqual([is["url.path"], is["http.response.status_code"]], ["/page", "200"]);
    assert.deepEqual(
      [is["sluice.field.plan"], is["sluice.field.shown"] === SECRET],
      ["pro", false],
    );
    assert.equal(server.events?.[0]?.name, "checked");
    const line = await proxy.waitFor((one) => one.msg === "request" && one.id === id);
    assert.equal(line.traceId, TRACE);
  });

  test(`fetches have spans, and their services the trace: ${tenant}`, async () => {
    const { id } = await ask(tenant, "/fetches");
    const spans = await traceOf(id);
    const server = only(spans, 2, "GET");
    assert.equal(server.parentSpanId, undefined);
    const fetched = spans.find(({ is }) => is["url.full"] === "http://any/numbers");
    assert.equal(fetched?.parentSpanId, server.spanId);
    const heard = asked.find(({ parent }) => parent.includes(`${fetched?.spanId}`));
    assert.deepEqual([heard?.target, heard?.parent.slice(3, 35)], ["/numbers?q=1", server.traceId]);
  });

  test(`a failure is told with its reason and its place: ${tenant}`, async () => {
    const { id } = await ask(tenant, "/fails");
    const server = only(await traceOf(id), 2, "GET");
    assert.equal(server.status?.code, 2);
    assert.match(server.status?.message ?? "", /boom/);
    assert.equal(server.is["error.type"], "script_error");
    const { body } = await call(proxy, ["GET", `/tenants/${tenant}/requests/${id}`]);
    assert.equal(body.line?.traceId, server.traceId);
    const names = list(body.spans).map(({ name }) => String(name));
    assert.ok(names.includes("operator: earlyRequestFilter"), names.join());
    const made = await call(proxy, ["POST", "/tokens"], { role: "reader", tenant });
    const path = ["GET", `/tenants/${tenant}/requests/${id}`] as const;
    const own = await call(proxy, path, undefined, String(made.body.token));
    assert.ok(!JSON.stringify(own.body).includes("earlyRequestFilter"));
  });
}

test("what is no traceparent begins a trace", async () => {
  const { id, seen } = await ask("inline", "/bad", { ...SAID, traceparent: `00-${TRACE}-x-01` });
  const server = only(await traceOf(id), 2, "GET");
  assert.notEqual(server.traceId, TRACE);
  assert.deepEqual([seen[0].parentId, seen[0].state], [null, ""]);
  assert.deepEqual(asked.at(-1)?.state, "");
});

test("a trace that is not sampled goes on, and is exported for failures alone", async () => {
  const off = { traceparent: `00-${"ab".repeat(16)}-${PARENT}-00` };
  await ask("inline", "/quiet", off);
  assert.match(asked.at(-1)?.parent ?? "", /^00-(?:ab){16}-[0-9a-f]{16}-00$/);
  const { id } = await ask("inline", "/fails", off);
  const spans = await traceOf(id);
  assert.deepEqual([...new Set(spans.map(({ is }) => is["url.path"]))].sort(), [
    "/fails",
    undefined,
  ]);
});

test("exports are what OTLP says, compressed, with the headers of the environment", () => {
  assert.deepEqual(collector.problems, []);
  assert.equal(collector.heads[0]?.["x-key"], "a b");
  assert.equal(collector.heads[0]?.["content-encoding"], "gzip");
});

test("spans are exported when the proxy ends, and counted", async () => {
  const { id } = await ask("inline", "/last");
  const text = await proxy.metrics();
  assert.match(text, /^sluice_spans_exported_total [1-9]/m);
  await proxy.stop("SIGTERM");
  assert.ok(collector.spans.some(({ is }) => is["sluice.request.id"] === id));
  assert.ok(!JSON.stringify(collector.spans).includes(SECRET));
});
