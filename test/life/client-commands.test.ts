// The command line against a proxy that runs: a tenant from nothing to a roll-out and back.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { sluice } from "../cli/fake-admin.ts";
import { httpOrigin } from "./http-origin.ts";
import { TestProxy } from "./proxy.ts";
import { TailReader, TOKEN } from "./tail-reader.ts";

const env = { SLUICE_ADMIN_TOKEN: TOKEN, NO_COLOR: "1" };

const folder = mkdtempSync(join(tmpdir(), "sluice-client-"));
after(() => rmSync(folder, { recursive: true }));
const script = join(folder, "main.ts");

const answering = (text: string): string => `import { definePhases } from "sluice";
export default definePhases({
  requestFilter(session) {
    if (session.request.headers.has("fail")) throw new Error("boom");
    return new Response("${text}");
  },
});
`;

const origin = await httpOrigin((_request, response) => void response.end("origin"));
const proxy = await TestProxy.start({
  config: { store: "memory", workers: 2, tenants: {} },
  env,
});
for (const one of [proxy, origin]) after(() => one[Symbol.asyncDispose]());

const settings = { isolation: "inline", upstreams: { pages: { peers: [origin.address] } } };

/** What it prints; fails unless the exit status is the expected one. */
async function run(args: string, { status = 0, input = "" } = {}): Promise<string> {
  const words = [...args.split(" "), "--admin", proxy.admin];
  const ending = await sluice(words, { env, input, cwd: folder });
  assert.equal(ending.status, status, `${args}: ${ending.stdout}${ending.stderr}`);
  return status === 0 ? ending.stdout : ending.stderr;
}

const get = async (headers = {}): Promise<string> => {
  const response = await fetch(proxy.url, { headers: { connection: "close", ...headers } });
  return `${response.status} ${await response.text()}`;
};

test("a tenant is applied, shown and applied again without a change", async () => {
  const tenants = { shop: { ...settings, hosts: ["127.0.0.1"] } };
  const input = JSON.stringify({ tenants });
  const shown = await run("apply -f - --yes", { input });
  assert.match(shown, /^\+ shop\n(?: {4}.*\n)+shop: made\n$/);
  assert.equal(await run("apply -f - --yes", { input }), "nothing to change\n");
  const list = await run("tenant list");
  assert.match(list, /\nshop +api +\d+ +serves +127\.0\.0\.1\n$/);
  const yaml = await run("tenant get shop");
  assert.match(
    await run("tenant put shop -f -", { input: yaml }),
    /^tenant shop serves, revision \d+\n$/,
  );
  assert.equal(await get(), "200 origin");
});

test("scripts are deployed, rolled out by shares, shown and rolled back", async () => {
  writeFileSync(script, answering("one"));
  assert.match(await run("deploy main.ts --tenant shop --dry-run"), /^it could serve shop/);
  assert.match(await run("deployments list --tenant shop"), /^no deployments/);
  const first = await run("deploy main.ts --tenant shop -m first");
  assert.match(
    first,
    /^version 1 of shop serves\n {2}\d+ bytes, sha256 \w+, started in \d+ ms, hooks requestFilter/,
  );
  assert.equal(await get(), "200 one");

  writeFileSync(script, answering("two"));
  const second = await run("deploy main.ts --tenant shop --percent 0");
  assert.match(second, /^version 2 of shop serves for 0 %/);
  assert.equal(await get(), "200 one");

  const shares = await run("traffic 2=100 --tenant shop");
  assert.equal(shares, "version 2: 100 %\nsticky by address\n");
  assert.equal(await get(), "200 two");
  assert.match(await run("deployments list --tenant shop"), /\n2 .* 100 % [^\n]*\n1 .* first\n$/);
  assert.match(await run("deployments view 2 --tenant shop"), /--- main\.ts\n.*Response\("two"\)/s);

  assert.equal(await run("rollback --tenant shop --yes"), "version 1: 100 %\n");
  assert.equal(await get(), "200 one");
  const status = await run("deployments status --tenant shop");
  assert.match(status, /^version 1: 100 %\nnewest: version 2, /);
});

test("a script that the proxy refuses is shown with its line, and changes nothing", async () => {
  writeFileSync(script, 'import "sluice";\nthrow new Error("at the start");\nexport default {};\n');
  const said = await run("deploy main.ts --tenant shop", { status: 1 });
  assert.match(said, /at the start/);
  assert.match(said, /main\.ts:2:7/);
  assert.match(said, / 2 \| throw new Error/);
  assert.equal(await get(), "200 one");
});

test("the tail of errors names the version and the TypeScript line", async () => {
  await using tail = await TailReader.open(proxy, "status=error&version=1", "shop");
  await using other = await TailReader.open(proxy, "version=1&search=boom", "shop");
  assert.match(await get({ fail: "1" }), /^500 /);
  const { hook, deployment, at, code } = (await tail.next()) ?? {};
  assert.deepEqual(
    { hook, deployment, at, code },
    { hook: "requestFilter", deployment: "v1", at: "main.ts:4:52", code: "script_error" },
  );
  assert.equal((await other.next())?.event, "log");
});

test("tokens open what they are for, until they are revoked", async () => {
  const made = JSON.parse(await run("token create --role reader --tenant shop --days 1 --json"));
  const own = { ...env, SLUICE_ADMIN_TOKEN: made.token };
  const as = (...args: string[]) => sluice([...args, "--admin", proxy.admin], { env: own });
  assert.equal((await as("tenant", "usage", "shop")).status, 0);
  const refused = await as("tenant", "suspend", "shop");
  assert.match(refused.stderr, /refused \(403\): Expected the token of an operator/);
  assert.match(await run("token list"), new RegExp(`\\n${made.id} +reader +shop +`));
  await run(`token revoke ${made.id} --yes`);
  const revoked = await as("tenant", "usage", "shop");
  assert.match(revoked.stderr, /refused \(401\)/);
});

test("a secret is refused where there is no key to encrypt it with, and the refusal says so", async () => {
  const said = await run("secret put api-key --tenant shop", { status: 1, input: "hush\n" });
  assert.match(said, /refused \(503\): .*expected a key, got none; set secrets\.keyFile/);
});

test("a tenant that is deleted is gone", async () => {
  await run("tenant delete shop --yes");
  assert.match(await get(), /^421 /);
  assert.match(await run("deployments list --tenant shop", { status: 1 }), /refused \(404\)/);
});
