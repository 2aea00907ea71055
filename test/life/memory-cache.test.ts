// memoryCache is one for all workers and cells: what one has set others see, and one at a time
// loads, whatever ends it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { sluice } from "../cli/fake-admin.ts";
import { WITH_TOKEN } from "./control.ts";
import { TestProxy } from "./proxy.ts";

const script = (version: number): string => `
  import { definePhases, env, memoryCache } from "sluice";
  let sum = 0;
  const routes = {
    "/load": () => memoryCache.getOrSet("key", { ttlMs: 60_000 }, async () => {
      const response = await fetch(env.ORIGIN);
      if (!response.ok) throw new Error("status " + response.status);
      return await response.text();
    }),
    "/spin": () => memoryCache.getOrSet("key", { ttlMs: 60_000 }, async () => {
      await fetch(env.ORIGIN + "spin");
      for (;;) sum++;
    }),
    "/get": async () => (await memoryCache.get("key")) ?? "none",
    "/delete": async () => (await memoryCache.delete("key"), "gone"),
  };
  export default definePhases({
    async requestFilter(session) {
      const path = session.request.url.split("/").at(-1);
      return new Response(await routes["/" + path](), { headers: { version: "${version}" } });
    },
  });
`;

/** Whose answers wait until they are let out. */
class Origin implements AsyncDisposable {
  readonly asked: ServerResponse[] = [];
  readonly #server = createServer((request, response) => this.#take(request, response));
  #next = Promise.withResolvers<ServerResponse>();

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const at = this.#server.address();
    return typeof at === "object" && at !== null ? `http://127.0.0.1:${at.port}/` : "";
  }

  /** The next request that comes, or has come and was not taken. */
  async next(): Promise<ServerResponse> {
    const response = await this.#next.promise;
    this.#next = Promise.withResolvers();
    return response;
  }

  #take({ url }: IncomingMessage, response: ServerResponse): void {
    if (url === "/spin") return void response.end();
    this.asked.push(response);
    this.#next.resolve(response);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function start(isolation: string, origin: string, more: object = {}): Promise<TestProxy> {
  return await TestProxy.start({
    env: WITH_TOKEN,
    files: { "main.ts": script(1) },
    config: {
      workers: 2,
      ...more,
      tenants: {
        demo: {
          hosts: ["*"],
          script: "main.ts",
          isolation,
          env: { ORIGIN: origin },
          egress: ["127.0.0.1"],
        },
      },
    },
  });
}

const get = async (proxy: TestProxy, path: string): Promise<string> => {
  const response = await fetch(`http://127.0.0.1:${proxy.port}${path}`, {
    headers: { connection: "close" },
  });
  const text = await response.text();
  return response.status === 200 ? text : `${response.status}`;
};

for (const isolation of ["inline", "process"]) {
  test(`${isolation}: of a hundred requests over two workers one loads`, async () => {
    await using origin = new Origin();
    await using proxy = await start(isolation, await origin.listen());
    const all = Array.from({ length: 100 }, () => get(proxy, "/load"));
    (await origin.next()).end("loaded");
    assert.deepEqual(new Set(await Promise.all(all)), new Set(["loaded"]));
    assert.equal(origin.asked.length, 1);
    assert.deepEqual(
      await Promise.all([1, 2, 3, 4].map(() => get(proxy, "/get"))),
      Array(4).fill("loaded"),
    );
    assert.equal(await get(proxy, "/delete"), "gone");
    assert.equal(await get(proxy, "/get"), "none");
  });

  test(`${isolation}: who loads may fail, leave or be killed, and the next one loads`, async () => {
    await using origin = new Origin();
    await using proxy = await start(isolation, await origin.listen());
    const leaving = connect(proxy.port, "127.0.0.1");
    leaving.write("GET /load HTTP/1.1\r\nhost: a\r\n\r\n");
    await origin.next();
    const killed = get(proxy, "/spin");
    leaving.resetAndDestroy();
    assert.equal(await killed, "500");
    const answers = [get(proxy, "/load"), get(proxy, "/load"), get(proxy, "/load")];
    (await origin.next()).writeHead(503).end();
    (await origin.next()).end("loaded");
    assert.deepEqual((await Promise.all(answers)).sort(), ["500", "loaded", "loaded"]);
    assert.equal(origin.asked.length, 3);
  });
}

test("a reload and a handover leave it as it is, and commands show and empty it", async () => {
  await using origin = new Origin();
  const url = await origin.listen();
  await using proxy = await start("inline", url, { store: "sqlite:./sluice.db" });
  const loaded = get(proxy, "/load");
  (await origin.next()).end("loaded");
  assert.equal(await loaded, "loaded");
  await proxy.write("main.ts", script(2));
  const reloaded = proxy.waitFor((line) => line.msg === "reloaded");
  proxy.signal("SIGHUP");
  await reloaded;
  assert.equal(await get(proxy, "/get"), "loaded");
  proxy.signal("SIGUSR2");
  assert.equal(await proxy.exited(), 0);
  assert.equal(await get(proxy, "/get"), "loaded");
  const run = async (...args: readonly string[]): Promise<string> => {
    const env = { ...WITH_TOKEN, SLUICE_ADMIN_URL: proxy.admin, NO_COLOR: "1" };
    const all = ["memory-cache", ...args, "--tenant", "demo"];
    const { stdout, stderr } = await sluice(all, { env, input: "" });
    return stdout + stderr;
  };
  assert.match(await run("show"), /^ENTRIES .*\n1 +\d+ +1 +0 +0 +0\n$/);
  assert.match(await run("get", "key"), /^key of demo: 8 characters of JSON, fresh for \d+ ms\n$/);
  assert.match(await run("get", "none"), /nothing of that key/);
  const metrics = await proxy.metrics();
  assert.match(metrics, /sluice_memory_cache_lookups_total\{tenant="demo",result="hit"\} 1/);
  assert.match(metrics, /sluice_memory_cache_entries\{tenant="demo"\} 1/);
  assert.equal(await run("reset", "key", "--yes"), "1 removed from the memoryCache of demo\n");
  assert.equal(await get(proxy, "/get"), "none");
});
