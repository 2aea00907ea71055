// Random values: strong, of the turn's own key, in hooks alone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { blocks, fillStream } from "../../../sdk/runtime/crypto/chacha20.ts";
import { CHAIN } from "../../../src/phases/table.ts";
import { drawSeed } from "../../../src/sandbox/turn-seeds.ts";
import { SEED_WORDS } from "../../../src/wire/control.ts";
import { answerText, LaneStand } from "../../sandbox/lane-stand.ts";
import { inside } from "../inside.ts";
import { sameAsNode } from "../same-as-node.ts";

test("the stream is that of RFC 8439, appendix A.1", () => {
  const stream = blocks(2);
  fillStream(stream, 2, new Int32Array(8));
  const hex = Buffer.from(stream).toString("hex");
  assert.equal(hex.slice(0, 32), "76b8e0ada0f13d90405d6ae55386bd28");
  assert.equal(hex.slice(112, 128), "c387b669b2ee6586"); // the end of block 0
  assert.equal(hex.slice(128, 160), "9f07e7be5551387a98ba977c732d080d");
});

test("seeds are never drawn twice", () => {
  const seen = new Set<string>();
  for (let i = 0; i < 1_000; i++) seen.add(drawSeed(new Int32Array(SEED_WORDS)).join());
  assert.equal(seen.size, 1_000);
});

test("getRandomValues takes what Node takes, and refuses what Node refuses", async () => {
  await sameAsNode(`[new Uint8Array(3), new Int32Array(0), new BigUint64Array(2),
    new Int8Array(65_536),
    new Float32Array(2), new Float16Array(2), new DataView(new ArrayBuffer(4)),
      new Uint8Array(65_537),
    new Uint8ClampedArray(4)].map((array) => {
      try { return crypto.getRandomValues(array) === array } catch (e) { return [e.name,
        e.code ?? 0] } })`);
});

test("what is no view at all is a TypeError, as Web IDL has it", async () => {
  const refused = await inside(`[new ArrayBuffer(4), [1], undefined, "a"].map((value) =>
    failureOf(() => crypto.getRandomValues(value)))`);
  assert.deepEqual(refused, Array(4).fill("TypeError"));
});

test("values fill the view and nothing beside it, whatever its type", async () => {
  const seen = await inside(`(() => {
    const all = new Uint8Array(64); crypto.getRandomValues(all.subarray(8, 40));
    const wide = crypto.getRandomValues(new BigInt64Array(64));
    return [all.subarray(0, 8).every((b) => b === 0), all.subarray(40).every((b) => b === 0),
      new Set(all.subarray(8, 40)).size > 20, new Set(wide).size] })()`);
  assert.deepEqual(seen, [true, true, true, 64]);
});

test("bytes are spread evenly", async () => {
  const seen = await inside(`(() => { const counts = new Uint32Array(256);
    for (let i = 0; i < 8;
      i++) for (const b of crypto.getRandomValues(new Uint8Array(65_536))) counts[b]++;
    return [Math.min(...counts), Math.max(...counts)] })()`);
  assert.ok(Array.isArray(seen));
  const [least, most] = seen.map(Number);
  // 2,048 expected; 45 is one standard deviation
  assert.ok((least ?? 0) > 1_700 && (most ?? 9_999) < 2_400, `${least} to ${most}`);
});

test("a UUID is of version 4, and no two are the same, turn after turn", async () => {
  const stand = () =>
    new LaneStand(`requestFilter() {
      return Response.json(Array.from({ length: 200 }, () => crypto.randomUUID())); }`);
  using one = stand();
  using other = stand();
  const seen = new Set<string>();
  for (const lane of [one, other, one, one]) {
    const outcome = await lane.run(lane.exchange(), CHAIN.request);
    for (const id of JSON.parse(answerText(outcome) ?? "[]")) seen.add(id);
  }
  assert.equal(seen.size, 800);
  const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  for (const id of seen) assert.match(id, form);
});

test("at the top level there are none, and the error says why", () => {
  for (const code of ["crypto.randomUUID()", "crypto.getRandomValues(new Uint8Array(4))"]) {
    assert.throws(
      () => new LaneStand("requestFilter() {}", { before: code }),
      /no random values at the top level .* expected them to be drawn in a hook/,
    );
  }
});

test("neither crypto nor its keys can be made by a script", async () => {
  const refused =
    await inside(`[() => new Crypto(), () => new SubtleCrypto({}), () => new CryptoKey(),
    () => new CryptoKey({}, { usages: [] }), () => crypto.subtle.constructor({})].map(failureOf)`);
  assert.deepEqual(refused, Array(5).fill("TypeError"));
});
