// A proxy that was cut off while each of 1,000 tenants was changed, until it serves all of it: the
// feed does not reach back, so it compares every row. What it had running must go on as it was:
// each script counts its requests in a variable, and clients keep their connections.
//
//     node bench/cluster-resync.ts --tenants 1000 --scripts 100

import { Agent, get } from "node:http";
import { parseArgs } from "node:util";
import { parsePostgres } from "../src/base/config/postgres.ts";
import { newIdentity } from "../src/base/identity.ts";
import { openPostgres } from "../src/control/store/postgres/open-postgres.ts";
import { SecretKeys } from "../src/control/store/secret-keys.ts";
import { audit, KEY } from "../test/control/store-stand.ts";
import { everywhere, newStoreAt, options, plainOrigin, until } from "../test/life/cluster-stand.ts";
import { call, deploy } from "../test/life/control.ts";
import { TestProxy } from "../test/life/proxy.ts";
import { Postgres } from "../test/support/postgres.ts";
import { Relay } from "../test/support/relay.ts";

const { values } = parseArgs({
  options: {
    tenants: { type: "string", default: "1000" },
    scripts: { type: "string", default: "100" },
  },
});
const [count, scripts] = [Number(values.tenants), Number(values.scripts)];
const AT_ONCE = 200;
const CONNECTIONS = 20;
const COUNTS = `
import { definePhases } from "sluice";
let seen = 0;
export default definePhases({
  responseFilter(session) {
    session.response.headers.set("x-version", "1 1");
    session.response.headers.set("x-seen", String(++seen));
  },
});
`;

await using stack = new AsyncDisposableStack();
const server = stack.use(await Postgres.start());
const url = await newStoreAt(server);
const database = url.slice(url.lastIndexOf("/") + 1);
const origin = stack.use(await plainOrigin());
const relay = stack.use(await Relay.start(server.port));
const one = stack.use(await TestProxy.start(options(url, origin.address)));
const there = url.replace(`:${server.port}/`, `:${relay.port}/`);
const two = stack.use(await TestProxy.start(options(there, origin.address)));
const deployed = await deploy(one, COUNTS);
if (deployed.status !== 201) throw new Error(JSON.stringify(deployed.body));
await everywhere([one, two], "1 1");

const address = parsePostgres(url);
if (address === null) throw new TypeError("it is the address of a PostgreSQL");
const store = await openPostgres({ address, keys: SecretKeys.parse(KEY, "the bench") });
stack.defer(() => store.close());
const made = await store.deployment("demo", 1);
if (made === null) throw new TypeError("it was deployed");
const names = Array.from({ length: count }, (_, i) => `shop-${i}`);
for (let i = 0; i < count; i += AT_ONCE) {
  const changes = names.slice(i, i + AT_ONCE).map((name) => ({
    ...{ name, expected: 0, id: newIdentity(name), audit: audit("tenant.put", name) },
    settings: settingsOf(name),
  }));
  await store.changeTenants(changes);
}
const releases = names.slice(0, scripts).map((tenant) => ({
  ...{ tenant, deployment: { ...made, tenant, version: 1 } },
  traffic: { versions: [{ version: 1, percent: 100 }], stickyBy: { kind: "address" } as const },
  audit: [audit("deployment.create", tenant)],
}));
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
stack.defer(() => agent.destroy());
/** Ports of the connections that clients have opened. */
const opened = new Set<number>();
const madeMs = performance.now();
await store.release(releases);
const scripted = names.slice(0, scripts);
const last = scripted.at(-1) ?? "";
await until(async () => (await seen(last)) !== null);
console.log(`${count} tenants, ${scripts} with a script: served after ${since(madeMs)}`);

const before = await Promise.all(scripted.map(seen));
const openedBefore = opened.size;
relay.lead(0);
for (const name of names) {
  await store.putFlag(name, { name: "color", value: "red" }, audit("flag.put", name));
}
await server.sql(database, "DELETE FROM sluice.changes");
const { number } = await store.revision();
relay.lead(server.port);
const healedMs = performance.now();
// whoever asks for a change has it looked for whether PostgreSQL is back
await until(async () => (await change()).status === 200);
const copiedMs = performance.now();
await until(async () => (await served()) > number);
console.log(`resynced: copied after ${since(healedMs, copiedMs)}, served after ${since(healedMs)}`);
const after = await Promise.all(scripted.map(seen));
const fresh = after.filter((now, i) => now !== (before[i] ?? 0) + 1).length;
const connections = opened.size - openedBefore;
console.log(`scripts begun anew: ${fresh}; connections opened: ${connections}`);

function settingsOf(name: string) {
  const upstreams = { o: { peers: [origin.address] } };
  return { hosts: [`${name}.example`], upstreams, isolation: "inline" };
}

function since(fromMs: number, toMs = performance.now()): string {
  return `${((toMs - fromMs) / 1_000).toFixed(2)} s`;
}

function change() {
  return call(two, ["PUT", "/tenants/demo/flags/back"], { value: 1 });
}

/** Up to which change it serves all. */
async function served(): Promise<number> {
  const response = await fetch(`${two.admin}/v1/health`, { headers: { connection: "close" } });
  await response.text();
  return Number(response.headers.get("sluice-revision"));
}

/** How many requests its script has seen; null: it does not serve yet. */
async function seen(tenant: string): Promise<number | null> {
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  const headers = { host: `${tenant}.example` };
  get({ port: two.port, host: "127.0.0.1", agent, headers }, (response) => {
    response.resume().on("end", () => {
      const text = response.headers["x-seen"];
      resolve(text === undefined ? null : Number(text));
    });
  })
    .on("socket", ({ localPort }) => opened.add(localPort ?? 0))
    .on("error", reject);
  return await promise;
}
