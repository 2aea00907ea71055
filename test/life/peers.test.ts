// How peers stand, seen from outside: checks, ejection, what an operator does, and what survives.
// Two workers, three origins that say who they are.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { sluice } from "../cli/fake-admin.ts";
import { type Answer, ask } from "./ask.ts";
import { call, list, WITH_TOKEN } from "./control.ts";
import { Origin, SCRIPT } from "./peer-origin.ts";
import { TestProxy } from "./proxy.ts";
import { RawClient } from "./raw-client.ts";

describe("peers", () => {
  const origins = ["a", "b", "c"].map((name) => new Origin(name));
  const [a, b, c] = origins as [Origin, Origin, Origin];
  let proxy: TestProxy;

  const config = () => {
    const two = [a.address, b.address];
    const tenant = (name: string, group: object, more: object = {}) => ({
      ...{ hosts: [`${name}.test`], upstreams: { one: { peers: two, ...group } } },
      ...more,
    });
    const ejection = { consecutiveFailures: 3, baseMs: 3_000, maxPercent: 50 };
    const health = { intervalMs: 100, fastIntervalMs: 30, path: "/check" };
    return {
      workers: 2,
      store: "memory",
      tenants: {
        checked: tenant("checked", { health }),
        rarely: tenant("rarely", { health: { ...health, intervalMs: 60_000, path: "/rarely" } }),
        hurt: tenant(
          "hurt",
          { ejection, balance: "hash" },
          { script: "main.ts", abortOnHalfClose: true },
        ),
        calm: tenant("calm", { ejection }),
        plain: tenant("plain", { sticky: { cookie: "peer" } }),
      },
    };
  };

  before(async () => {
    for (const origin of origins) await origin.start();
    const files = { "main.ts": SCRIPT };
    proxy = await TestProxy.start({ files, config: config(), env: WITH_TOKEN });
  });

  after(async () => {
    await proxy[Symbol.asyncDispose]();
    for (const { server } of origins) await server?.[Symbol.asyncDispose]();
  });

  const bodies = async (tenant: string, count = 8, path = "/"): Promise<Set<string>> => {
    const asked = Array.from({ length: count }, () => ask(proxy, tenant, { path }));
    return new Set((await Promise.all(asked)).map(({ body }) => body));
  };

  const both = new Set(["a", "b"]);

  /** The next line of the log that says that a peer's state has become this. */
  const becomes = (tenant: string, { address }: Origin, state: string, since: number) =>
    proxy.waitFor(
      (line) =>
        proxy.lines.indexOf(line) >= since &&
        line.tenant === tenant &&
        line.peer === address &&
        line.state === state,
    );

  const peers = async (tenant: string): Promise<Record<string, string>> => {
    const { body } = await call(proxy, ["GET", `/tenants/${tenant}/upstreams`]);
    const found = list(list(body.upstreams)[0]?.peers);
    return Object.fromEntries(found.map(({ address, state }) => [`${address}`, `${state}`]));
  };

  const run = async (...args: readonly string[]): Promise<string> => {
    const env = { ...WITH_TOKEN, SLUICE_ADMIN_URL: proxy.admin, NO_COLOR: "1" };
    const { status, stdout, stderr } = await sluice(["upstream", ...args], { env, input: "" });
    assert.equal(status, 0, stderr);
    return stdout;
  };

  it("a peer that fails its checks gets no requests, and gets them again once it passes", async () => {
    const since = proxy.lines.length;
    b.status = 503;
    const down = await becomes("checked", b, "down", since);
    assert.equal(down.reason, "it answered with status 503");
    assert.deepEqual(await bodies("checked"), new Set(["a"]));
    b.status = 200;
    await becomes("checked", b, "up", proxy.lines.indexOf(down));
    assert.deepEqual(await bodies("checked"), both);
  });

  it("a peer that is down stays so through a reload, and no request meets it", async () => {
    const since = proxy.lines.length;
    b.status = 503;
    const down = await becomes("checked", b, "down", since);
    await proxy.configure({ ...config(), log: { level: "debug" } });
    assert.equal((await call(proxy, ["POST", "/reload"])).status, 200);
    assert.deepEqual(await bodies("checked", 20), new Set(["a"]));
    assert.equal((await peers("checked"))[b.address], "down");
    b.status = 200;
    await becomes("checked", b, "up", proxy.lines.indexOf(down));
  });

  it("a peer at which requests fail is checked at once, not when its next check is due", async () => {
    const since = proxy.lines.length;
    b.rarely = 503;
    for (let i = 0; i < 4; i++) await ask(proxy, "rarely", { path: "/broken" });
    assert.equal((await becomes("rarely", b, "down", since)).reason, "it answered with status 503");
    assert.deepEqual(await bodies("rarely"), new Set(["a"]));
  });

  it("a peer whose answers fail is ejected for a while, for that tenant alone", async () => {
    const since = proxy.lines.length;
    const victim = (await ask(proxy, "hurt", { path: "/fails" })).body;
    for (let i = 0; i < 2; i++) await ask(proxy, "hurt", { path: "/fails" });
    const origin = victim === "a" ? a : b;
    const ejected = await becomes("hurt", origin, "ejected", since);
    assert.equal(ejected.reason, "3 failures in a row");
    assert.notEqual((await ask(proxy, "hurt", { path: "/fails" })).body, victim);
    assert.deepEqual(await bodies("calm"), both);
    await becomes("hurt", origin, "up", proxy.lines.indexOf(ejected));
    assert.equal((await ask(proxy, "hurt", { path: "/fails" })).body, victim);
    // it can be ejected again: its counts began anew
    for (let i = 0; i < 2; i++) await ask(proxy, "hurt", { path: "/fails" });
    await becomes("hurt", origin, "ejected", proxy.lines.indexOf(ejected) + 1);
  });

  it("clients that leave, and hooks that fail, speak against no peer", async () => {
    const failed = async (): Promise<number> => {
      const { body } = await call(proxy, ["GET", "/tenants/hurt/upstreams"]);
      const found = list(list(body.upstreams)[0]?.peers);
      return found.reduce((sum, peer) => sum + Number(peer.failed), 0);
    };
    const before = await failed();
    for (let i = 0; i < 5; i++) {
      assert.equal((await ask(proxy, "hurt", { path: "/broken-hook" })).status, 500);
      const leaver = new AbortController();
      const { signal } = leaver;
      const asked = ask(proxy, "hurt", { path: "/held", signal }).catch(() => null);
      while (a.held.length + b.held.length === 0) await new Promise(setImmediate);
      const [held] = [...a.held.splice(0), ...b.held.splice(0)];
      leaver.abort();
      await asked;
      if (held?.closed === false) await once(held, "close");
    }
    assert.equal(await failed(), before);
  });

  it("a drain lets those stay that stick, and is over when nothing is under way", async () => {
    const first = await firstOf("plain", "a");
    const held = ask(proxy, "plain", { path: "/held", headers: { cookie: first } });
    while (a.held.length === 0) await new Promise(setImmediate);
    const since = proxy.lines.length;
    await run("drain", "one", a.address, "--tenant", "plain");
    assert.equal((await peers("plain"))[a.address], "draining");
    assert.deepEqual(await bodies("plain"), new Set(["b"]));
    const stuck = await ask(proxy, "plain", { headers: { cookie: first } });
    assert.equal(stuck.body, "a");
    assert.equal(stuck.headers["set-cookie"], undefined);
    a.held.shift()?.end("done");
    assert.equal((await held).body, "done");
    await becomes("plain", a, "drained", since);
    assert.match(await run("list", "--tenant", "plain"), /drained/);
    await run("disable", "one", a.address, "--tenant", "plain");
    const moved = await ask(proxy, "plain", { headers: { cookie: first } });
    assert.equal(moved.body, "b");
    assert.match(moved.headers["set-cookie"]?.[0] ?? "", /^peer=[\w-]+; Path=\/; HttpOnly/);
  });

  it("a drain is over in time, whatever is under way", async () => {
    const first = await firstOf("plain", "b");
    await run("enable", "one", a.address, "--tenant", "plain");
    const held = ask(proxy, "plain", { path: "/held", headers: { cookie: first } });
    while (b.held.length === 0) await new Promise(setImmediate);
    const since = proxy.lines.length;
    await run("drain", "one", b.address, "--tenant", "plain", "--within", "100");
    const { reason } = await becomes("plain", b, "drained", since);
    assert.equal(reason, "its time is over, with 1 requests under way");
    b.held.shift()?.end("done");
    assert.equal((await held).status, 200);
    await run("enable", "one", b.address, "--tenant", "plain");
  });

  it("who is being answered when a drain's time is over gets it whole, and is served elsewhere next", async () => {
    const cookie = await firstOf("plain", "b");
    const head = (line: string, more = ""): string =>
      `${line} HTTP/1.1\r\nHost: plain.test\r\nCookie: ${cookie}\r\n${more}\r\n`;
    const clients: RawClient[] = [];
    for (const asked of [
      head("GET /held"),
      head("GET /begun"),
      `${head("POST /upload", "Content-Length: 8\r\n")}half`,
    ]) {
      clients.push((await RawClient.to(proxy.port)).send(asked));
      while (b.held.length < clients.length) await new Promise(setImmediate);
    }
    const since = proxy.lines.length;
    await run("drain", "one", b.address, "--tenant", "plain", "--within", "50");
    const { reason } = await becomes("plain", b, "drained", since);
    assert.equal(reason, "its time is over, with 3 requests under way");
    clients[2]?.send("half");
    for (const response of b.held.splice(0)) response.end("done");
    const got = clients.map((client, n) => client.response(n === 2 ? "POST" : "GET"));
    assert.deepEqual(
      (await Promise.all(got)).map(({ status, body }) => `${status} ${body}`),
      ["200 done", "200 begun, done", "200 done"],
    );
    await run("disable", "one", b.address, "--tenant", "plain");
    for (const client of clients) {
      assert.equal((await client.send(head("GET /")).response()).body, "a");
      await client[Symbol.asyncDispose]();
    }
    await run("enable", "one", b.address, "--tenant", "plain");
  });

  it("a peer is added and removed, and what an operator did survives a reload", async () => {
    await run("add", "one", c.address, "--tenant", "plain", "--weight", "2");
    await run("disable", "one", a.address, "--tenant", "plain");
    assert.deepEqual(await bodies("plain", 12), new Set(["b", "c"]));
    await proxy.configure({ ...config(), log: { level: "debug" } });
    assert.equal((await call(proxy, ["POST", "/reload"])).status, 200);
    assert.deepEqual(await bodies("plain", 12), new Set(["b", "c"]));
    await run("remove", "one", c.address, "--tenant", "plain", "--yes");
    assert.deepEqual(await bodies("plain"), new Set(["b"]));
    await run("enable", "one", a.address, "--tenant", "plain");
    const none = await call(proxy, ["PUT", "/tenants/plain/upstreams/one/peers/10.0.0.1%3A80"], {
      state: "disabled",
    });
    assert.equal(none.status, 404);
    const page = await proxy.metrics();
    const labels = `tenant="plain",group="one",peer="${a.address}"`;
    assert.ok(page.includes(`sluice_upstream_peer_up{${labels}} 1`), page);
  });

  /** The cookie of a client that was sent to this origin. */
  async function firstOf(tenant: string, origin: string): Promise<string> {
    for (;;) {
      const answer: Answer = await ask(proxy, tenant);
      const [cookie = ""] = answer.headers["set-cookie"] ?? [];
      if (answer.body === origin) return cookie.split(";")[0] ?? "";
    }
  }
});
