// What the bench demands of a contestant before it measures it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findFault, LANGUAGES } from "../../bench/check.ts";
import { CONTESTANTS, type Contestant, ORIGIN_BODY } from "../../bench/contestants.ts";

const contestant = (name: string): Contestant => {
  const found = CONTESTANTS.find((each) => each.name === name);
  assert.ok(found, name);
  return found;
};

const answer = (ctx: string | undefined) => ({ status: 200, body: ORIGIN_BODY, ctx });
const counted = LANGUAGES.map((language, index) => answer(`${language} ${index + 7}`));

test("accepts hooks that carry ctx and count", () => {
  assert.equal(findFault(contestant("sluice-script"), counted), null);
  assert.equal(
    findFault(
      contestant("nginx"),
      LANGUAGES.map(() => answer(undefined)),
    ),
    null,
  );
});

test("finds a count that stands still, and forgives it only where none is claimed", () => {
  const still = LANGUAGES.map((language) => answer(`${language} 1`));
  assert.match(findFault(contestant("nginx-lua"), still) ?? "", /it counts 1, 1, 1/);
  const uncounted = { ...contestant("nginx-njs"), work: "hooks without counter" } as const;
  assert.equal(findFault(uncounted, still), null);
});

test("finds a ctx that belongs to another request, or is missing", () => {
  const mixed = counted.map((each) => ({ ...each, ctx: counted[0]?.ctx }));
  assert.match(findFault(contestant("workerd"), mixed) ?? "", /x-ctx is en-GB 7/);
  assert.match(findFault(contestant("workerd"), [answer(undefined)]) ?? "", /x-ctx is undefined/);
});

test("finds an answer that is not the origin's", () => {
  const wrong = { ...answer(undefined), body: "cached" };
  assert.match(findFault(contestant("nginx"), [wrong]) ?? "", /the body is "cached"/);
  const failed = { ...answer(undefined), status: 502 };
  assert.match(findFault(contestant("nginx"), [failed]) ?? "", /it answers 502/);
});
