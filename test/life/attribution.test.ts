// Many requests at once that share promises: each gets its own body, its own log lines, its own
// time and its own end, whoever's code woke it, in both lanes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { oneTenant, TestProxy } from "./proxy.ts";
import { RawClient } from "./raw-client.ts";

const SCRIPT = `import { counter, definePhases, log } from "sluice";
const loads = counter("loads");
const gates = {};
const gate = (name) => (gates[name] ??= Promise.withResolvers());
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const busy = (rounds) => {
  let n = 0;
  for (let i = 0; i < rounds * 1e6; i++) n += i % 7;
  return n;
};
// in the interpreter it would take longer than it may, where V8's compilers have to wait
for (let i = 0; i < 50; i++) busy(0.02);
let flight;
// the first load is never done; its client leaves
const load = async () => { await sleep(loads.incr() === 1 ? 3.6e6 : 20); };
export default definePhases({
  async requestFilter({ request, id }) {
    const [, kind, name] = request.target.split("/");
    if (kind === "flight") {
      flight ??= load().finally(() => { flight = undefined; });
      log.info(id);
      try { await flight; } catch (error) { return new Response(error.name, { status: 503 }); }
      await sleep(5);
    }
    if (kind === "opens") {
      gate(name).resolve();
      await sleep(1);
    } else if (name !== undefined) await gate(name).promise;
    if (kind === "loops") for (;;);
    if (kind === "works") busy(3);
    log.info(id);
    return new Response(await request.text());
  },
  upstreamPeer() {},
});`;

/** Its own `then` is run by the engine alone, behind a fetch under way. */
const OWN_THEN = `import { definePhases, log } from "sluice";
const asks = async () => { try { await fetch("http://127.0.0.1:9/"); } catch {} };
export default definePhases({
  async requestFilter({ request, id }) {
    const P = Promise;
    const asking = asks();
    await new P((done) => done({ then: (wake) => { log.info(id); wake(); } }));
    await asking;
    return new Response(await request.text());
  },
});`;

interface Asked {
  readonly id: string;
  readonly answer: Promise<string>;
}

let requests = 0;

/** An answer is "200", if the body is the request's own. */
function ask({ port }: TestProxy, target: string): Asked {
  const id = `request-${++requests}`;
  const body = `body of ${id}`;
  const headers = { "x-request-id": id };
  const request = { method: "POST", headers, body };
  const answered = async (): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}${target}`, request);
    const text = await response.text();
    return text === body ? `${response.status}` : `${response.status} ${text}`;
  };
  return { id, answer: answered() };
}

const answersOf = (asked: readonly Asked[]): Promise<string[]> =>
  Promise.all(asked.map(({ answer }) => answer));

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

async function assertOwnLines(proxy: TestProxy, asked: readonly Asked[]): Promise<void> {
  for (const { id } of asked)
    await proxy.waitFor(({ source, msg }) => source === "script" && msg === id);
  for (const { source, msg, id } of proxy.lines) {
    if (source === "script" && msg?.startsWith("request-")) assert.equal(id, msg);
  }
}

for (const isolation of ["inline", "process"]) {
  const start = (
    limits: Readonly<Record<string, number>> = {},
    script = SCRIPT,
  ): Promise<TestProxy> =>
    TestProxy.start({
      files: { "main.ts": script },
      config: {
        ...oneTenant({ main: ["127.0.0.1:9"] }, { script: "main.ts", isolation, limits }),
        trustedProxies: ["127.0.0.1"],
      },
    });

  test(`who is woken by another gets its own body, lines and time (${isolation})`, async () => {
    await using proxy = await start({ hookMs: 100 });
    for (let round = 0; round < 4; round++) {
      const waiting = times(40, (i) => ask(proxy, `/${i % 4 === 0 ? "works" : "waits"}/${round}`));
      // all of them wait: none of them has an answer, and the proxy has read them
      const asked = [...waiting, ask(proxy, `/opens/${round}`)];
      assert.deepEqual(new Set(await answersOf(asked)), new Set(["200"]));
      await assertOwnLines(proxy, asked);
    }
    assert.ok(proxy.lines.every(({ code }) => code === undefined || code === ""));
  });

  test(`what an object's own then does is its own client's (${isolation})`, async () => {
    await using proxy = await start({}, OWN_THEN);
    const asked = times(20, () => ask(proxy, "/"));
    assert.deepEqual(new Set(await answersOf(asked)), new Set(["200"]));
    await assertOwnLines(proxy, asked);
  });

  test(`a promise that many share survives the client that began it (${isolation})`, async () => {
    await using proxy = await start();
    await using client = await RawClient.to(proxy.port);
    client.send("GET /flight HTTP/1.1\r\nHost: a\r\nX-Request-Id: first\r\n\r\n");
    await proxy.waitFor(({ msg }) => msg === "first");
    const sharing = times(20, () => ask(proxy, "/flight"));
    for (const { id } of sharing) await proxy.waitFor(({ msg }) => msg === id);
    client.socket.resetAndDestroy();
    // who waited for it is told; who comes later begins afresh
    assert.deepEqual(new Set(await answersOf(sharing)), new Set(["503 AbortError"]));
    const later = times(20, () => ask(proxy, "/flight"));
    assert.deepEqual(new Set(await answersOf(later)), new Set(["200"]));
    await assertOwnLines(proxy, [...sharing, ...later]);
  });

  test(`who loops when it is woken ends alone (${isolation})`, async () => {
    await using proxy = await start({ hookMs: 100 });
    for (let round = 0; round < 3; round++) {
      const loops = ask(proxy, `/loops/${round}`);
      const opens = times(10, () => ask(proxy, `/opens/${round}`));
      assert.deepEqual(new Set(await answersOf(opens)), new Set(["200"]));
      assert.match(await loops.answer, /^500 /);
    }
  });
}
