// Calls that share their frames with others, which end the isolate again and again.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallResult, TurnCall } from "../../src/sandbox/call.ts";
import { RETIRED } from "../../src/sandbox/death.ts";
import { LaneCalls } from "../../src/sandbox/lane-calls.ts";
import { FrameWriter } from "../../src/wire/frame.ts";
import { WINDOW_WORDS } from "../../src/wire/records.ts";

const DONE: CallResult = { failure: null, hook: 0, ctx: "{}", effects: null, endMs: 0 };

class Lane {
  readonly results = new Map<string, CallResult>();
  readonly ids = new Map<string, number>();
  readonly calls = new LaneCalls({
    ...{ hookWallMs: 30_000, waitUntilMs: 30_000, hostCallKinds: {} },
    ...{ claim: () => null, wake: () => {}, asked: () => {}, stray: () => {}, log: () => {} },
  });
  readonly #frame = new FrameWriter(new Int32Array(WINDOW_WORDS));
  #written: string[] = [];

  submit(name: string): void {
    const call: TurnCall = {
      ...{ startMs: 0, isFirst: true, log: () => {}, readBody: () => {}, whenGone: () => {} },
      ...{ streamBody: () => ({ close: () => {} }), fetch: () => null, keep: () => {} },
      goOn: () => () => {},
      writeTo: (_frame, id) => {
        this.ids.set(name, id);
        this.#written.push(name);
      },
      settle: (result) => this.results.set(name, result),
    };
    this.calls.submit(call);
  }

  /** Names of the calls that the next turn carries. */
  carried(): readonly string[] {
    this.#written = [];
    this.calls.fill(this.#frame);
    return this.#written;
  }

  idOf(name: string): number {
    return this.ids.get(name) ?? assert.fail(name);
  }
}

test("a call whose neighbours end their isolates is begun three times at most, and ends well", () => {
  const lane = new Lane();
  lane.submit("a");
  const killers = Array.from({ length: 100 }, (_, i) => `killer ${i}`);
  for (const killer of killers) lane.submit(killer);
  let begun = 0;
  for (const killer of killers) {
    const carried = lane.carried();
    if (!carried.includes("a")) break;
    begun++;
    if (carried.length === 1) {
      lane.calls.done(lane.calls.find(lane.idOf("a")) ?? assert.fail(), DONE);
      lane.calls.endTurn(false);
    } else lane.calls.lose({ failure: RETIRED, callId: lane.idOf(killer), hook: 0 });
  }
  assert.equal(begun, 3);
  assert.equal(lane.results.get("a")?.failure, null);
  assert.equal(lane.results.size, 3);
});

test("so do all that were begun beside them, one after the other", () => {
  const lane = new Lane();
  const honest = Array.from({ length: 20 }, (_, i) => `honest ${i}`);
  for (const name of [...honest, "killer 0", "killer 1"]) lane.submit(name);
  for (const killer of ["killer 0", "killer 1"]) {
    assert.equal(lane.carried().length, killer === "killer 0" ? 22 : 21);
    lane.calls.lose({ failure: RETIRED, callId: lane.idOf(killer), hook: 0 });
  }
  for (const name of honest) {
    assert.deepEqual(lane.carried(), [name]);
    lane.calls.done(lane.calls.find(lane.idOf(name)) ?? assert.fail(), DONE);
    lane.calls.endTurn(false);
  }
  assert.ok(honest.every((name) => lane.results.get(name)?.failure === null));
});
