// Requests that are captured and replayed, in both lanes: what a replay says of the same script, of
// another, and of one that tries to get at what is none of its business.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { type ApiAnswer, call, type Json, list, WITH_TOKEN } from "./control.ts";
import { TestProxy } from "./proxy.ts";

const TENANTS = ["inline", "process"] as const;
type Tenant = (typeof TENANTS)[number];
const tenant = "process";
const SECRET = "the-secret-of-the-test";
/** Of a client that nobody trusts. */
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

/** `edit` is added to what its hooks do. */
const script = (edit = "") => `
import { counter, definePhases, secret } from "sluice";
const hits = counter("hits");
export default definePhases({
  newCtx: () => ({ id: "" }),
  async requestFilter({ request }, ctx) {
    ctx.id = crypto.randomUUID();
    request.headers.set("x-drawn", \`\${hits.incr()} \${Math.random()} \${Date.now()}\`);
    const { n } = await (await fetch("http://any/numbers", { upstream: "origin" })).json();
    request.headers.set("x-fetched", String(n));
    if (secret("KEY") === "") throw new Error("no key");
  },
  responseFilter({ response, trace }, ctx) {
    response.headers.set("x-id", ctx.id);
    response.headers.set("x-trace", trace?.traceparent ?? "none");
    if (response.status === 404) throw new TypeError("cannot read price");
    ${edit}
  },
});
`;

const upload = (edit?: string) => ({ files: { "main.ts": script(edit) }, entry: "main.ts" });

let asked = 0;
const origin = createServer((request, response) => {
  asked++;
  response.statusCode = request.url === "/gone" ? 404 : 200;
  response.end(JSON.stringify({ n: asked, at: Math.random() }));
});
let proxy: TestProxy;

before(async () => {
  await new Promise<void>((done) => origin.listen(0, "127.0.0.1", done));
  const address = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
  const tenant = (isolation: Tenant) => ({
    ...{ hosts: [`${isolation}.test`], isolation, script: "main.ts" },
    ...{ upstreams: { origin: { peers: [address] } }, defaultUpstream: "origin" },
    egress: ["127.0.0.1"],
  });
  proxy = await TestProxy.start({
    files: { "main.ts": script() },
    config: {
      store: "memory",
      // a trace is one more thing that a hook learns
      tracing: {},
      tenants: { inline: tenant("inline"), process: tenant("process") },
    },
    env: { ...WITH_TOKEN, SLUICE_SECRETS_KEY: Buffer.alloc(32, 7).toString("base64") },
  });
  for (const tenant of TENANTS) {
    await api(tenant, ["PUT", "secrets/KEY"], { value: SECRET });
  }
});

after(async () => {
  await proxy[Symbol.asyncDispose]();
  origin.close();
});

const api = (tenant: Tenant, [method, path]: readonly [string, string], body?: unknown) =>
  call(proxy, [method, `/tenants/${tenant}/${path}`], body);

async function ask(tenant: Tenant, path: string): Promise<number> {
  const own = { host: `${tenant}.test`, connection: "close", authorization: "Basic abc" };
  const headers = { ...own, traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };
  const { request } = await import("node:http");
  return await new Promise((resolve, reject) => {
    const sent = request({ port: proxy.port, path, headers }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    });
    sent.on("error", reject).end();
  });
}

/** Those of the tenant, as soon as there are so many. */
async function captured(tenant: Tenant, count: number): Promise<readonly Json[]> {
  for (;;) {
    const all = list((await api(tenant, ["GET", "captures"])).body.captures);
    if (all.length >= count) return all;
    await setTimeout(20);
  }
}

const resultsOf = ({ body }: ApiAnswer) =>
  list(body.replayed).map(({ result, difference }) => {
    const { part = "", was = "", is = "" } = difference ?? {};
    return [result, part, was, is].join("|");
  });

for (const tenant of TENANTS) {
  test(`${tenant}: a replay answers with the first difference, and reaches nobody`, async () => {
    const rule = await api(tenant, ["POST", "capture-rules"], { count: 2 });
    assert.equal(rule.status, 201);
    assert.deepEqual([await ask(tenant, "/"), await ask(tenant, "/gone")], [200, 500]);
    const captures = await captured(tenant, 2);
    assert.deepEqual(
      captures.map(({ target, status, gap }) => [target, status, gap]),
      [
        ["/gone", 500, null],
        ["/", 200, null],
      ],
    );
    const failed = String(captures[0]?.requestId);
    const ofOne = await api(tenant, ["GET", `captures?request=${failed}`]);
    assert.deepEqual(
      list(ofOne.body.captures).map(({ id }) => id),
      [captures[0]?.id],
    );
    const kept = await api(tenant, ["GET", `requests/${failed}`]);
    assert.equal(kept.body.capture, captures[0]?.id);
    const before = asked;
    const replay = async (body: object) => resultsOf(await api(tenant, ["POST", "replays"], body));
    assert.deepEqual(await replay({}), ["same|||", "same|||"]);
    const edit = 'response.headers.set("x-new", "1");';
    assert.deepEqual(await replay(upload(edit)), [
      "same|||",
      "differs|response: header x-new|(nothing)|1",
    ]);
    const fixed = { files: { "main.ts": script().replace("throw new TypeError", "console.log") } };
    assert.deepEqual((await replay(fixed))[0], "differs|response: status|500 (script_error)|404");
    assert.equal(asked, before);

    // the request that it was noted with is over: there is nothing more to keep
    await ask(tenant, "/");
    assert.equal((await captured(tenant, 2)).length, 2);
  });
}

test("a record has no logins, no secrets, and nothing for others", async () => {
  const [first] = await captured(tenant, 2);
  const shown = await api(tenant, ["GET", `captures/${first?.id}`]);
  const text = JSON.stringify(shown.body);
  assert.match(text, /authorization: redacted-[0-9a-f]{16}/i);
  assert.match(String(shown.body.request?.trace?.traceId), /^[0-9a-f]{32}$/);
  assert.notEqual(String(shown.body.request?.trace?.traceId), TRACE);
  assert.doesNotMatch(text, /Basic abc/);
  assert.doesNotMatch(text, new RegExp(SECRET));
  const tells = 'response.headers.set("x-told", secret("KEY"));';
  const told = await api(tenant, ["POST", "replays"], upload(tells));
  assert.match(JSON.stringify(told.body), /x-told/);
  assert.doesNotMatch(JSON.stringify(told.body), new RegExp(SECRET));

  const other = "inline";
  const made = await call(proxy, ["POST", "/tokens"], { role: "deployer", tenant: other });
  const reader = await call(proxy, ["POST", "/tokens"], { role: "reader", tenant });
  const id = String(first?.id);
  for (const [method, path] of [
    ["GET", "captures"],
    ["GET", `captures/${id}`],
    ["DELETE", `captures/${id}`],
    ["GET", "capture-rules"],
    ["POST", "capture-rules"],
    ["POST", "replays"],
  ] as const) {
    const body = method === "POST" ? {} : undefined;
    const at = [method, `/tenants/${tenant}/${path}`] as const;
    assert.equal((await call(proxy, at, body, String(made.body.token))).status, 404, path);
    assert.equal((await call(proxy, at, body, String(reader.body.token))).status, 403, path);
  }
  const own = await call(
    proxy,
    ["GET", `/tenants/${other}/captures/${id}`],
    undefined,
    String(made.body.token),
  );
  assert.equal(own.status, 404);
  const theirs = await call(
    proxy,
    ["POST", `/tenants/${other}/replays`],
    { ids: [id] },
    String(made.body.token),
  );
  assert.deepEqual(theirs.body.replayed, []);
});

test("a script that tries the network in a replay hears that it is not there", async () => {
  const before = asked;
  const admin = proxy.admin.split(":").at(-1);
  const edit = `
      for (const [url, upstream] of [["http://127.0.0.1:${admin}/"], ["http://any/", "origin"]]) {
        const said = await fetch(url, { upstream }).catch(String);
        response.headers.append("x-said", String(said));
      }`;
  const source = script(edit).replace("responseFilter(", "async responseFilter(");
  const body = { files: { "main.ts": source } };
  const told = JSON.stringify((await api(tenant, ["POST", "replays"], body)).body);
  assert.match(told, /the record of this request has no answer to that/);
  assert.equal(asked, before);
});

test("a deployment must answer captured requests as they were, if it says so", async () => {
  const deploy = (edit: string) =>
    api(tenant, ["POST", "deployments"], { ...upload(edit), replay: 100 });
  const refused = await deploy('response.headers.set("x-new", "1");');
  assert.equal(refused.status, 422);
  assert.match(
    String(refused.body.detail),
    /^Nothing changed: step replay: capture \w+ \(GET \/\): response: header x-new: was /,
  );
  assert.equal((await deploy("void ctx;")).status, 201);
});
