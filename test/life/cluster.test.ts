// Several proxies over one PostgreSQL: what is changed at one is live at all of them, and they
// serve on when PostgreSQL is gone.

import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { after, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { parsePostgres } from "../../src/base/config/postgres.ts";
import { migratePostgres } from "../../src/control/store/postgres/migrate.ts";
import { Folder, KEY } from "../control/store-stand.ts";
import { missingPostgres, Postgres } from "../support/postgres.ts";
import { type ApiAnswer, call, deploy, type Json, list, versioned, WITH_TOKEN } from "./control.ts";
import { httpOrigin } from "./http-origin.ts";
import { oneTenant, type ProxyOptions, TestProxy } from "./proxy.ts";

const skip = await missingPostgres();
const server = skip === false ? await Postgres.start() : null;
after(() => server?.[Symbol.asyncDispose]());

async function newStore(): Promise<string> {
  const url = server?.url((await server?.database()) ?? "") ?? "";
  const address = parsePostgres(url);
  if (address === null) throw new TypeError("expected the address of a PostgreSQL");
  await migratePostgres(address, null);
  return url;
}

const plainOrigin = () => httpOrigin((_request, response) => void response.end("plain"));

const options = (store: string, origin: string, folder?: string): ProxyOptions => ({
  config: {
    ...oneTenant({ origin: [origin] }, { env: { NODE: folder === undefined ? "one" : "two" } }),
    store,
  },
  env: { ...WITH_TOKEN, SLUICE_SECRETS_KEY: KEY },
  ...(folder === undefined ? {} : { folder }),
});

/** Node's own client: `fetch` does not let a host be named. */
async function statusOf({ port }: TestProxy, host: string): Promise<number | undefined> {
  const request = get({ port, host: "127.0.0.1", headers: { host, connection: "close" } });
  const [response]: IncomingMessage[] = await once(request, "response");
  response?.resume();
  return response?.statusCode;
}

/** Waits until it is so: for as long as a busy machine may need. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  while (!(await isSo())) {
    signal.throwIfAborted();
    await sleep(20);
  }
}

const served = async (proxy: TestProxy): Promise<string | null> => {
  const response = await fetch(proxy.url, { headers: { connection: "close" } });
  await response.text();
  return response.headers.get("x-version");
};

const READS_VALUES = `
import { definePhases, flag, secret } from "sluice";
export default definePhases({
  responseFilter(session) {
    const values = "values " + flag("color", "none") + " " + secret("s");
    session.response.headers.set("x-version", values);
  },
});
`;

const ok = (answer: ApiAnswer): void =>
  assert.ok(answer.status < 300, `${answer.status} ${JSON.stringify(answer.body)}`);

test("several proxies over one PostgreSQL", { skip }, async (t) => {
  await using origin = await plainOrigin();
  await using folder = await Folder.make();
  const store = await newStore();
  await using one = await TestProxy.start(options(store, origin.address));
  const second = options(store, origin.address, folder.path);
  await using two = await TestProxy.start(second);
  await shareChanges(t, [one, two], origin.address);
  await know(t, [one, two]);
  await outlive(t, [one, two], second);
});

test("two whose files differ do not answer each other's with versions", { skip }, async () => {
  await using origin = await plainOrigin();
  const store = await newStore();
  await using folder = await Folder.make();
  const start = (version: number, path?: string) =>
    TestProxy.start({
      ...options(store, origin.address, path),
      config: { ...oneTenant({ origin: [origin.address] }, { script: "main.ts" }), store },
      files: { "main.ts": versioned(version) },
    });
  await using one = await start(1, folder.path);
  await everywhere([one], "1 1");
  await using two = await start(2);
  await everywhere([one, two], "2 2");
  const history = async (): Promise<unknown> =>
    (await call(two, ["GET", "/tenants/demo/deployments"])).body.deployments;
  // each of these changes is read by the other proxy
  for (const proxy of [one, two, one]) ok(await flag(proxy, proxy.port));
  for (const proxy of [one, two]) {
    await proxy.write("main.ts", versioned(3));
    ok(await flag(proxy, "written"));
    await proxy.waitFor(({ msg, target }) => msg === "changed" && target === "flag color");
  }
  await everywhere([one, two], "2 2");
  const found = await history();
  assert.equal(Array.isArray(found) ? found.length : found, 2);
  two.signal("SIGHUP");
  await everywhere([one, two], "3 3");
  await two.write("main.ts", versioned(2));
  two.signal("SIGHUP");
  await everywhere([one, two], "2 2");
  await one[Symbol.asyncDispose]();
  // one that is behind takes nobody back
  await using again = await start(3, folder.path);
  await again.waitFor(({ version, msg }) => version === 3 && /is old;/.test(msg ?? ""));
  await everywhere([again, two], "2 2");
});

test("a restore that lost changes is taken over, and changes go on", { skip }, async () => {
  await using origin = await plainOrigin();
  const store = await newStore();
  const name = store.slice(store.lastIndexOf("/") + 1);
  await using one = await TestProxy.start(options(store, origin.address));
  await using two = await TestProxy.start(options(store, origin.address));
  const deployed = async (proxy: TestProxy, version: number): Promise<void> => {
    await until(async () => (await deploy(proxy, versioned(version))).status === 201);
    await everywhere([one, two], `${version} ${version}`);
  };
  await deployed(one, 1);
  await server?.copy(name, `${name}_copy`);
  await deployed(two, 2);
  ok(await flag(one, "lost"));
  await server?.restore(name, `${name}_copy`);
  await everywhere([one, two], "1 1");
  // as many changes as were lost: their revisions are those of the lost ones
  await deployed(two, 3);
  await deployed(one, 4);
});

async function everywhere(proxies: readonly TestProxy[], version: string): Promise<void> {
  for (const proxy of proxies) await until(async () => (await served(proxy)) === version);
}

const flag = (proxy: TestProxy, value: unknown): Promise<ApiAnswer> =>
  call(proxy, ["PUT", "/tenants/demo/flags/color"], { value });

type Proxies = readonly [TestProxy, TestProxy];

async function shareChanges(t: TestContext, proxies: Proxies, origin: string): Promise<void> {
  const [one, two] = proxies;
  await t.test("deployments and traffic of one are live at the other", async () => {
    assert.equal((await deploy(one, versioned(1))).status, 201);
    await everywhere(proxies, "1 1");
    assert.equal((await deploy(two, versioned(2))).status, 201);
    await everywhere(proxies, "2 2");
    ok(await call(one, ["POST", "/tenants/demo/rollback"], {}));
    await everywhere(proxies, "1 1");
  });

  await t.test("two deployments at once at two of them come one after the other", async () => {
    const both = [one, two].map((proxy, i) => deploy(proxy, versioned(`at once ${i}`)));
    const answers = await Promise.all(both);
    for (const answer of answers) assert.equal(answer.status, 201, JSON.stringify(answer.body));
    const versions = answers.map(({ body }) => Number(body.version));
    const last = versions.indexOf(Math.max(...versions));
    await everywhere(proxies, `at once ${last} at once ${last}`);
  });

  await t.test("so are flags and secrets", async () => {
    ok(await flag(one, "red"));
    ok(await call(two, ["PUT", "/tenants/demo/secrets/s"], { value: "hunter2" }));
    ok(await deploy(one, READS_VALUES));
    await everywhere(proxies, "values red hunter2");
    ok(await flag(two, "blue"));
    await everywhere(proxies, "values blue hunter2");
  });

  await t.test("a token is known, and revoked, at both", async () => {
    const token = await call(one, ["POST", "/tokens"], { role: "reader" });
    ok(token);
    const bearer = String(token.body.token);
    const answers = (status: number) => async () =>
      (await call(two, ["GET", "/tenants/demo/flags"], undefined, bearer)).status === status;
    await until(answers(200));
    ok(await call(one, ["DELETE", `/tokens/${String(token.body.id)}`]));
    await until(answers(401));
  });

  await t.test("so are tenants: made, suspended, deleted", async () => {
    const upstreams = { o: { peers: [origin] } };
    ok(await call(one, ["PUT", "/tenants/made"], { hosts: ["made.example"], upstreams }));
    const at = (proxy: TestProxy, status: number) =>
      until(async () => (await statusOf(proxy, "made.example")) === status);
    const isKnown = async () => (await call(two, ["GET", "/tenants/made"])).status === 200;
    await until(isKnown);
    ok(await call(two, ["POST", "/tenants/made/suspend"]));
    await at(one, 503);
    ok(await call(one, ["DELETE", "/tenants/made"]));
    for (const { lines } of [one, two]) assert.equal(lines.filter(isRefused).length, 0);
  });
}

const nodesOf = async (proxy: TestProxy) => list((await call(proxy, ["GET", "/nodes"])).body.nodes);

/** Null: not to be had by this name. */
const gauge = async (proxy: TestProxy, name: string): Promise<number | null> => {
  const found = (await proxy.metrics()).split("\n").find((line) => line.startsWith(`${name} `));
  return found === undefined ? null : Number(found.slice(name.length + 1));
};

async function know(t: TestContext, proxies: Proxies): Promise<void> {
  const [one, two] = proxies;
  await t.test("each lists all, and a deployment is answered when all serve it", async () => {
    const { status, body } = await deploy(one, versioned("everywhere"));
    assert.equal(status, 201);
    assert.equal(await served(two), "everywhere everywhere");
    assert.deepEqual(
      list(body.nodes).map(({ state, reason }) => ({ state, reason })),
      [ALIVE, ALIVE],
    );
    const [first, second] = [await nodesOf(one), await nodesOf(two)];
    assert.deepEqual(new Set(ids(first)), new Set(ids(second)));
    assert.notDeepEqual(first.find(isSelf)?.id, second.find(isSelf)?.id);
    assert.deepEqual(
      first.map(({ lag }) => lag),
      [0, 0],
    );
  });

  await t.test("one is drained through the other: it is not ready, and serves", async () => {
    const { id } = (await nodesOf(two)).find(isSelf) ?? {};
    const ready = async () => (await call(two, ["GET", "/ready"])).status;
    ok(await call(one, ["POST", `/nodes/${String(id)}/drain`]));
    await until(async () => (await ready()) === 503);
    assert.equal(await served(two), "everywhere everywhere");
    assert.equal((await nodesOf(one)).find((node) => node.id === id)?.drained, true);
    ok(await call(two, ["POST", `/nodes/${String(id)}/resume`]));
    assert.equal(await ready(), 200);
    const nobody = await call(one, [
      "POST",
      `/nodes/${String(id).replaceAll(/[0-9]/g, "0")}/drain`,
    ]);
    assert.equal(nobody.status, 404);
  });

  await t.test("one that refuses a change is named with the reason, and serves on", async () => {
    assert.equal(await gauge(two, "sluice_store_lag_seconds"), 0);
    const { status, body } = await deploy(one, NOT_ON_TWO);
    assert.equal(status, 202, JSON.stringify(body));
    const [refusing, ...others] = list(body.nodes).filter(
      ({ state }) => String(state) !== "serving",
    );
    assert.deepEqual(others, []);
    assert.match(String(refusing?.reason), /not on two/);
    assert.equal(await served(two), "everywhere everywhere");
    await until(async () => (await gauge(two, 'sluice_nodes{state="refused"}')) === 1);
    const faults = list((await call(two, ["GET", "/status"])).body.faults);
    assert.ok(faults.some(({ text }) => /refuses a change: .*not on two/.test(String(text))));
    assert.notEqual(await gauge(two, "sluice_store_lag_seconds"), 0);
    assert.equal((await deploy(one, versioned("mended"))).status, 201);
    assert.equal(await served(two), "mended mended");
    assert.deepEqual(
      (await nodesOf(one)).map(({ reason }) => String(reason)),
      ["", ""],
    );
  });
}

const NOT_ON_TWO = `
import { definePhases, env } from "sluice";
if (env.NODE === "two") throw new Error("not on two");
export default definePhases({});
`;

const ALIVE = { state: "serving", reason: "" };
const ids = (nodes: readonly Json[]) => nodes.map(({ id }) => String(id));
const isSelf = ({ self }: Json): boolean => Boolean(self);

async function outlive(t: TestContext, proxies: Proxies, second: ProxyOptions): Promise<void> {
  const [one, two] = proxies;
  ok(await deploy(one, versioned(1)));
  await everywhere(proxies, "1 1");
  let [isOver, requests] = [false, 0];
  const traffic = (async () => {
    for (; !isOver && !t.signal.aborted; requests++) {
      assert.match((await served(one)) ?? "", /^[12] [12]$/);
      await sleep(20);
    }
  })();

  await t.test("one that is stopped, or dead, costs changes and no request", async () => {
    await server?.signal("SIGSTOP");
    const refused = await flag(two, 1);
    assert.ok(refused.status === 503 || refused.status === 504, JSON.stringify(refused));
    await server?.signal("SIGCONT");
    await until(async () => (await flag(two, 1)).status === 200);
    await server?.kill();
    await until(async () => {
      const { status, body } = await flag(one, 2);
      assert.equal(status, 503);
      return /unreachable since \d{4}-/.test(String(body.detail));
    });
    assert.equal((await call(one, ["GET", "/tenants/demo/deployments"])).status, 200);
  });

  await t.test("a proxy starts without it, and catches up", async () => {
    await two[Symbol.asyncDispose]();
    await using again = await TestProxy.start(second);
    assert.equal(await served(again), "1 1");
    await server?.resume();
    await until(async () => (await deploy(one, versioned(2))).status === 201);
    await everywhere([one, again], "2 2");
  });
  isOver = true;
  await traffic;
  assert.ok(requests > 0);
}

const isRefused = ({ msg }: { readonly msg?: string }) => msg === "reload refused";
