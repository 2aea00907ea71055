// Where the time of a request went: in its line of the log, and whole for those that are kept.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { call, list, WITH_TOKEN } from "./control.ts";
import { httpOrigin } from "./http-origin.ts";
import { TestProxy } from "./proxy.ts";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  async requestFilter(session) {
    if (session.request.target === "/waits") await new Promise((done) => setTimeout(done, 40));
    if (session.request.target === "/fails") throw new Error("boom");
    if (session.request.target === "/fetches") {
      await (await fetch("http://any/numbers?q=secret", { upstream: "pages" })).text();
    }
  },
  responseFilter() {},
});
`;
const ORIGIN_MS = 60;

const origin = await httpOrigin(async (_request, response) => {
  await pause(ORIGIN_MS);
  response.end("page");
});
const common = {
  upstreams: { pages: { peers: [origin.address] } },
  defaultUpstream: "pages",
  script: "main.ts",
};
const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT },
  config: {
    store: "memory",
    log: { slowMs: 90 },
    tenants: {
      inline: { ...common, hosts: ["inline.test"], isolation: "inline" },
      cell: { ...common, hosts: ["cell.test"], isolation: "process" },
      plain: { ...common, hosts: ["plain.test"], script: undefined },
    },
  },
  env: WITH_TOKEN,
});
for (const one of [proxy, origin]) after(() => one[Symbol.asyncDispose]());

/** The line of the log that it made. */
async function ask(tenant: string, path: string, body?: string) {
  const { request } = await import("node:http");
  const headers = { host: `${tenant}.test` };
  const method = body === undefined ? "GET" : "POST";
  const id = await new Promise<string>((resolve, reject) => {
    const sent = request(`${proxy.url}${path}`, { method, headers, agent: false }, (response) => {
      response.resume().on("end", () => resolve(String(response.headers["x-request-id"])));
    });
    sent.on("error", reject).end(body);
  });
  return await proxy.waitFor((line) => line.msg === "request" && line.id === id);
}

const kept = (tenant: string, id: unknown) =>
  call(proxy, ["GET", `/tenants/${tenant}/requests/${String(id)}`]);

for (const tenant of ["inline", "cell"]) {
  test(`a slow request is kept with its hooks, waits and attempts: ${tenant}`, async () => {
    const line = await ask(tenant, "/waits");
    assert.ok(Number(line.upstreamMs) >= ORIGIN_MS - 5, JSON.stringify(line));
    assert.ok(Number(line.scriptMs) >= 35, JSON.stringify(line));
    assert.ok(Number(line.connectMs) >= 0 && Number(line.waitMs) >= 0, JSON.stringify(line));
    const { status, body } = await kept(tenant, line.id);
    assert.equal(status, 200);
    assert.equal(body.line?.target, "/waits");
    const spans = list(body.spans).filter(({ kind }) => String(kind) !== "wait");
    const shown = spans.map(({ kind, name }) => `${kind} ${String(name).split(" ")[0]}`);
    assert.deepEqual(shown, [
      "hook requestFilter",
      "connect connection",
      "upstream until",
      ...(shown[3] === "hook responseFilter" ? [shown[3], "body until"] : ["body until", shown[4]]),
    ]);
    for (const { startMs, endMs } of spans) {
      assert.ok(Number(startMs) >= 0 && Number(startMs) <= Number(endMs), JSON.stringify(spans));
      assert.ok(Number(endMs) <= Number(body.durationMs) + 50, JSON.stringify(body));
    }
    assert.equal(String(spans[2]?.detail), "200");
  });

  test(`a failing one is kept, and a quick one is not: ${tenant}`, async () => {
    const failed = await ask(tenant, "/fails");
    const found = await kept(tenant, failed.id);
    assert.equal(found.body.line?.error, "script_error");
    assert.deepEqual(
      list(found.body.spans)
        .filter(({ kind }) => String(kind) === "hook")
        .map(({ name }) => name),
      ["requestFilter"],
    );
    const quick = await ask(tenant, "/quick");
    assert.equal((await kept(tenant, quick.id)).status, Number(quick.durationMs) < 90 ? 404 : 200);
    const all = await call(proxy, ["GET", `/tenants/${tenant}/requests`]);
    const ids = list(all.body.requests).map(({ id }) => String(id));
    assert.ok(ids.includes(String(failed.id)), ids.join());
  });
}

test("the client's body, and a fetch, are spans of their own", async () => {
  const line = await ask("inline", "/fetches", "some text");
  const spans = list((await kept("inline", line.id)).body.spans);
  const body = spans.find(({ kind }) => String(kind) === "upload");
  assert.equal(body?.name, "the client's body");
  const fetched = spans.find(({ kind }) => String(kind) === "fetch");
  assert.equal(fetched?.name, "GET http://any/numbers");
  const tookMs = Number(fetched?.endMs) - Number(fetched?.startMs);
  assert.ok(tookMs >= ORIGIN_MS - 5, JSON.stringify(spans));
});

test("what is one tenant's is another's neither by name nor by id", async () => {
  const failed = await ask("inline", "/fails");
  assert.equal((await kept("cell", failed.id)).status, 404);
  const made = await call(proxy, ["POST", "/tokens"], { role: "reader", tenant: "cell" });
  const token = String(made.body.token);
  const path = `/tenants/inline/requests/${String(failed.id)}`;
  assert.equal((await call(proxy, ["GET", path], undefined, token)).status, 404);
  const anybodys = ["GET", `/requests/${String(failed.id)}`] as const;
  assert.equal((await call(proxy, anybodys, undefined, token)).status, 403);
  const found = await call(proxy, anybodys);
  assert.deepEqual(found.body, { tenant: "inline", id: failed.id });
  assert.equal((await call(proxy, ["GET", "/requests/none"])).status, 404);
});

test("a request without a script has its attempt alone", async () => {
  const line = await ask("plain", "/");
  assert.equal(line.scriptMs, undefined);
  assert.ok(Number(line.upstreamMs) >= ORIGIN_MS - 5);
});
