// What all proxies over one PostgreSQL do together: judge new versions, deal them, and answer for
// each other.

import assert from "node:assert/strict";
import { get, type IncomingHttpHeaders } from "node:http";
import type { TestContext } from "node:test";
import {
  answered,
  everywhere,
  ok,
  type Proxies,
  ROLLBACK,
  served,
  until,
} from "./cluster-stand.ts";
import { call, deploy, type Json, list, TOKEN, versioned } from "./control.ts";
import type { TestProxy } from "./proxy.ts";
import { TailReader } from "./tail-reader.ts";

const FAILING = `
import { definePhases } from "sluice";
export default definePhases({ requestFilter() { throw new Error("boom"); } });
`;

/** Fewer than are judged; together as many. */
const REQUESTS = 25;

export async function judge(t: TestContext, proxies: Proxies): Promise<void> {
  const [one] = proxies;
  await t.test("a version that fails is taken back by the sum of what all have seen", async () => {
    assert.equal((await answered(() => deploy(one, versioned("good")))).status, 201);
    await everywhere(proxies, "good good");
    const { body } = await answered(() => deploy(one, FAILING));
    const judges = await judgesOf(one);
    let failed = 0;
    for (const proxy of proxies) {
      // the other has it later
      await until(async () => (await served(proxy)) === null);
      failed++;
      for (let i = 1; i < REQUESTS; i++, failed++) {
        const version = await served(proxy);
        // once as many have failed as are judged, it may be taken back at any time
        if (failed < ROLLBACK.minRequests) assert.equal(version, null, `after ${failed}`);
      }
    }
    await everywhere(proxies, "good good");
    const audit = await answered(() => call(one, ["GET", "/audit?tenant=demo"]));
    const lines = list(audit.body.lines);
    const backs = lines.filter(({ action }) => String(action) === "traffic.rollback.automatic");
    assert.deepEqual(
      backs.map(({ detail }) => Number(detail?.version)),
      [Number(body.version)],
    );
    // a breaker may have answered the last ones, which are no errors of the script then: how many
    // depends on how soon it is judged
    assert.match(String(backs[0]?.detail?.reason), /^script errors: (?:[5-9]\d|100)[. ]/);
    const says = ({ msg }: { readonly msg?: string }) => /was taken back/.test(msg ?? "");
    await Promise.any(proxies.map((proxy) => proxy.waitFor(says)));
    judges.push(...(await judgesOf(one)));
    const said = ["one", "two"].filter((_, i) => proxies[i]?.lines.some(says));
    assert.equal(said.length, 1);
    // the store may have been late with its answer to the one that judged: then another one does
    assert.ok(judges.includes(said[0] ?? ""), `${said} of ${judges}`);
  });

  await t.test(
    "a client gets the same version at all, and a tester the one it asks for",
    async () => {
      const { body } = await answered(() => deploy(one, versioned("new"), { percent: 50 }));
      const now = (await call(one, ["GET", "/tenants/demo/traffic"])).body;
      const traffic = {
        versions: list(now.versions).map(({ version, percent }) => ({ version, percent })),
        stickyBy: { kind: "header", name: "x-client" },
      };
      ok(await answered(() => call(one, ["PUT", "/tenants/demo/traffic"], traffic)));
      const dealt = (proxy: TestProxy) =>
        Promise.all(Array.from({ length: 20 }, (_, i) => asked(proxy, { "x-client": `c${i}` })));
      let first: readonly string[] = [];
      await until(async () => {
        const all = await Promise.all(proxies.map(dealt));
        first = all[0] ?? [];
        return all.every((versions) => versions.join() === first.join());
      });
      assert.deepEqual(new Set(first), new Set(["good good", "new new"]));
      const path = `/tenants/demo/deployments/${String(body.version)}/pass`;
      const pass = await answered(() => call(one, ["POST", path], {}));
      ok(pass);
      const headers = { "sluice-version": String(pass.body.value) };
      for (const proxy of proxies) assert.equal(await asked(proxy, headers), "new new");
      ok(await answered(() => call(one, ["POST", "/tenants/demo/rollback"], {})));
      await everywhere(proxies, "good good");
    },
  );
}

async function judgesOf(one: TestProxy): Promise<string[]> {
  const nodes = list((await call(one, ["GET", "/nodes"])).body.nodes);
  return nodes.filter(({ guardian }) => guardian).map(({ name }) => String(name));
}

/** Which version answers. */
function asked({ port }: TestProxy, headers: IncomingHttpHeaders): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  get({ port, host: "127.0.0.1", headers: { connection: "close", ...headers } }, (response) => {
    response.resume();
    resolve(String(response.headers["x-version"]));
  }).on("error", reject);
  return promise;
}

export async function watch(t: TestContext, proxies: Proxies): Promise<void> {
  const [one, two] = proxies;
  await t.test(
    "one shows what happens at all of them, and names the one that does not answer",
    async () => {
      assert.deepEqual(await seenBy(proxies, "all", 2), ["one", "two"]);
      const of = list((await call(one, ["GET", "/nodes"])).body.nodes);
      const other = of.find(({ name }) => String(name) === "two");
      assert.deepEqual(await seenBy(proxies, String(other?.id), 1), ["two"]);
      two.signal("SIGSTOP");
      try {
        await using late = await TailReader.open(one, "nodes=all&status=200", "demo", TOKEN);
        await served(one);
        const first = [await late.next(), await late.next()];
        const told = first.find((event) => event?.event === "node");
        assert.match(JSON.stringify(told), /"node":"two".*no answer within 2 s/);
      } finally {
        two.signal("SIGCONT");
      }
    },
  );

  await sumUp(t, proxies);
  await login(t, proxies);
}

/** Where the first requests were that the tail shows. */
async function seenBy([one, two]: Proxies, nodes: string, count: number): Promise<unknown[]> {
  let events: Awaited<ReturnType<TailReader["next"]>>[] = [];
  await until(async () => {
    await using tail = await TailReader.open(one, `nodes=${nodes}&status=200`, "demo", TOKEN);
    for (const proxy of [one, two]) await served(proxy);
    events = [];
    for (let i = 0; i < count; i++) events.push(await tail.next());
    // one that is late on a busy machine is named first, and what it served meanwhile is missed
    return events.every((event) => event?.event !== "node");
  });
  assert.ok(events.every((event) => event?.event === "request"));
  return events.map((event) => event?.node).sort();
}

async function sumUp(t: TestContext, [one, two]: Proxies): Promise<void> {
  await t.test("one sums up what all of them have served, for whoever may see it", async () => {
    const reader = { role: "reader", tenant: "demo" };
    const { body } = await answered(() => call(one, ["POST", "/tokens"], reader));
    const token = String(body.token);
    const usage = async (proxy: TestProxy, query = "", path = "tenants/demo/usage") => {
      return await call(proxy, ["GET", `/${path}${query}`], undefined, token);
    };
    const isKnown = async () => (await usage(two)).status === 200;
    await until(isKnown);
    const parts = [await usage(one), await usage(two)].map((part) => Number(part.body.requests));
    const all = await whole(async () => (await usage(two, "?nodes=all")).body);
    assert.equal(Number(all.requests), (parts[0] ?? 0) + (parts[1] ?? 0));
    assert.deepEqual(
      list(all.nodes).map(({ name }) => String(name)),
      ["one", "two"],
    );
    assert.equal((await usage(one, "?nodes=all", "usage")).status, 403);
    assert.equal((await usage(one, "?nodes=all", "tenants/other/usage")).status, 404);
    const each = await whole(async () => (await call(one, ["GET", "/usage?nodes=each"])).body);
    assert.deepEqual(
      list(each.nodes).map(({ tenants }) => list(tenants).map(({ requests }) => Number(requests))),
      parts.map((part) => [part]),
    );
    await until(async () => {
      const { cluster } = (await call(two, ["GET", "/status"])).body;
      assert.equal(String(cluster?.name), "two");
      return Number(cluster?.nodes?.serving) === 2;
    });
    const meant = { "sluice-node": "another" };
    const other = await call(one, ["GET", "/usage"], undefined, TOKEN, meant);
    assert.equal(other.status, 421);
    two.signal("SIGSTOP");
    try {
      const [, second] = list((await call(one, ["GET", "/usage?nodes=all"])).body.nodes);
      assert.match(String(second?.reason), /no answer within 2 s/);
    } finally {
      two.signal("SIGCONT");
    }
  });
}

/** With the part of each: one that is late with its own, on a busy machine, is asked again. */
async function whole(ask: () => Promise<Json>): Promise<Json> {
  let answer: Json = {};
  await until(async () => {
    answer = await ask();
    return list(answer.nodes).every(({ reason }) => String(reason) === "");
  });
  return answer;
}

async function login(t: TestContext, [one]: Proxies): Promise<void> {
  await t.test("a page's session of one shows what all have kept and counted", async () => {
    const session = await fetch(`${one.admin}/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json", connection: "close" },
      body: JSON.stringify({ token: TOKEN }),
    });
    const { key }: { readonly key: string } = Object(await session.json());
    const cookie = session.headers.get("set-cookie")?.split(";")[0] ?? "";
    const headers = { cookie, "sluice-session-key": key, connection: "close" };
    const asked = async (path: string): Promise<Json> => {
      const answer = await fetch(`${one.admin}/v1${path}`, { headers });
      assert.equal(answer.status, 200, path);
      return Object(await answer.json());
    };
    const ofAll = (path: string) => whole(() => asked(`${path}nodes=all`));
    for (const path of ["/status?", "/series?", "/tenants/demo/series?", "/usage?"]) {
      const { nodes } = await ofAll(path);
      assert.deepEqual(
        list(nodes).map(({ name }) => String(name)),
        ["one", "two"],
      );
    }
    const { workers } = await asked("/status");
    assert.equal(Number((await ofAll("/status?")).workers), 2 * Number(workers));
    const { versions } = await ofAll("/tenants/demo/versions/stats?");
    assert.ok(list(versions).some(({ scriptFailures }) => Number(scriptFailures) > REQUESTS));
    const { requests } = await ofAll("/tenants/demo/requests?limit=500&");
    // slow ones are kept, too
    const failed = list(requests).filter(({ line }) => Number(line?.status) === 500);
    const there = failed.find(({ node }) => String(node) === "two");
    const found = await asked(`/tenants/demo/requests/${String(there?.id)}?nodes=all`);
    assert.deepEqual([String(found.node), Number(found.line?.status)], ["two", 500]);
  });
}
