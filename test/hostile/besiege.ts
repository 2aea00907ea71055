// The test of an attack, the same for each: the attacker gets the documented answer, the victims
// right answers only, the proxy stays the process it was, and memory comes back.

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import type { Attack } from "./attack.ts";
import { Siege } from "./siege.ts";

/** An attack that has not ended by then never will. */
const TIMEOUT_MS = 300_000;
const FOLDER = new URL("./attacks/", import.meta.url);

/** Every attack, by the name of its file. */
export async function allAttacks(): Promise<Map<string, Attack>> {
  const attacks = new Map<string, Attack>();
  for (const name of (await readdir(FOLDER)).sort()) {
    const { attack }: { attack: Attack } = await import(new URL(name, FOLDER).href);
    attacks.set(name.replace(".ts", ""), attack);
  }
  return attacks;
}

/** @param timesMax  requests of the attacker at most */
export function besiege(name: string, attack: Attack, timesMax = 20): void {
  const title = `${name}: ${attack.title}, and nobody else notices`;
  test(title, { timeout: TIMEOUT_MS }, async (context) => {
    await using siege = await Siege.start(attack);
    for (let i = 0; i < Math.min(attack.times ?? 3, timesMax); i++) {
      const atOnce = Array.from({ length: attack.atOnce ?? 1 }, () => siege.attack(i));
      for (const answer of await Promise.all(atOnce)) {
        assert.match(answer.slice(0, 2_000), attack.expected);
      }
    }
    await siege.victimsGoOn();
    await siege.memoryComesBack();
    await siege.endLoad();
    context.diagnostic(siege.figures());
    assert.deepEqual(siege.failures, []);
    assert.equal(siege.proxy.process.exitCode, null);
    assert.deepEqual(siege.proxy.pids(), [siege.proxy.process.pid]);
  });
}
