// Who is to blame that a cell outgrew its memory.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hoarderOf } from "../../../src/fleet/cells/cell-health.ts";

const MIB = 2 ** 20;

function blamed(heapsMiB: Readonly<Record<string, number>>): string | null {
  const heaps = Object.entries(heapsMiB).map(([name, size]) => [name, size * MIB] as const);
  return hoarderOf(new Map(heaps), 1_024 * MIB);
}

test("where heaps have the memory, it is whoever has most of it, however small the others", () => {
  assert.equal(blamed({ idle: 700, runner: 5 }), "idle");
  assert.equal(blamed({ runner: 90, idle: 200, other: 199 }), "idle");
});

test("where no heap has the memory, no heap says whose doing it was", () => {
  assert.equal(blamed({ idle: 60, runner: 5 }), null);
  assert.equal(blamed({}), null);
});
