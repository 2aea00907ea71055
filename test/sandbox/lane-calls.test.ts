// The calls of a lane, in the order in which turns get them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { CallResult, SubmittedCall, TurnCall } from "../../src/sandbox/call.ts";
import { RETIRED } from "../../src/sandbox/death.ts";
import { FrameFault } from "../../src/sandbox/frame-text.ts";
import { lostFailure } from "../../src/sandbox/gone.ts";
import { LaneCalls } from "../../src/sandbox/lane-calls.ts";
import { ASK } from "../../src/wire/asks.ts";
import { FrameWriter } from "../../src/wire/frame.ts";
import { ASKS_MAX, WINDOW_WORDS } from "../../src/wire/records.ts";

const DONE: CallResult = { failure: null, hook: 0, ctx: "{}", effects: null, endMs: 0 };

class Lane {
  readonly calls = new LaneCalls({
    hookWallMs: 30_000,
    waitUntilMs: 30_000,
    hostCallKinds: {},
    claim: () => null,
    wake: () => {},
    asked: () => {},
    stray: () => {},
    log: () => {},
  });
  readonly results: CallResult[] = [];
  readonly lines: string[] = [];
  readonly submitted = new Map<string, SubmittedCall>();
  /** Told of each that settles. */
  settled: (name: string) => void = () => {};
  readonly #frame = new FrameWriter(new Int32Array(WINDOW_WORDS));
  readonly #names = new Map<number, string>();
  #written: string[] = [];

  submit(...names: string[]): void {
    for (const name of names) {
      const call: TurnCall = {
        startMs: 0,
        isFirst: true,
        writeTo: (_frame, id) => {
          this.#names.set(id, name);
          this.#written.push(name);
        },
        log: (_level, hook, message) => this.lines.push(`${name} ${hook}: ${message}`),
        readBody: () => {},
        streamBody: () => ({ close: () => {} }),
        whenGone: () => {},
        fetch: () => null,
        goOn: () => () => {},
        keep: () => {},
        settle: (result) => {
          this.results.push(result);
          this.settled(name);
        },
      };
      this.submitted.set(name, this.calls.submit(call));
    }
  }

  idOf(name: string): number {
    return [...this.#names].find(([, known]) => known === name)?.[0] ?? 0;
  }

  /** What happens while a turn is under way. */
  during(happens: () => void): void {
    this.calls.fill(this.#frame);
    happens();
    this.calls.endTurn(false);
  }

  /** Names of the calls that a turn carries; the isolate has time for so many of them. */
  turn(done: number): string[] {
    this.#written = [];
    this.calls.fill(this.#frame);
    for (const [index, name] of this.#written.entries()) {
      const pending = this.calls.find(this.idOf(name));
      assert.ok(pending);
      if (index < done) this.calls.done(pending, DONE);
      else this.calls.notStarted(pending);
      // the client of the call that is done asks again at once
      if (index === 0) this.submit(`${name}'`);
    }
    this.calls.endTurn(false);
    return this.#written;
  }
}

test("what a call logged before it was told that it is over is logged", () => {
  const lane = new Lane();
  const says = (message: string): void =>
    lane.calls.lateLine(lane.idOf("a"), { level: 2, hook: "logging", message });
  lane.submit("a");
  lane.during(() => lane.submitted.get("a")?.cancel());
  says("went on in the turn under way");
  lane.during(() => says("went on before the turn that tells it"));
  says("told");
  const told = ["went on in the turn under way", "went on before the turn that tells it"];
  assert.deepEqual(
    lane.lines,
    told.map((message) => `a logging: ${message}`),
  );
});

test("calls that a turn had no time for come before those that came meanwhile", () => {
  const lane = new Lane();
  lane.submit("a", "b", "c");
  assert.deepEqual(lane.turn(1), ["a", "b", "c"]);
  assert.deepEqual(lane.turn(1), ["b", "c", "a'"]);
  assert.deepEqual(lane.turn(1), ["c", "a'", "b'"]);
});

test("a call that is handed back twice runs once", () => {
  const lane = new Lane();
  lane.submit("a");
  lane.calls.fill(new FrameWriter(new Int32Array(WINDOW_WORDS)));
  const [pending] = [0x10000].map((id) => lane.calls.find(id));
  assert.ok(pending);
  lane.calls.notStarted(pending);
  lane.calls.notStarted(pending);
  lane.calls.endTurn(false);
  assert.deepEqual(lane.turn(1), ["a"]);
});

for (const gone of ["isolate", "process"] as const) {
  test(`a call that lost its ${gone} twice while it waited has ctx as of its last await`, () => {
    const lane = new Lane();
    lane.submit("a");
    for (const ctx of ['{"try":1}', '{"try":2}']) {
      lane.calls.fill(new FrameWriter(new Int32Array(WINDOW_WORDS)));
      // as the frame's reader does (decode.ts)
      Object.assign(lane.calls.find(0x10000) ?? assert.fail(), { hook: 2, ctx });
      lane.calls.endTurn(false);
      lane.calls.lose({ failure: RETIRED, callId: 0, hook: -1 }, gone);
    }
    const failure = lostFailure(gone, { hasActed: false, isAnswered: false });
    const lost = { failure, hook: 2, ctx: '{"try":2}', effects: null, endMs: 0 };
    assert.deepEqual({ ...lane.results.pop(), endMs: 0 }, lost);
    assert.equal(lane.results.length, 0);
  });
}

test("a lane is behind once its first call has waited through eight of its turns", () => {
  const lane = new Lane();
  lane.submit(...Array.from({ length: 12 }, (_, index) => `${index}`));
  for (let turn = 1; turn <= 7; turn++) lane.turn(1);
  assert.equal(lane.calls.backlogMs(), 0);
  lane.turn(1);
  assert.ok(lane.calls.backlogMs() > 0);
});

test("calls that must run again because their isolate died have waited for nobody", () => {
  const lane = new Lane();
  lane.submit(...Array.from({ length: 12 }, (_, index) => `${index}`));
  for (let turn = 1; turn <= 8; turn++) lane.turn(1);
  lane.calls.fill(new FrameWriter(new Int32Array(WINDOW_WORDS)));
  lane.calls.displace();
  assert.equal(lane.calls.backlogMs(), 0);
});

/** A call that writes down what it is told. */
function told(): { readonly call: TurnCall; readonly results: CallResult[] } {
  const results: CallResult[] = [];
  const call: TurnCall = {
    startMs: 0,
    isFirst: true,
    writeTo: () => {},
    log: () => {},
    readBody: () => {},
    streamBody: () => ({ close: () => {} }),
    whenGone: () => {},
    fetch: () => null,
    goOn: () => () => {},
    keep: () => {},
    settle: (result) => results.push(result),
  };
  return { call, results };
}

test("a call that is refused settles once, and later; cancelled before that, it never does", async () => {
  const { calls } = new Lane();
  calls.dispose();
  const [told1, told2] = [told(), told()];
  const refused = calls.submit(told1.call);
  const cancelled = calls.submit(told2.call);
  assert.equal(told1.results.length, 0);
  assert.equal(cancelled.cancel(), "");
  await setImmediate();
  assert.equal(refused.cancel(), "");
  await setImmediate();
  assert.deepEqual(
    told1.results.map(({ failure }) => failure?.code),
    [RETIRED.code],
  );
  assert.equal(told2.results.length, 0);
});

test("a call that is cancelled never settles: not by its result, nor with the end of its lane", () => {
  const { calls } = new Lane();
  const { call, results } = told();
  const submitted = calls.submit(call);
  calls.fill(new FrameWriter(new Int32Array(WINDOW_WORDS)));
  submitted.cancel();
  assert.equal(calls.find(0x10000), null);
  calls.endTurn(false);
  calls.dispose();
  submitted.cancel();
  assert.deepEqual(results, []);
});

for (const [what, end, names] of [
  ["its lane ends", (calls: LaneCalls) => calls.dispose(), ["a", "b"]],
  ["its isolate is lost", (calls: LaneCalls) => calls.displace(), ["b"]],
] as const) {
  test(`who is told that ${what} cancels others, which neither settle nor run again`, () => {
    const lane = new Lane();
    const settled: string[] = [];
    lane.submit("a", "b", "c");
    lane.settled = (name) => {
      settled.push(name);
      if (name === "b") for (const other of ["a", "c"]) lane.submitted.get(other)?.cancel();
    };
    lane.during(() => {
      const pending = lane.calls.find(lane.idOf("b"));
      assert.ok(pending);
      pending.hasActed = true;
      end(lane.calls);
    });
    assert.deepEqual(settled, names);
    assert.deepEqual(lane.turn(0), []);
  });
}

for (const [what, kind, text] of [
  ["timer", ASK.timer, "1000000"],
  ["body", ASK.body, "whole"],
] as const) {
  test(`more than ${ASKS_MAX} asks for a ${what} at once are none of our runtime's`, () => {
    const lane = new Lane();
    lane.submit("a");
    lane.calls.fill(new FrameWriter(new Int32Array(WINDOW_WORDS)));
    const pending = lane.calls.find(0x10000);
    assert.ok(pending);
    const asked = (id: number) => ({ id, kind, text, bytes: Buffer.alloc(0) });
    for (let id = 1; id <= ASKS_MAX; id++) lane.calls.ask(pending, asked(id));
    assert.throws(() => lane.calls.ask(pending, asked(ASKS_MAX + 1)), FrameFault);
    lane.calls.dispose();
  });
}
