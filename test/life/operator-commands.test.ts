// The operator's layer by command line and API: deployed, dealt and taken back as any script, and
// out of every tenant's sight.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { OPERATOR } from "../../src/base/config/operator.ts";
import { sluice } from "../cli/fake-admin.ts";
import { explain, explainsRefusals } from "./explained.ts";
import { httpOrigin } from "./http-origin.ts";
import { get } from "./plain-get.ts";
import { TestProxy } from "./proxy.ts";
import { TailReader, TOKEN } from "./tail-reader.ts";

const env = { SLUICE_ADMIN_TOKEN: TOKEN, NO_COLOR: "1" };

const folder = mkdtempSync(join(tmpdir(), "sluice-operator-"));
after(() => rmSync(folder, { recursive: true }));
const script = join(folder, "layer.ts");

const layer = (version: string): string => `
  import { counter, definePhases, flag, log } from "sluice";
  const answers = counter("answers");
  export default definePhases({
    requestFilter({ request, log: line }) {
      line.set("seen", request.target);
      if (request.target === "/fail") throw new Error("of no tenant's business");
    },
    responseFilter({ response }) {
      answers.incr();
      response.headers.set("x-layer", "${version}" + flag("mark", ""));
      log.info("the layer's line");
    },
  });`;

const origin = await httpOrigin((_request, response) => void response.end("origin"));
const SHOP = `
  import { definePhases } from "sluice";
  export default definePhases({
    responseFilter({ response }) { response.headers.set("x-shop", "1"); },
  });`;
const proxy = await TestProxy.start({
  files: { "shop.ts": SHOP },
  config: {
    store: "memory",
    operator: { breaker: { failurePercent: 50, minRequests: 20, openMs: 60_000 } },
    trustedProxies: ["203.0.113.7"],
    limits: { bodyBytes: 1_000_000 },
    tenants: {
      tea: { hosts: ["tea.example"], upstreams: { main: { peers: [origin.address] } } },
      shop: {
        hosts: ["shop.example", "*.shop.example"],
        script: "shop.ts",
        upstreams: { main: { peers: [origin.address] } },
        access: { deny: ["192.0.2.0/24"] },
        routes: [
          { path: "/moved", redirect: { to: "https://{host}/new", status: 308 } },
          { path: "/denied", access: { deny: ["0.0.0.0/0"] } },
          { path: "/api", methods: ["GET"], upstream: "main" },
        ],
      },
    },
  },
  env,
});
for (const one of [proxy, origin]) after(() => one[Symbol.asyncDispose]());

async function run(args: string, status = 0): Promise<string> {
  const ending = await sluice([...args.split(" "), "--admin", proxy.admin], { env, cwd: folder });
  assert.equal(ending.status, status, `${args}: ${ending.stdout}${ending.stderr}`);
  return status === 0 ? ending.stdout : ending.stderr;
}

const layerOf = async (target = "/"): Promise<string | null> =>
  (await get(proxy, { host: "shop.example", target })).headers.get("x-layer");

const call = (path: string, token: string): Promise<Response> =>
  fetch(`${proxy.admin}/v1/${path}`, { headers: { authorization: `Bearer ${token}` } });

test("a layer without a script is none; what is deployed with --operator is around all tenants", async () => {
  await run("capture start --tenant shop --path /captured");
  assert.equal(await layerOf("/captured/before"), null);
  for (const version of ["one", "two"]) {
    writeFileSync(script, layer(version));
    await run("deploy layer.ts --operator -m new");
    assert.equal(await layerOf(), version);
  }
  assert.match(await run("deployments list --operator"), /\n2 +[\s\S]*\n1 /);
});

test("it is dealt and rolled back, has flags and counters, as a tenant's script", async () => {
  await run("flag put mark ! --operator");
  assert.equal(await layerOf(), "two!");
  assert.match(await run("flag list --operator"), /mark/);
  assert.match(await run("counter list --operator"), /answers/);
  await run("traffic --operator 1=50 2=50");
  await run("traffic --operator 2=100");
  await run("rollback --operator --yes");
  assert.equal(await layerOf(), "one!");
});

test("--operator and --tenant together are refused", async () => {
  assert.match(await run("deployments list --operator --tenant shop", 2), /--tenant or --operator/);
  assert.match(await run("deployments list --tenant shop --operator", 2), /--tenant or --operator/);
});

test("a tenant's token reaches nothing of it, by any name", async () => {
  const made = await run("token create --role deployer --tenant shop --json");
  const { token } = JSON.parse(made);
  for (const path of ["deployments", "traffic", "flags", "secrets", "counters", "logs"]) {
    assert.equal((await call(`operator/${path}`, token)).status, 403, path);
    for (const name of ["@operator", "%40operator"]) {
      assert.equal((await call(`tenants/${name}/${path}`, token)).status, 404, path);
      assert.equal((await call(`tenants/${name}/${path}`, TOKEN)).status, 404, path);
    }
  }
  assert.doesNotMatch(await (await call("tenants", TOKEN)).text(), /@operator/);
});

/** Every event up to the line of the request for /fail. */
async function untilFailed(reader: TailReader): Promise<string> {
  let text = "";
  while (!text.includes('"target":"/fail"')) text += `${JSON.stringify(await reader.next())}\n`;
  return text;
}

test("a tenant's tail has nothing of it, the operator's has its lines and all requests", async () => {
  const { token } = JSON.parse(await run("token create --role reader --tenant shop --json"));
  await using own = await TailReader.open(proxy, "", "shop", token);
  await using operators = await TailReader.open(proxy, "", OPERATOR);
  for (const target of ["/seen", "/fail"]) await layerOf(target);
  const whole = await untilFailed(operators);
  assert.match(whole, /the layer's line/);
  assert.match(
    whole,
    /"operator":\{"deployment":"v1",(?:"scriptMs":[\d.]+,)?"fields":\{"seen":"\/seen"\}\}/,
  );
  assert.match(whole, /"target":"\/fail"[^}]*"reason":"[^"]*business/);
  const text = await untilFailed(own);
  assert.doesNotMatch(text, /layer's line|"operator"|business|@operator/);
  assert.match(text, /"error":"script_error","reason":null/);
});

const explained = (token: string, path: string, asked: object) =>
  explain(proxy, token, path, asked);

test("requests behind it are not captured, and who asks for that hears why", async () => {
  assert.equal(await layerOf("/captured/behind"), "one!");
  const refused = await run("capture start --tenant shop", 1);
  assert.match(refused, /no operator's script is around/);
  const [first, ...others] = JSON.parse(await run("capture list --tenant shop --json")).captures;
  assert.deepEqual([first.target, others], ["/captured/before", []]);
  assert.doesNotMatch(await run(`capture show ${first.id} --tenant shop`), /x-layer/);
});

test("explain says of a request what becomes of it, and sends none", async () => {
  for (const [host, target, route, code, upstream] of [
    ["shop.example", "/any", null, null, "main"],
    ["a.shop.example", "/api/x?y", "/api", null, "main"],
    ["shop.example", "/moved/x", "/moved", null, null],
    ["shop.example:81", "/denied", "/denied", "forbidden", null],
    ["shop.example", "/moved%2F..%2Fapi", null, "path_ambiguous", null],
    ["nobody.example", "/", null, "unknown_host", null],
    ["shop.example", "/a b", null, "bad_request", null],
  ] as const) {
    const { told } = await explained(TOKEN, "explain", { url: `http://${host}${target}` });
    assert.deepEqual(
      [told.route?.path ?? null, told.end?.code ?? null, told.upstream?.group ?? null],
      [route, code, upstream],
      JSON.stringify(told),
    );
    if (target.includes(" ")) continue;
    const { status, headers } = await get(proxy, { host, target });
    assert.equal(told.end?.status ?? 200, status, target);
    assert.equal(told.end?.location ?? null, headers.get("location"));
  }
  const url = "http://shop.example/";
  await explainsRefusals(proxy);
  const { told } = await explained(TOKEN, "explain", { url });
  assert.partialDeepStrictEqual(told.layer, { version: 1, by: "only" });
  const text = await run(`explain ${url}`);
  assert.match(text, /^tenant +shop\n/);
  assert.match(text, /\noperator's script +version 1, 100 %: requestFilter, responseFilter\n/);
  assert.match(text, new RegExp(`\nupstream +main .*\n +${origin.address} up, 0 under way\n`));
});

test("explain tells a tenant's reader nothing of peers, the operator's layer, or others", async () => {
  const { token } = JSON.parse(await run("token create --role reader --tenant shop --json"));
  const own = await explained(token, "tenants/shop/explain", { url: "http://shop.example/" });
  assert.deepEqual(
    [own.told.tenant, own.told.layer, own.told.upstream.peers],
    ["shop", null, null],
  );
  // who has the host is told by nothing, not even by who the client is thought to be
  const asked = { client: "203.0.113.7", headers: { "X-Forwarded-For": "198.51.100.1" } };
  const [others, nobodys] = await Promise.all(
    ["tea.example", "nobody.example"].map((host) =>
      explained(token, "tenants/shop/explain", { url: `http://${host}/`, ...asked }),
    ),
  );
  assert.deepEqual(others, nobodys);
  assert.deepEqual([others?.told.tenant, others?.told.end], [null, null]);
  const url = "http://shop.example/a b";
  const refused = await explained(token, "tenants/shop/explain", { url });
  assert.equal(refused.told.end?.code, "bad_request");
  assert.equal((await explained(token, "explain", { url: "http://shop.example/" })).status, 403);
});

test("explain says that a request ends at an operator's script which is out of service", async () => {
  const url = "http://shop.example/moved";
  const { token } = JSON.parse(await run("token create --role reader --tenant shop --json"));
  const statusOf = async (target: string) =>
    (await get(proxy, { host: "shop.example", target })).status;
  let status = await statusOf("/fail");
  while (status === 500) status = await statusOf("/fail");
  assert.equal(status, 503);
  let { told } = await explained(TOKEN, "explain", { url });
  while (told.layer.outOfService === "") ({ told } = await explained(TOKEN, "explain", { url }));
  assert.deepEqual(told.end, { status: 503, code: "script_disabled", location: null });
  assert.equal(await statusOf("/moved"), 503);
  assert.match(await run(`explain ${url}`), /\noperator's script .*out of service: its breaker/);
  const own = await explained(token, "tenants/shop/explain", { url });
  assert.equal(own.told.end?.code, "script_disabled");
  assert.doesNotMatch(JSON.stringify(own.told), /operator|breaker/);
});

test("a configuration without the key has no layer", async () => {
  await proxy.configure({
    store: "memory",
    tenants: {
      shop: { hosts: ["shop.example"], upstreams: { main: { peers: [origin.address] } } },
    },
  });
  await run("reload");
  assert.equal(await layerOf(), null);
  assert.equal((await call("operator/deployments", TOKEN)).status, 404);
});
