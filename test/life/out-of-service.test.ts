// A tenant whose processes died too often is out of service. Its own next deployment brings it back
// without an operator, if something else runs then; one that kills again has one death.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CellStand, COUNTS } from "./cell-stand.ts";
import { type ApiAnswer, call, deploy, list, WITH_TOKEN } from "./control.ts";
import { SocketOrigin } from "./socket-origin.ts";

/** Answers with its name, and ends its process when it is asked to. */
const killer = (name: string): string => `import { definePhases } from "sluice";
export default definePhases({
  requestFilter({ request: { target } }) {
    if (target === "/kill") [].indexOf.call({ length: 2 ** 53 - 1 });
    return target === "/held" ? undefined : new Response("${name}");
  },
  logging({ request: { target } }) {
    if (target === "/held") [].indexOf.call({ length: 2 ** 53 - 1 });
  },
});`;

const sound = (name: string): string => killer(name).replaceAll("2 ** 53 - 1", "1");

const PRELOADS = ["./weighty-deaths.ts", "./worker-ends.ts"].flatMap((name) => [
  "--import",
  new URL(name, import.meta.url).href,
]);

/** Tenant demo, whose script is deployed, and a neighbour. */
const standWith = (demo: object = {}): Promise<CellStand> =>
  CellStand.start({
    files: { "neighbour.ts": COUNTS },
    tenants: {
      demo: { script: undefined, rollback: { automatic: false }, ...demo },
      neighbour: {},
    },
    env: WITH_TOKEN,
    nodeArgs: PRELOADS,
  });

async function live({ proxy }: CellStand, source: string, rest: object = {}): Promise<void> {
  const { status, body } = await deploy(proxy, source, rest);
  assert.equal(status, 201, JSON.stringify(body));
}

async function breakerOf({ proxy }: CellStand): Promise<string> {
  const { body } = await call(proxy, ["GET", "/tenants/demo/deployments"]);
  return String(body.processes?.breaker);
}

/** Requests that kill, until no hook runs any more. */
async function strikeOut(stand: CellStand): Promise<void> {
  let answer = await stand.ask("demo", "/kill");
  while (answer.status !== 503) answer = await stand.ask("demo", "/kill");
  assert.match(answer.body, /"code":"script_disabled"/);
}

const deaths = ({ proxy }: CellStand): number =>
  proxy.lines.filter(({ msg, tenant }) => msg === "a cell died" && tenant === "demo").length;

test("another bundle serves from its first request, by the tenant's own token", async () => {
  await using stand = await standWith();
  const { proxy } = stand;
  await live(stand, killer("bad"));
  const load = stand.paced("neighbour");
  await load.more(20);
  await strikeOut(stand);
  assert.equal(await breakerOf(stand), "open");

  const made = await call(proxy, ["POST", "/tokens"], { role: "deployer", tenant: "demo" });
  const token = String(made.body.token);
  const path = "/tenants/demo/deployments";
  const post = (source: string): Promise<ApiAnswer> =>
    call(proxy, ["POST", path], { files: { "main.ts": source } }, token);
  const same = await post(killer("bad"));
  assert.equal(same.status, 409);
  assert.match(String(same.body.detail), /out of service, and died of this very script/);
  assert.equal(await breakerOf(stand), "open");
  assert.equal((await stand.ask("demo")).status, 503);

  const fixed = await post(sound("fixed"));
  assert.equal(fixed.status, 201, JSON.stringify(fixed.body));
  const answers = await Promise.all(Array.from({ length: 20 }, () => stand.ask("demo", "/kill")));
  assert.deepEqual([...new Set(answers.map(({ body }) => body))], ["fixed"]);
  assert.equal(await breakerOf(stand), "half-open");
  await load.more(20);
  await load.stop();
  assert.deepEqual(load.failures, []);
});

test("a rollback and a change of shares bring it back; a version for testers does not", async () => {
  await using stand = await standWith();
  const { proxy } = stand;
  await live(stand, sound("first"));
  await live(stand, killer("second"));
  await strikeOut(stand);
  await live(stand, sound("third"), { percent: 0 });
  assert.equal((await stand.ask("demo")).status, 503);
  assert.equal(await breakerOf(stand), "open");
  const back = await call(proxy, ["POST", "/tenants/demo/rollback"], { version: 1 });
  assert.equal(back.status, 200, JSON.stringify(back.body));
  assert.equal((await stand.ask("demo", "/kill")).body, "first");

  await call(proxy, ["POST", "/tenants/demo/enable"], {});
  await live(stand, killer("fourth"), { percent: 0 });
  const both = (fourth: number, first: number) => ({
    versions: [
      { version: 4, percent: fourth },
      { version: 1, percent: first },
    ],
  });
  await call(proxy, ["PUT", "/tenants/demo/traffic"], both(100, 0));
  await strikeOut(stand);
  const shares = await call(proxy, ["PUT", "/tenants/demo/traffic"], both(0, 100));
  assert.equal(shares.status, 200, JSON.stringify(shares.body));
  assert.equal((await stand.ask("demo", "/kill")).body, "first");
});

test("a new version that took its tenant out of service is taken back by itself", async () => {
  await using stand = await standWith({ rollback: { automatic: true } });
  await live(stand, sound("first"));
  await live(stand, killer("second"));
  await strikeOut(stand);
  let answer = await stand.ask("demo", "/kill");
  while (answer.status === 503) answer = await stand.ask("demo", "/kill");
  assert.equal(answer.body, "first");
  await stand.proxy.waitFor(({ msg }) => msg === "a version that fails was taken back");
});

test("whoever deploys killers in turn has one death of each, and a fix serves in the end", async () => {
  await using stand = await standWith();
  const { proxy } = stand;
  const load = stand.paced("neighbour");
  await live(stand, sound("sound"));
  await live(stand, killer("one"));
  await strikeOut(stand);
  const names = ["two", "one"];
  let turn = 0;
  const next = async (): Promise<void> => {
    await live(stand, killer(names[turn++ % 2] ?? ""));
    await Promise.all(Array.from({ length: 8 }, () => stand.ask("demo", "/kill")));
  };
  while ((await breakerOf(stand)) !== "disabled") await next();
  const before = deaths(stand);
  for (let round = 0; round < 2; round++) {
    await next();
    assert.equal(await breakerOf(stand), "disabled");
  }
  const { body } = await call(proxy, ["GET", "/tenants/demo/deployments"]);
  const [newest, other] = list(body.deployments);
  for (const version of [other?.version, newest?.version]) {
    const back = await call(proxy, ["POST", "/tenants/demo/rollback"], { version });
    assert.equal(back.status, 200, JSON.stringify(back.body));
    await Promise.all(Array.from({ length: 8 }, () => stand.ask("demo", "/kill")));
    assert.equal(await breakerOf(stand), "disabled");
  }
  await proxy.waitFor(() => deaths(stand) >= before + 4);
  const back = await call(proxy, ["POST", "/tenants/demo/rollback"], { version: 1 });
  assert.equal(back.status, 200, JSON.stringify(back.body));
  assert.equal((await stand.ask("demo", "/kill")).body, "sound");
  await load.more(20);
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.equal(deaths(stand), before + 4);
});

test("hooks that the version before has yet to run do not count against the fix", async () => {
  await using origin = await SocketOrigin.start();
  await using stand = await standWith({
    hosts: ["demo.example", "127.0.0.1"],
    upstreams: { origin: { peers: [origin.address] } },
    defaultUpstream: "origin",
  });
  const { proxy } = stand;
  await live(stand, killer("bad"));
  const held = await fetch(`${proxy.url}/held`, { headers: { connection: "close" } });
  await strikeOut(stand);
  await live(stand, sound("fixed"));
  const before = deaths(stand);
  origin.release();
  assert.equal(await held.text(), "begun ended");
  await proxy.waitFor(({ msg, target }) => msg === "request" && target === "/held");
  assert.equal((await stand.ask("demo", "/kill")).body, "fixed");
  assert.equal(await breakerOf(stand), "half-open");
  assert.equal(deaths(stand), before);
});

test("a worker that is new refuses its hooks as the one before did, and at once", async () => {
  await using stand = await standWith({ limits: { hookWallMs: 1_000_000 } });
  const { proxy } = stand;
  await live(stand, killer("bad"));
  await strikeOut(stand);
  proxy.signal("SIGWINCH");
  await proxy.waitFor(({ msg }) => msg === "a worker ended by itself");
  let answer = { status: 0, body: "" };
  while (answer.status === 0) {
    answer = await stand.ask("demo").catch(() => answer);
  }
  assert.equal(answer.status, 503);
  await live(stand, sound("fixed"));
  assert.equal((await stand.ask("demo", "/kill")).body, "fixed");
});

test("a tenant that is deleted takes its breaker along: the next of its name begins anew", async () => {
  await using stand = await standWith();
  const { proxy } = stand;
  const settings = {
    hosts: ["guest.example"],
    isolation: "process",
    rollback: { automatic: false },
    upstreams: { none: { peers: ["127.0.0.1:9"] } },
  };
  const guest = async (method: string, path = "", body?: object): Promise<ApiAnswer> => {
    const answer = await call(proxy, [method, `/tenants/guest${path}`], body);
    assert.ok(answer.status < 300, JSON.stringify(answer.body));
    return answer;
  };
  const begin = async (source: string): Promise<void> => {
    await guest("PUT", "", settings);
    await guest("POST", "/deployments", { files: { "main.ts": source } });
  };
  const processes = async () => (await guest("GET", "/deployments")).body.processes;
  await begin(killer("old"));
  while ((await stand.ask("guest", "/kill")).status !== 503);
  assert.deepEqual(await processes(), { breaker: "open", isAlone: true });
  await guest("DELETE");
  await begin(sound("new"));
  assert.deepEqual(await processes(), { breaker: "closed", isAlone: false });
  assert.equal((await stand.ask("guest", "/kill")).body, "new");
});
