// What throws out of a turn: a rejection that nobody caught loses nothing; whatever else stops the
// runtime half-way ends the isolate, and no call gets what belongs to another publication.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyText, LaneStand } from "./lane-stand.ts";

const EARLIER = ["earlier a", "earlier b"];
const TEXTS = ["evil", "good b", "good c", "good d"];

/** The look at the length of any bytes throws, at the nth after the evil call poisoned it. */
const poisonAt = (nth: number): string => `
  const bytes = Object.getPrototypeOf(Uint8Array.prototype);
  const { get } = Object.getOwnPropertyDescriptor(bytes, "length");
  let left = ${nth};
  const poison = () => Object.defineProperty(bytes, "length", {
    get() {
      if (left-- === 0) throw new Error("half-way");
      return Reflect.apply(get, this, []);
    },
  });`;

const HOOK = `responseBodyFilter({ chunk }, ctx) {
  ctx.text = new TextDecoder().decode(chunk);
  if (ctx.text === "evil") poison();
  return chunk;
}`;

test("wherever one call stops the runtime, every other call gets its own", async () => {
  const faults: string[] = [];
  for (let nth = 0; nth < 24; nth++) {
    using stand = new LaneStand(HOOK, { before: poisonAt(nth), hookWallMs: 5_000 });
    assert.deepEqual((await stand.chunks(EARLIER)).map(bodyText), EARLIER);
    const outcomes = await stand.chunks(TEXTS);
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.error === null) assert.equal(bodyText(outcome), TEXTS[i], `at look ${nth}`);
      else assert.notEqual(outcome.error.code, "script_timeout", `at look ${nth}`);
    }
    assert.deepEqual(stand.strays, [], `at look ${nth}`);
    faults.push(...stand.deaths.map(({ message }) => message));
  }
  assert.match(faults.join("\n"), /what came out of a turn cannot be taken: half-way/);
});

test("a call for which there is no memory left is not answered with what came before", async () => {
  using stand = new LaneStand(
    `responseBodyFilter({ chunk }) {
      if (chunk.length === 5) hoard ??= new Uint8Array(20 * 2 ** 20);
      return chunk.length + "";
    }`,
    { before: "let hoard;", memoryMiB: 32, hookMs: 10_000 },
  );
  await stand.chunks(["earlier"]);
  const lengths = [5, 8 * 2 ** 20, 6];
  const outcomes = await stand.chunks(lengths.map((length) => "x".repeat(length)));
  // the second finds no room in a frame with others, and runs again on its own
  assert.deepEqual(outcomes.map(bodyText), lengths.map(String));
  // which of the two is found first, V8 decides
  assert.equal(stand.deaths.length, 1);
  assert.match(
    stand.deaths[0]?.message ?? "",
    /a turn stopped half-way: Array|needed more than 32/,
  );
  assert.deepEqual(stand.strays, []);
});

test("rejections that nobody caught cost a line each, and no result", async () => {
  using stand = new LaneStand(`responseBodyFilter({ chunk }) {
    Promise.reject(new Error("floating"));
    return chunk;
  }`);
  assert.deepEqual((await stand.chunks(TEXTS)).map(bodyText), TEXTS);
  assert.deepEqual(stand.deaths, []);
});
