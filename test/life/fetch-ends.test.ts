// How a fetch ends before its time: with its client, by its hook's wall time, by a signal; and what
// becomes of those who wait for it.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { bothLanes, type FetchStand } from "./fetch-stand.ts";
import { RawClient } from "./raw-client.ts";
import { RawOrigin } from "./raw-origin.ts";

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const asked = (path: string): number =>
  origin.connections.filter(({ text }) => text.startsWith(`GET ${path} `)).length;
const openTo = (path: string): number =>
  origin.connections.filter(({ text, hasEnded }) => text.startsWith(`GET ${path} `) && !hasEnded)
    .length;

/** Answers only `/keys`, and only once it is told to. */
const keys = { isThere: false };
const origin = await RawOrigin.start((connection) => {
  const isKeys = connection.text.startsWith("GET /keys ");
  if (isKeys && keys.isThere && connection.text.endsWith("\r\n\r\n") && !connection.hasEnded) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nkeys");
  }
});
after(() => origin[Symbol.asyncDispose]());

const SCRIPT = `import { definePhases, log } from "sluice";
let pending;
async function keys() {
  pending ??= fetch("http://${origin.address}/keys").then((r) => r.text())
    .finally(() => { pending = undefined; });
  return await pending;
}
class Signal {
  aborted = false; reason = undefined; listeners = [];
  addEventListener(_type, listener) { this.listeners.push(listener); }
  removeEventListener(_type, one) { this.listeners = this.listeners.filter((l) => l !== one); }
  abort(reason) { this.aborted = true; this.reason = reason; for (const l of this.listeners) l(); }
}
export default definePhases({
  async requestFilter({ request }) {
    const [path] = request.target.split("?");
    if (path === "/keys") {
      log.info("waits " + request.target);
      try { return new Response(await keys()); }
      catch (error) { return new Response(error.name, { status: 503 }); }
    }
    if (path === "/timeout") {
      const signal = AbortSignal.timeout(20);
      return await fetch("http://${origin.address}/timeout", { signal })
        .catch(({ name }) => new Response(name));
    }
    if (path === "/abort" || path === "/aborted") {
      const signal = new Signal();
      if (path === "/aborted") signal.abort("before");
      else setTimeout(() => signal.abort("too slow"), 20);
      const told = await fetch("http://${origin.address}" + path, { signal })
        .then(() => "answered", (reason) => String(reason));
      return new Response(told + " " + signal.listeners.length);
    }
    await fetch("http://${origin.address}" + path);
  },
  logging({ request }) { log.info("logged " + request.target); },
});`;

const tenant = { limits: { hookWallMs: 3_000 } };

async function ask(stand: FetchStand, target: string): Promise<RawClient> {
  const client = await RawClient.to(stand.proxy.port);
  client.send(`GET ${target} HTTP/1.1\r\nHost: a.example\r\n\r\n`);
  return client;
}

for (const [lane, stand] of await bothLanes({ script: SCRIPT, tenant })) {
  after(() => stand[Symbol.asyncDispose]());

  test(`${lane}: a client that goes away takes what its hook has asked for with it`, async () => {
    await using client = await ask(stand, `/gone-${lane}`);
    while (asked(`/gone-${lane}`) === 0) await pause();
    client.socket.resetAndDestroy();
    while (openTo(`/gone-${lane}`) > 0) await pause();
    await stand.proxy.waitFor(({ msg }) => msg === `logged /gone-${lane}`);
  });

  test(`${lane}: a service that never answers ends with the wall time of the hook`, async () => {
    const { body } = await stand.get(`/silent-${lane}`);
    assert.match(body, /script_timeout/);
    while (openTo(`/silent-${lane}`) > 0) await pause();
  });

  test(`${lane}: a signal ends it with its reason, and keeps no listener`, async () => {
    assert.equal((await stand.get("/abort")).body, "too slow 0");
    while (openTo("/abort") > 0) await pause();
    assert.equal((await stand.get("/aborted")).body, "before 0");
    assert.equal(asked("/aborted"), 0);
    assert.equal((await stand.get("/timeout")).body, "TimeoutError");
    while (openTo("/timeout") > 0) await pause();
  });

  test(`${lane}: a fetch that requests share is begun anew when its own is gone`, async () => {
    keys.isThere = false;
    const before = asked("/keys");
    const first = await ask(stand, "/keys");
    while (asked("/keys") === before) await pause();
    await using second = await ask(stand, "/keys?second");
    await stand.proxy.waitFor(({ msg }) => msg === "waits /keys?second");
    first.socket.resetAndDestroy();
    assert.equal((await second.response()).body, "AbortError");
    keys.isThere = true;
    for (const target of ["/keys?third", "/keys?fourth"]) {
      assert.equal((await stand.get(target)).body, "keys");
    }
    keys.isThere = false; // the other lane finds a silent origin too
  });
}
