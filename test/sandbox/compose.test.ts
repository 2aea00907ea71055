// `compose`: several parts of a script, each with a ctx of its own, in one crossing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { SOURCE } from "../../src/wire/response-sources.ts";
import { answerText, bodyText, LaneStand } from "./lane-stand.ts";

const PARTS = "const { compose } = globalThis.__sluice;";

/** A stand whose script has these parts. */
const standOf = (...parts: readonly string[]): LaneStand =>
  new LaneStand(`...compose(${parts.map((part) => `definePhases({ ${part} })`).join(", ")})`, {
    before: PARTS,
  });

const noisy = (name: string): string => `
  newCtx: () => ({ name: "${name}" }),
  requestFilter: (_, ctx) => { log.info(ctx.name + " in"); },
  responseFilter: (_, ctx) => { log.info(ctx.name + " out"); },
  logging: (_, ctx) => { log.info(ctx.name + " logs"); }`;

test("requests go through the parts in order, responses and logging in reverse, each with its ctx", async () => {
  using stand = standOf(noisy("a"), noisy("b"), noisy("c"));
  const exchange = stand.exchange();
  await stand.run(exchange, CHAIN.request);
  exchange.response = { status: 200, headers: "", mayHaveId: false, source: SOURCE.upstream };
  await stand.run(exchange, CHAIN.response);
  await stand.run(exchange, CHAIN.logging);
  const order = ["a in", "b in", "c in", "c out", "b out", "a out", "c logs", "b logs", "a logs"];
  assert.deepEqual(stand.messages(), order);
  assert.equal(exchange.ctx, '[{"name":"a"},{"name":"b"},{"name":"c"}]');
  assert.equal(stand.turns, 3);
});

test("what a part writes into its ctx is there in its next hook, and no other part sees it", async () => {
  const counting = (by: number): string =>
    `requestFilter: (_, ctx) => { ctx.count = (ctx.count ?? 0) + ${by}; },
     logging: (_, ctx) => { log.info("count " + ctx.count); }`;
  using stand = standOf(counting(1), counting(10));
  const exchange = stand.exchange();
  await stand.run(exchange, CHAIN.request);
  await stand.run(exchange, CHAIN.logging);
  assert.deepEqual(stand.messages(), ["count 10", "count 1"]);
});

test("the first Response ends the request: parts behind it do not run", async () => {
  using stand = standOf(
    'requestFilter: () => { log.info("a"); }',
    'requestFilter: () => new Response("from b")',
    'requestFilter: () => { log.info("c"); }',
  );
  assert.equal(answerText(await stand.run(stand.exchange(), CHAIN.request)), "from b");
  assert.deepEqual(stand.messages(), ["a"]);
});

test("an edit of one part is seen by the next", async () => {
  using stand = standOf(
    'requestFilter: ({ request }) => request.headers.set("x-user", "anna")',
    'requestFilter: ({ request }) => { log.info(request.headers.get("x-user")); }',
  );
  await stand.run(stand.exchange(), CHAIN.request);
  assert.deepEqual(stand.messages(), ["anna"]);
});

test("the innermost part that chooses a peer decides", async () => {
  using stand = standOf(
    'upstreamPeer: () => "outer"',
    'upstreamPeer: () => "inner"',
    "upstreamPeer: () => undefined",
  );
  assert.equal((await stand.run(stand.exchange(), CHAIN.request)).choice, '"inner"');
});

test("what one part makes of a chunk is what the next one sees", async () => {
  const wrapping = (mark: string): string =>
    `responseBodyFilter: ({ chunk }) => "${mark}(" + new TextDecoder().decode(chunk) + ")"`;
  using stand = standOf(wrapping("a"), "responseBodyFilter: () => undefined", wrapping("c"));
  const chunk = { bytes: Buffer.from("x"), isEnd: true };
  assert.equal(bodyText(await stand.run(stand.exchange(), CHAIN.responseBody, chunk)), "a(c(x))");
  using last = standOf("responseBodyFilter: () => undefined", wrapping("b"));
  assert.equal(bodyText(await last.run(last.exchange(), CHAIN.responseBody, chunk)), "b(x)");
  using none = standOf(
    "responseBodyFilter: () => undefined",
    "responseBodyFilter: () => undefined",
  );
  assert.equal(bodyText(await none.run(none.exchange(), CHAIN.responseBody, chunk)), null);
});

test("parts may await: the next begins when the one before is done", async () => {
  const slow = (name: string): string => `
    async newCtx() {
      await new Promise((done) => setTimeout(done, 1));
      return { name: "${name}" };
    },
    async requestFilter(_, ctx) {
      log.info(ctx.name + " begins");
      await new Promise((done) => setTimeout(done, 1));
      log.info(ctx.name + " ends");
    }`;
  using stand = standOf(slow("a"), "requestFilter: () => { log.info('b'); }", slow("c"));
  const exchange = stand.exchange();
  const { error } = await stand.run(exchange, CHAIN.request);
  assert.equal(error, null);
  assert.deepEqual(stand.messages(), ["a begins", "a ends", "b", "c begins", "c ends"]);
  assert.equal(exchange.ctx, '[{"name":"a"},{},{"name":"c"}]');
});

for (const how of ["throw new Error('no')", "await 0; throw new Error('no')"]) {
  test(`a part that fails (${how}) fails the hook, and no part behind it runs`, async () => {
    using stand = standOf(
      `async requestFilter() { ${how}; }`,
      "requestFilter: () => { log.info('behind'); }",
    );
    const { error } = await stand.run(stand.exchange(), CHAIN.request);
    assert.match(error?.message ?? "", /requestFilter.*no/);
    assert.deepEqual(stand.messages(), []);
  });
}

test("parts may be composed themselves", async () => {
  using stand = new LaneStand(
    `...compose(compose(definePhases({ ${noisy("a")} }), definePhases({ ${noisy("b")} })),
       definePhases({ ${noisy("c")} }))`,
    { before: PARTS },
  );
  const exchange = stand.exchange();
  await stand.run(exchange, CHAIN.request);
  assert.deepEqual(stand.messages(), ["a in", "b in", "c in"]);
  assert.equal(exchange.ctx, '[[{"name":"a"},{"name":"b"}],{"name":"c"}]');
});

for (const [what, parts, message] of [
  ["nothing", "", /at least one part/],
  [
    "a plain object",
    "{ requestFilter() {} }",
    /expected parts made by definePhases, got another at 0/,
  ],
  [
    "a hook that is none",
    "definePhases({ requestFilter: 1 })",
    /requestFilter: expected a function/,
  ],
] as const) {
  test(`compose refuses ${what}`, () => {
    assert.throws(() => new LaneStand(`...compose(${parts})`, { before: PARTS }), message);
  });
}
