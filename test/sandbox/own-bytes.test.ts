// Bytes that go into an isolate and come out of it belong to one call: no other call sees them, and
// nothing that the script does to its buffers afterwards changes what has left.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, bodyText, LaneStand } from "./lane-stand.ts";

/** As large as a word: two of them in one frame lie side by side. */
const TEXTS = Array.from({ length: 8 }, (_, i) => `chunk ${i} of 8`);

test("a scratch buffer that hooks return again and again leaks nothing", async () => {
  using stand = new LaneStand(
    `responseBodyFilter({ chunk }) {
      scratch.set(chunk);
      return scratch.subarray(0, chunk.length);
    }`,
    { before: "const scratch = new Uint8Array(65536);" },
  );
  assert.deepEqual((await stand.chunks(TEXTS)).map(bodyText), TEXTS);
});

test("an ArrayBuffer that hooks return again and again leaks nothing", async () => {
  using stand = new LaneStand(
    "responseBodyFilter({ chunk }) { scratch.set(chunk); return scratch.buffer; }",
    { before: "const scratch = new Uint8Array(12);" },
  );
  assert.deepEqual((await stand.chunks(TEXTS)).map(bodyText), TEXTS);
});

test("a scratch buffer in a Response, a peer that is changed later, leak nothing", async () => {
  using stand = new LaneStand(
    `upstreamPeer({ request }) {
      peer.address = request.target.slice(1) + ":80";
      return peer;
    },
    requestFilter({ request }) {
      if (request.target.startsWith("/peer")) return;
      new TextEncoder().encodeInto(request.target, scratch);
      return new Response(scratch, { headers: (headers["x-target"] = request.target, headers) });
    }`,
    { before: "const peer = {}; const headers = {}; const scratch = new Uint8Array(3);" },
  );
  const targets = ["/0a", "/1b", "/peer-1", "/2c", "/peer-2", "/3d"];
  const outcomes = await Promise.all(
    targets.map((target) => stand.run(stand.exchange(target), CHAIN.request)),
  );
  for (const [i, target] of targets.entries()) {
    const { answer, choice } = outcomes[i] ?? assert.fail();
    const expected = target.startsWith("/peer") ? null : target;
    assert.equal(answer?.body.toString() ?? null, expected);
    if (answer === null) assert.equal(choice, `{"address":"${target.slice(1)}:80"}`);
    else assert.match(answer.headers, new RegExp(`^x-target: ${target}\r$`, "m"));
  }
});

test("what one hook of a chain returned is a copy for the next, too", async () => {
  using stand = new LaneStand(
    `upstreamResponseBodyFilter({ chunk }) {
      scratch.set(chunk);
      return scratch.subarray(0, chunk.length);
    },
    responseBodyFilter({ chunk }) {
      kept.push(chunk);
      for (const earlier of kept.slice(0, -1)) earlier.fill(33);
    }`,
    { before: "const kept = []; const scratch = new Uint8Array(65536);" },
  );
  assert.deepEqual((await stand.chunks(TEXTS)).map(bodyText), TEXTS);
});

test("the buffer of a chunk holds that chunk and nothing else", async () => {
  using stand = new LaneStand(
    `responseBodyFilter({ chunk }) {
      return chunk.byteOffset + " " + chunk.buffer.byteLength + " " +
        new TextDecoder().decode(chunk.buffer);
    }`,
  );
  const expected = TEXTS.map((text) => `0 ${text.length} ${text}`);
  assert.deepEqual((await stand.chunks(TEXTS)).map(bodyText), expected);
  assert.deepEqual((await stand.chunks(["alone"])).map(bodyText), ["0 5 alone"]);
});

test("the buffer of a request's body holds that body and nothing else", async () => {
  using stand = new LaneStand(
    `async requestFilter({ request }) {
      const bytes = await request.bytes();
      return new Response(bytes.byteOffset + " " + new TextDecoder().decode(bytes.buffer));
    }`,
  );
  const exchanges = TEXTS.map((text) => {
    const exchange = stand.exchange();
    exchange.readBody = (_bytesMax, done) => done(null, Buffer.from(text));
    return exchange;
  });
  const outcomes = await Promise.all(exchanges.map((one) => stand.run(one, CHAIN.request)));
  assert.deepEqual(
    outcomes.map(answerText),
    TEXTS.map((text) => `0 ${text}`),
  );
});

const MOVES: Readonly<Record<string, string>> = {
  "buffer.transfer()": "session.chunk.buffer.transfer()",
  structuredClone: "structuredClone(session.chunk, { transfer: [session.chunk.buffer] })",
};

for (const [title, move] of Object.entries(MOVES)) {
  test(`a chunk whose buffer was moved away by ${title} is that call's own affair`, async () => {
    using stand = new LaneStand(
      `responseBodyFilter(session, ctx) {
        const text = new TextDecoder().decode(session.chunk);
        ctx.text = text;
        if (text.startsWith("evil")) ${move};
        return text;
      }`,
      { hookWallMs: 2_000 },
    );
    const texts = TEXTS.map((text, i) => (i % 3 === 0 ? `evil ${text}` : text));
    const exchanges = texts.map(() => stand.exchange());
    const outcomes = await Promise.all(
      exchanges.map((one, i) => {
        const bytes = Buffer.from(texts[i] ?? "");
        return stand.run(one, CHAIN.responseBody, { bytes, isEnd: false });
      }),
    );
    assert.deepEqual(outcomes.map(bodyText), texts);
    assert.deepEqual(
      exchanges.map(({ ctx }) => ctx),
      texts.map((text) => JSON.stringify({ text })),
    );
    assert.deepEqual(stand.strays, []);
  });
}

test("what a hook returned may be moved away afterwards", async () => {
  using stand = new LaneStand(
    `responseBodyFilter({ chunk }) {
      const mine = new Uint8Array(chunk);
      Promise.resolve().then(() => structuredClone(mine.buffer, { transfer: [mine.buffer] }));
      return mine;
    }`,
  );
  assert.deepEqual((await stand.chunks(TEXTS)).map(bodyText), TEXTS);
  assert.deepEqual(stand.strays, []);
  assert.deepEqual(stand.deaths, []);
});

test("what was moved away before its hook returned it fails that call alone", async () => {
  using stand = new LaneStand(
    `responseBodyFilter({ chunk }) {
      const mine = new Uint8Array(chunk);
      if (chunk[6] === 51) mine.buffer.transfer(); // the 3 of chunk 3
      return mine;
    }`,
  );
  const outcomes = await stand.chunks(TEXTS);
  assert.equal(outcomes[3]?.error?.code, "script_result");
  assert.match(outcomes[3]?.error?.message ?? "", /bytes whose buffer was moved away/);
  assert.deepEqual(outcomes.toSpliced(3, 1).map(bodyText), TEXTS.toSpliced(3, 1));
  assert.deepEqual(stand.deaths, []);
});

const STARTS: Readonly<Record<string, string>> = {
  flat: '{ user: "nobody", no: undefined }',
  "of a null prototype": '{ __proto__: null, user: "nobody" }',
  "with objects in it": '{ user: "nobody", seen: [], deep: { er: {} } }',
  "with a getter": '{ get user() { return "nobody"; }, get seen() { return shared; } }',
};

for (const [title, start] of Object.entries(STARTS)) {
  test(`an initial ctx ${title}, given to every request, is each request's own`, async () => {
    using stand = new LaneStand(
      `newCtx: () => start,
      requestFilter({ request }, ctx) {
        const user = request.target.slice(1);
        if (ctx.user === "nobody" && user !== "") ctx.user = user;
        ctx.seen?.push(user);
        if (ctx.deep) ctx.deep.er[user] = true;
      }`,
      { before: `const shared = []; const start = ${start};` },
    );
    const exchanges = ["/alice", "/", "/bob", "/"].map((target) => stand.exchange(target));
    await Promise.all(exchanges.map((one) => stand.run(one, CHAIN.request)));
    for (const { target, ctx } of exchanges) {
      const user = target.slice(1);
      const { user: found, seen = [user], deep } = JSON.parse(ctx);
      assert.equal(found, user || "nobody");
      assert.deepEqual(seen, [user]);
      if (deep !== undefined) assert.deepEqual(deep, { er: { [user]: true } });
    }
  });
}
