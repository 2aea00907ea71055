// What operators change while a script runs, by the command line: flags, secrets and counters, seen
// in the next request; a version that only a tester's pass opens; a tenant taken out of service.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { sluice } from "../cli/fake-admin.ts";
import { KEY } from "../control/store-stand.ts";
import { deploy, versioned, WITH_TOKEN } from "./control.ts";
import { httpOrigin } from "./http-origin.ts";
import { oneTenant, TestProxy } from "./proxy.ts";

const SCRIPT = `
import { counter, definePhases, flag, secret } from "sluice";
const hits = counter("hits");
export default definePhases({
  requestFilter(session) {
    const keys = session.request.headers.has("key") ? secret("api-key") : "";
    return new Response(hits.incr() + " " + JSON.stringify(flag("banner", {})) + " " + keys);
  },
});
`;

const origin = await httpOrigin((_request, response) => void response.end("origin"));
const proxy = await TestProxy.start({
  config: { store: "memory", ...oneTenant({ pages: [origin.address] }) },
  env: { ...WITH_TOKEN, SLUICE_SECRETS_KEY: KEY },
});
after(async () => {
  await proxy[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});
assert.equal((await deploy(proxy, SCRIPT)).status, 201);

const get = async (headers = {}): Promise<string> => {
  const response = await fetch(proxy.url, { headers: { connection: "close", ...headers } });
  return `${response.status} ${await response.text()}`;
};

/** What it prints: fails unless the exit status is the expected one. */
async function run(args: readonly string[], { status = 0, input = "" } = {}): Promise<string> {
  const env = {
    ...WITH_TOKEN,
    SLUICE_ADMIN_URL: proxy.admin,
    NO_COLOR: "1",
    SLUICE_TENANT: "demo",
  };
  const ending = await sluice(args, { env, input });
  assert.equal(ending.status, status, `${args.join(" ")}: ${ending.stdout}${ending.stderr}`);
  return status === 0 ? ending.stdout : ending.stderr;
}

test("a flag that was put is what the next request sees, until it is deleted", async () => {
  const put = await run(["flag", "put", "banner", '{"text": "Sale"}']);
  assert.equal(put, 'flag banner of demo is {"text":"Sale"}\n');
  assert.match(await get(), /^200 1 \{"text":"Sale"\} $/);
  assert.deepEqual(JSON.parse(await run(["flag", "get", "banner"])), { text: "Sale" });
  assert.match(await run(["flag", "list"]), /^NAME +VALUE +CHANGED\nbanner +\{"text":"Sale"\} +\d/);
  await run(["flag", "delete", "banner", "--yes"]);
  assert.match(await get(), /^200 2 \{\} $/);
  assert.match(await run(["flag", "get", "banner"], { status: 1 }), /demo has no flag banner/);
});

test("a secret comes from standard input, and is shown to the script alone", async () => {
  assert.match(await get({ key: "1" }), /^500 /);
  const put = await run(["secret", "put", "api-key"], { input: "hush-hush\n" });
  assert.equal(put, "secret api-key of demo is set\n");
  assert.match(await get({ key: "1" }), / hush-hush$/);
  const list = (await run(["secret", "list"])) + (await run(["secret", "list", "--json"]));
  assert.match(list, /api-key/);
  assert.doesNotMatch(list, /hush-hush/);
  assert.match(await run(["secret", "put", "api-key"], { status: 1 }), /expected a value/);
  await run(["secret", "delete", "api-key", "--yes"]);
  assert.match(await get({ key: "1" }), /^500 /);
});

test("a counter is read and set where the script counts on", async () => {
  assert.equal(await run(["counter", "put", "hits", "-7"]), "counter hits of demo is -7\n");
  assert.match(await get(), /^200 -6 /);
  assert.equal(await run(["counter", "get", "hits"]), "-6\n");
  assert.equal(await run(["counter", "list"]), "NAME  VALUE  SCOPE\nhits  -6     node\n");
  assert.match(await run(["counter", "get", "none"], { status: 1 }), /demo has no counter none/);
});

test("a pass opens a version without a share to whoever sends it, and to nobody else", async () => {
  const { body } = await deploy(proxy, versioned("new"), { percent: 0 });
  const version = String(body.version);
  const [name = "", value = ""] = (await run(["deployments", "pass", version])).trim().split(": ");
  const ask = async (pass: string): Promise<string | null> => {
    const headers = { connection: "close", [name]: pass };
    return (await fetch(proxy.url, { headers })).headers.get("x-version");
  };
  assert.equal(await ask(value), "new new");
  assert.equal(await ask(`${value}x`), null);
  assert.equal(await ask(version), null);
  assert.match(await run(["deployments", "list"]), new RegExp(`\\n${version} +ready +0 % `));
  assert.match(await run(["deployments", "pass", "99"], { status: 1 }), /no such version/);
});

test("a tenant that is suspended is shown so, wherever it is shown", async () => {
  await run(["tenant", "suspend", "demo"]);
  assert.match(await get(), /^503 .*"suspended"/);
  assert.match(
    await run(["tenant", "list"]),
    /\ndemo +file +suspended +\* +an operator suspended it\n/,
  );
  assert.match(await run(["tenant", "get", "demo"]), /^# suspended/);
  assert.equal(JSON.parse(await run(["tenant", "get", "demo", "--json"])).suspended, true);
  await run(["tenant", "resume", "demo"]);
  assert.match(await run(["tenant", "list"]), /\ndemo +file +serves +\*\n/);
  assert.match(await get(), /^200 /);
});

test("the audit log says who did all that, and never a secret", async () => {
  const said = await run(["audit", "--tenant", "demo", "--limit", "100"]);
  assert.match(said, /^TIME +WHO +WHAT +TENANT +TARGET +DETAIL\n/);
  for (const action of ["tenant.suspend", "secret.put", "flag.delete", "counter.put"]) {
    assert.match(said, new RegExp(` token:env +${action} +demo `));
  }
  assert.match(said, / secret api-key +\{"revision":\d+\}\n/);
  assert.doesNotMatch(said, /hush-hush/);
});
