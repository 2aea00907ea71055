// What is asked of the host: begun once, answered once, and closed with its call, however that
// ends.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import type { TurnCall } from "../../src/sandbox/call.ts";
import { ENDED } from "../../src/sandbox/death.ts";
import { FrameFault } from "../../src/sandbox/frame-text.ts";
import type { GiveAnswer, HostAsk } from "../../src/sandbox/host-call.ts";
import type { HostCallKind } from "../../src/sandbox/host-call-table.ts";
import { LaneCalls } from "../../src/sandbox/lane-calls.ts";
import { ASK } from "../../src/wire/asks.ts";
import { FrameWriter } from "../../src/wire/frame.ts";
import { IN, RECORD_WORDS, WINDOW_WORDS } from "../../src/wire/records.ts";
import { answerText, LaneStand } from "./lane-stand.ts";

const KIND = 90;
const NO_BYTES = Buffer.alloc(0);
const FIRST_CALL = 0x10000;

/** A lane whose scripts can ask for one thing, which is begun and never ends by itself. */
class Lane {
  readonly open = new Map<string, GiveAnswer>();
  readonly outcomes: string[] = [];
  readonly frame = new FrameWriter(new Int32Array(WINDOW_WORDS));
  readonly asks: HostAsk[] = [];
  readonly calls: LaneCalls;

  constructor(kind: Partial<HostCallKind> = {}, hookWallMs = 30_000) {
    const begun: HostCallKind = {
      acts: () => false,
      waitsForClient: false,
      start: (_call, ask, answer) => {
        this.asks.push(ask);
        this.open.set(ask.text, answer);
        return { close: () => void this.open.delete(ask.text) };
      },
      ...kind,
    };
    this.calls = new LaneCalls({
      hookWallMs,
      waitUntilMs: 30_000,
      hostCallKinds: { [KIND]: begun },
      claim: () => null,
      wake: () => {},
      asked: () => {},
      stray: () => {},
      log: () => {},
    });
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
      settle: ({ failure }) => void this.outcomes.push(failure?.code ?? "done"),
    };
    this.calls.submit(call);
    this.calls.fill(this.frame);
  }

  pending() {
    const pending = this.calls.find(FIRST_CALL);
    assert.ok(pending);
    return pending;
  }

  ask(id: number, text: string, kind = KIND): void {
    this.calls.ask(this.pending(), { id, kind, text, bytes: NO_BYTES });
  }

  /** Askers' ids of the answers that the next turn carries. */
  answered(): number[] {
    this.calls.fill(this.frame);
    const ids: number[] = [];
    for (let record = 0; record < this.frame.count; record++) {
      const at = record * RECORD_WORDS;
      if (this.frame.words[at] === IN.ANSWER) ids.push(this.frame.words[at + 1] ?? 0);
    }
    return ids;
  }
}

const OK = { ok: true, text: "", bytes: null };

const ENDS: Readonly<Record<string, (lane: Lane) => void>> = {
  "it has its result": (lane) => {
    const result = { failure: null, hook: 0, ctx: "{}", effects: null, endMs: 0 };
    lane.calls.done(lane.pending(), result);
  },
  "its client is gone": (lane) => void lane.pending().cancel(),
  "its isolate is lost": ({ calls }) => calls.lose({ failure: ENDED, callId: 0, hook: -1 }),
  "its cell is gone": ({ calls }) => calls.displace(),
  "its lane is given up": ({ calls }) => calls.dispose(),
};

for (const [end, happens] of Object.entries(ENDS)) {
  test(`all that a call has asked for ends when ${end}, and is not answered`, () => {
    const lane = new Lane();
    lane.ask(1, "one");
    lane.ask(2, "two");
    const [one] = [...lane.open.values()];
    happens(lane);
    assert.deepEqual([...lane.open.keys()], []);
    one?.(OK);
    assert.deepEqual(lane.answered(), []);
    lane.calls.dispose();
  });
}

test("all that a call has asked for ends when it has waited too long", async () => {
  const lane = new Lane({}, 1);
  lane.ask(1, "one");
  lane.calls.endTurn(false);
  while (lane.outcomes.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual(lane.outcomes, ["script_timeout"]);
  assert.deepEqual([...lane.open.keys()], []);
});

test("who waited too long for what the client sends, waited for the client", async () => {
  const lane = new Lane({ waitsForClient: true }, 1);
  lane.ask(1, "one");
  lane.calls.endTurn(false);
  while (lane.outcomes.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual(lane.outcomes, ["request_timeout"]);
});

test("what is withdrawn ends, and is not answered", () => {
  const lane = new Lane();
  lane.ask(1, "one");
  lane.ask(2, "two");
  const [one, two] = [...lane.open.values()];
  lane.calls.withdraw(lane.pending(), 1);
  lane.calls.withdraw(lane.pending(), 1);
  lane.calls.withdraw(lane.pending(), 77);
  assert.deepEqual([...lane.open.keys()], ["two"]);
  one?.(OK);
  two?.(OK);
  assert.deepEqual(lane.answered(), [2]);
  lane.calls.dispose();
});

test("an answer comes once, and what stays held after it can be asked for more", () => {
  const lane = new Lane();
  lane.ask(1, "body");
  const answer = lane.open.get("body");
  answer?.(OK, true);
  answer?.(OK, true);
  assert.deepEqual(lane.answered(), [1]);
  lane.ask(2, "next");
  const later = lane.asks.at(-1);
  assert.notEqual(later?.held(1), null);
  lane.calls.withdraw(lane.pending(), 1);
  assert.equal(later?.held(1), null);
  lane.calls.dispose();
  assert.deepEqual([...lane.open.keys()], []);
});

test("a call that has acted on the world is not run again when its isolate or cell is lost", () => {
  for (const [gone, code] of [
    ["isolate", "script_lost"],
    ["process", "cell_lost"],
  ] as const) {
    for (const acts of [true, false]) {
      const lane = new Lane({ acts: () => acts });
      lane.ask(1, "one");
      lane.calls.displace(gone);
      assert.deepEqual(lane.outcomes, acts ? [code] : []);
      lane.calls.dispose();
    }
  }
});

test("what our runtime does not ask for is a fault of the frame", () => {
  const lane = new Lane();
  assert.throws(() => lane.ask(1, "", 99), FrameFault);
  for (const text of ["", "-1", "1.5", "1e3", "99999999999", "soon"]) {
    assert.throws(() => lane.ask(2, text, ASK.timer), FrameFault, text);
  }
  lane.calls.dispose();
});

test("numbers that begin again pass over an ask that the host still holds", async () => {
  using stand = new LaneStand(
    `async requestFilter({ request: { target } }) {
      if (target === "/holds") {
        const load = async () => { await gate; return "held"; };
        return new Response(await memoryCache.getOrSet("key", { ttlMs: 60_000 }, load));
      }
      if (target === "/opens") open();
      for (let i = 0; i < 4; i++) await new Promise((done) => setTimeout(done, 0));
    }`,
    {
      before: "const { promise: gate, resolve: open } = Promise.withResolvers();",
      lastAskId: 12,
    },
  );
  const holds = stand.run(stand.exchange("/holds"), CHAIN.request);
  for (let i = 0; i < 8; i++) await stand.run(stand.exchange("/asks"), CHAIN.request);
  await stand.run(stand.exchange("/opens"), CHAIN.request);
  assert.equal(answerText(await holds), "held");
  assert.deepEqual(stand.deaths, []);
});

test("they pass over what a call holds that has just begun, and asks for another's body", async () => {
  using stand = new LaneStand(
    `async requestFilter({ request }) {
      if (request.target === "/lends") return void (await gateOf(lent = request));
      if (request.target === "/opens") open();
      if (request.target === "/begins") {
        const load = async () => { await gate; return "held"; };
        const held = ["a", "b", "c", "d"].map((key) => memoryCache.getOrSet(key, OPTIONS, load));
        return new Response((await lent.text()) + (await Promise.all(held)));
      }
      for (let i = 0; i < 8; i++) await new Promise((done) => setTimeout(done, 0));
    }`,
    {
      before: `const { promise: gate, resolve: open } = Promise.withResolvers();
        const OPTIONS = { ttlMs: 60_000 }, gateOf = () => gate; let lent;`,
      lastAskId: 20,
    },
  );
  const lends = stand.exchange("/lends");
  lends.readBody = (_bytesMax, done) => done(null, Buffer.from("lent "));
  const ends = [stand.run(lends, CHAIN.request)];
  for (let i = 0; i < 2; i++) await stand.run(stand.exchange("/asks"), CHAIN.request);
  const begins = stand.run(stand.exchange("/begins"), CHAIN.request);
  for (const target of ["/asks", "/asks", "/opens"]) {
    await stand.run(stand.exchange(target), CHAIN.request);
  }
  assert.equal(answerText(await begins), "lent held,held,held,held");
  await Promise.all(ends);
  assert.deepEqual(stand.deaths, []);
});
