// What calls write is bounded, call by call: one that makes too much fails with the bound's name,
// and what many make at once leaves the isolate in frames of a size that any lane takes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { BODY_BYTES_MAX } from "../../src/wire/records.ts";
import { bodyText, LaneStand } from "./lane-stand.ts";

const TOO_LARGE: Readonly<Record<string, string>> = {
  bytes: `new Uint8Array(${BODY_BYTES_MAX + 1})`,
  "an ArrayBuffer": `new ArrayBuffer(${BODY_BYTES_MAX + 1})`,
  "a string": `"x".repeat(${BODY_BYTES_MAX + 1})`,
  "a string, as UTF-8": `"\u20ac".repeat(${Math.ceil((BODY_BYTES_MAX + 1) / 3)})`,
};

for (const [title, made] of Object.entries(TOO_LARGE)) {
  test(`a chunk that is too large fails its own call, and no other (${title})`, async () => {
    using stand = new LaneStand(
      `responseBodyFilter({ chunk }) { return chunk.length === 4 ? ${made} : chunk; }`,
      { memoryMiB: 512, hookMs: 10_000 },
    );
    const [before, large, after] = await stand.chunks(["before", "evil", "after"]);
    assert.equal(large?.error?.code, "script_result");
    assert.match(large?.error?.message ?? "", /body of at most 33554432 bytes at once, got 335544/);
    assert.deepEqual(
      [before, after].map((one) => one && bodyText(one)),
      ["before", "after"],
    );
    assert.deepEqual(stand.deaths, []);
  });
}

test("the largest chunk that may leave does", async () => {
  using stand = new LaneStand(
    `responseBodyFilter: ({ chunk }) => chunk.length === 1 ? large : undefined`,
    { memoryMiB: 512, before: `const large = new Uint8Array(${BODY_BYTES_MAX}).fill(65);` },
  );
  const [large] = await stand.chunks(["a"]);
  assert.equal(large?.body?.length, BODY_BYTES_MAX);
  assert.deepEqual(stand.deaths, []);
});

test("edits that are too large together fail their own call, and no other", async () => {
  using stand = new LaneStand(
    `requestFilter({ request }) {
      if (request.target === "/good") return;
      for (let i = 0; i < 100; i++) request.headers.set("x-a", value);
    }`,
    { before: 'const value = "a".repeat(50_000);' },
  );
  const [bad, good] = [stand.exchange("/bad"), stand.exchange("/good")];
  const ends = await Promise.all([stand.run(bad, CHAIN.request), stand.run(good, CHAIN.request)]);
  assert.match(ends[0].error?.message ?? "", /edits of over 4194304 characters in one call/);
  assert.equal(ends[1].error, null);
  assert.deepEqual(stand.deaths, []);
});

const REFUSED: Readonly<Record<string, readonly [string, string]>> = {
  "a target": [
    'request.target = "/" + "a".repeat(16_384)',
    "RangeError: expected a target of at most 16384 characters, got 16385",
  ],
  "a target that is none": [
    'request.target = "/a b"',
    'TypeError: expected a target: a path of visible ASCII from /, got "/a b"',
  ],
  "a header": [
    'request.headers.set("x-a", "a".repeat(65_536))',
    'RangeError: Cannot set "x-a": expected headers of at most 65536 characters, got 65',
  ],
  "an option": [
    "options.maxRetries = 99",
    "session.options.maxRetries: expected a whole number up to 16, got 99",
  ],
  "an option of another kind": [
    'options.bodyIdleMs = "1"',
    "session.options.bodyIdleMs: expected a whole number up to 9007199254740991, got a string",
  ],
  "an option that there is not": [
    "options.retries = 1",
    "session.options.retries: expected one of responseTimeoutMs, bodyIdleMs, requestBodyBytesMax, ",
  ],
};

for (const [title, [edit, expected]] of Object.entries(REFUSED)) {
  test(`${title} is refused in the hook that sets it, not in the last one of its turn`, async () => {
    using stand = new LaneStand(`
      earlyRequestFilter({ request, options }) { ${edit}; },
      requestFilter() {},
      upstreamPeer: () => "stable"`);
    const { error } = await stand.run(stand.exchange(), CHAIN.request);
    const message = error?.message ?? "";
    assert.ok(message.includes(`earlyRequestFilter: ${expected}`), message);
  });
}

test("an option that is undefined is as good as none", async () => {
  using stand = new LaneStand(`
    earlyRequestFilter({ options }) { options.maxRetries = undefined; },
    requestFilter() {},
    upstreamPeer: () => "stable"`);
  assert.equal((await stand.run(stand.exchange(), CHAIN.request)).error, null);
});

test("an edit that is refused leaves the headers as they were", async () => {
  using stand = new LaneStand(`
    requestFilter({ request: { headers } }) {
      for (const edit of ["set", "append"]) {
        try { headers[edit]("x-a", "a".repeat(65_536)); } catch {}
      }
      return new Response(headers.has("x-a") + " " + headers.get("host"));
    }`);
  const { answer } = await stand.run(stand.exchange(), CHAIN.request);
  assert.match(answer?.body.toString() ?? "", /^false \S+$/);
});

test("a Response with headers that are too large is told by their size", async () => {
  using stand = new LaneStand(
    `requestFilter: () => new Response("", { headers: { "x-a": "a".repeat(65_536) } })`,
  );
  const { error } = await stand.run(stand.exchange(), CHAIN.request);
  assert.match(error?.message ?? "", /Response with headers of at most 65536 characters, got 65/);
});

test("a text longer than any string can be is not half written", async () => {
  using stand = new LaneStand(
    `requestFilter({ request }) {
      if (request.target === "/good") return;
      let value = "a";
      while (value.length < 2 ** 28) value += value;
      request.target = "/" + value;
    }`,
    { memoryMiB: 1_024, hookMs: 10_000 },
  );
  const [bad, good] = [stand.exchange("/bad"), stand.exchange("/good")];
  const ends = await Promise.all([stand.run(bad, CHAIN.request), stand.run(good, CHAIN.request)]);
  assert.equal(ends[0].error?.code, "script_error");
  assert.equal(ends[1].error, null);
  assert.deepEqual(stand.deaths, []);
});

for (const side of ["request", "response"]) {
  test(`a ${side} body that no number could count is refused when the script starts`, () => {
    const start = (bytes: string): void => {
      using _stand = new LaneStand(`bodies: { ${side}: { bufferBytes: ${bytes} } }`);
    };
    const expected = "expected a whole number from 1 to 9007199254740991, got";
    for (const bytes of ["2 ** 53", "0", "1.5", "-1", "1e300", "Infinity", "NaN"]) {
      assert.throws(
        () => start(bytes),
        ({ message }: Error) => message.includes(`bodies.${side}.bufferBytes: ${expected}`),
        bytes,
      );
    }
    start("2 ** 53 - 1");
  });
}
