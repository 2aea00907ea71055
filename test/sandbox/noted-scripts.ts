// Scripts that learn what no frame says, put together of statements; and the comparison of what
// they do when they are noted in one lane and run again in the other.

import assert from "node:assert/strict";
import { attribute } from "../../src/control/attribution/attribute.ts";
import { fc } from "../support/property.ts";
import { NotedLane, type Script } from "./noted-lanes.ts";

/** Each appends to `seen`, which a header, ctx and a body show. */
export const STATEMENTS = [
  "seen.push(Math.random(), Math.random())",
  "seen.push(Date.now(), performance.now(), performance.timeOrigin)",
  "await sleep(3); seen.push(Date.now() - start, Math.random())",
  "seen.push(await Promise.all([sleep(6), sleep(1), sleep(3)].map((p, i) => p.then(() => order(i)))))",
  "seen.push(crypto.randomUUID())",
  "seen.push([...crypto.getRandomValues(new Uint8Array(5))])",
  "seen.push(hits.incr(), hits.get(), hits.compareExchange(1, 5))",
  "seen.push(flag('beta', false), flag('n', 0), flag('none', 'x'))",
  "seen.push(secret('KEY').length)",
  "seen.push(limit.take('a'), limit.take('b', 2))",
  "seen.push(busy.enter('a'), busy.enter('a'), busy.enter('a'))",
  "seen.push(await (await fetch('http://origin/a')).json())",
  "{ const [a, b] = await Promise.all([fetch('http://origin/a'), fetch('http://origin/b')]); seen.push(await b.text(), await a.text(), a.headers.get('x-n')) }",
  "await Promise.race([fetch('http://origin/slow').then(() => seen.push('fetched')), sleep(1).then(() => seen.push('slept'))])",
  "seen.push(await memoryCache.get('k')); await memoryCache.set('k', { n: Math.random() }, { ttlMs: 9000 }); seen.push(await memoryCache.get('k'))",
  "seen.push(await memoryCache.getOrSet('l', { ttlMs: 9000 }, async () => ({ at: Date.now() })))",
  "{ const key = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']); const s = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key.privateKey, new Uint8Array(3)); seen.push([...new Uint8Array(s)].slice(0, 8)) }",
  "seen.push(session.timing.elapsedMs, session.timing.startMs); session.timing.mark('m')",
  "session.request.headers.set('x-seen', String(Math.random()))",
  "log.info('seen', { at: Math.random() }); session.log.set('n', Math.random())",
  "if (Math.random() < 0.3) throw new Error('lot ' + Math.random())",
  "if (Math.random() < 0.2) return new Response(crypto.randomUUID(), { status: 418 })",
] as const;

/** @param hooks  the statements of each: requestFilter, upstreamPeer, responseFilter, logging */
export function generatedScript(hooks: readonly (readonly string[])[]): string {
  const names = ["requestFilter", "upstreamRequestFilter", "responseFilter", "logging"];
  const bodies = names.map((name, i) => {
    const lines = (hooks[i] ?? []).join(";\n");
    const end =
      name === "logging" ? "" : `session.${target(name)}.headers.set("x-all", text(seen));`;
    return `async ${name}(session, ctx) {
      const seen = [], start = Date.now(), order = (i) => { orders += i; return orders; };
      let orders = "";
      ${name === "requestFilter" || !lines.includes("return new") ? lines : ""};
      ctx.${name} = text(seen);
      ${end}
    }`;
  });
  const given = "counter, definePhases, flag, inflight, log, memoryCache, rateLimit, secret";
  return `(() => {
    const { ${given} } = globalThis.__sluice;
    const hits = counter("hits");
    const limit = rateLimit("limit", { algorithm: "token-bucket", limit: 5, windowMs: 1000 });
    const busy = inflight("busy", { limit: 2 });
    const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
    const text = (seen) => encodeURIComponent(JSON.stringify(seen));
    const newCtx = () => ({ r: Math.random() });
    globalThis.__sluiceScript = { default: definePhases({ newCtx, ${bodies.join(",\n")} }) };
  })()`;
}

const target = (name: string): string =>
  ({ requestFilter: "request", upstreamRequestFilter: "upstreamRequest" })[name] ?? "response";

const REQUEST = {
  target: "/products/7?x=1",
  headers: "Host: a.example\r\nx-api-key: k\r\ncookie: group=b\r\naccept-language: de\r\n",
};

/** Noted in each lane, and run again in the other. */
export async function compareLanes(script: Script): Promise<void> {
  using inline = NotedLane.inline(script);
  using cell = await NotedLane.cell(script);
  for (const [from, to] of [
    [inline, cell],
    [cell, inline],
  ] as const) {
    // so that the second has counts, caches and limits of its own
    await to.run(REQUEST, null);
    const first = await from.run(REQUEST, null);
    const { asked } = to.origin;
    const again = await to.run(REQUEST, first.notes);
    assert.deepEqual(again.effects, first.effects);
    assert.equal(to.origin.asked, asked, "a replay asked an origin");
  }
}

export function scriptOf(text: string): Script {
  const made = attribute(text);
  if (!("code" in made)) throw new Error(`${made.text}: ${text}`);
  return made;
}

/** As many scripts of any statements. */
export async function compareAtRandom(scripts: number): Promise<void> {
  const hook = fc.array(fc.constantFrom(...STATEMENTS), { maxLength: 4 });
  const hooks = fc.tuple(hook, hook, hook, hook);
  const property = fc.asyncProperty(hooks, (all) => compareLanes(scriptOf(generatedScript(all))));
  await fc.assert(property, { numRuns: scripts });
}
