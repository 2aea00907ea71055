// `sluice test` with the operator's script around the one that is tested.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { load } from "../../src/cli/harness/load.ts";

const TENANT = `import { counter, definePhases, log } from "sluice";
const seen = counter("seen");
export default definePhases({
  newCtx: () => ({ who: "tenant" }),
  requestFilter(session, ctx) {
    seen.incr();
    log.info("inside");
    if (session.request.target === "/own") return new Response(ctx.who);
  },
  responseFilter: ({ response }) => response.headers.set("x-by", "tenant"),
});`;

const OPERATOR = `import { counter, definePhases, log } from "sluice";
const seen = counter("seen");
export default definePhases({
  newCtx: () => ({ who: "operator" }),
  requestFilter(session) {
    seen.incr();
    seen.incr();
    log.info("outside");
    if (session.request.target === "/refused") return new Response("no", { status: 403 });
  },
  responseFilter: ({ response }) =>
    response.headers.set("x-by", (response.headers.get("x-by") ?? "") + " operator"),
});`;

const CONFIG = `operator: { script: operator.ts }
tenants:
  shop: { hosts: ["*"], script: tenant.ts, upstreams: { stable: { peers: ["127.0.0.1:9"] } } }
`;

let folder = "";
const at = (name: string): string => join(folder, name);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-operator-"));
  await writeFile(at("tenant.ts"), TENANT);
  await writeFile(at("operator.ts"), OPERATOR);
  await writeFile(at("sluice.yaml"), CONFIG);
});
after(() => rm(folder, { recursive: true }));

test("its hooks run around the script's, and the result says whose they were", async () => {
  await using app = await load(at("tenant.ts"), { operator: at("operator.ts") });
  const { response, hooks, ctx, log } = await app.run({ url: "/" });
  assert.equal(response?.headers.get("x-by"), "tenant operator");
  const whose = (of: readonly { readonly operator?: true }[]): string =>
    of.map(({ operator }) => (operator === true ? "o" : "t")).join("");
  assert.deepEqual(
    hooks.map(({ hook, operator }) => `${operator === true ? "operator" : "tenant"} ${hook}`),
    [
      ...["operator newCtx", "operator requestFilter", "tenant newCtx", "tenant requestFilter"],
      ...["tenant responseFilter", "operator responseFilter"],
    ],
  );
  assert.deepEqual(ctx, { who: "tenant" });
  assert.deepEqual([whose(log), log.map(({ message }) => message)], ["ot", ["outside", "inside"]]);
  assert.deepEqual(app.counters(), { seen: 1 });
});

test("its Response ends the request before the script's hooks", async () => {
  await using app = await load(at("tenant.ts"), { operator: at("operator.ts") });
  const { response, hooks, attempts } = await app.run({ url: "/refused" });
  assert.equal(response?.status, 403);
  assert.deepEqual(attempts, []);
  assert.ok(hooks.every(({ operator }) => operator === true));
});

test("a configuration's is around its tenants, unless the test says that there is none", async () => {
  await using whole = await load(at("sluice.yaml"));
  const own = await whole.run({ url: "/own" });
  assert.deepEqual([own.response?.body, own.response?.headers.get("x-by")], ["tenant", "operator"]);
  await using bare = await load(at("sluice.yaml"), { operator: null });
  assert.equal((await bare.run({ url: "/own" })).response?.headers.get("x-by"), null);
});
