// The one state machine of circuit breakers: its transitions, as properties of any history.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BREAKER_STATES, Breaker, type BreakerState, worst } from "../../src/base/breaker.ts";
import { fc } from "../support/property.ts";

const TIMING = { openMs: 100, backoffMax: 8, openingsMax: 5 };

const ACTS = ["trip", "look", "close", "disable", "enable", "tryEarly"] as const;

const HISTORY = fc.array(
  fc.record({ act: fc.constantFrom(...ACTS), passMs: fc.integer({ min: 0, max: 1_000 }) }),
  { maxLength: 60 },
);

/** Every transition there is, and whose doing it is. */
const ALLOWED: Readonly<Record<string, readonly (typeof ACTS)[number][]>> = {
  "closed open": ["trip"],
  "half-open open": ["trip"],
  "half-open disabled": ["trip", "disable"],
  "open half-open": ["look", "enable", "tryEarly"],
  "half-open closed": ["close"],
  "disabled half-open": ["enable", "tryEarly"],
  "closed disabled": ["disable"],
  "open disabled": ["disable"],
};

function act(breaker: Breaker, what: (typeof ACTS)[number], nowMs: number): void {
  if (what === "trip") breaker.trip(nowMs);
  else if (what === "look") breaker.look(nowMs);
  else breaker[what]();
}

test("a breaker changes as drawn, and tells of each change once", () => {
  fc.assert(
    fc.property(HISTORY, (history) => {
      const told: BreakerState[] = [];
      const breaker = new Breaker(TIMING, (state) => told.push(state));
      let nowMs = 0;
      for (const { act: what, passMs } of history) {
        nowMs += passMs;
        const before = breaker.state;
        act(breaker, what, nowMs);
        const { state } = breaker;
        assert.equal(breaker.isOut, state === "open" || state === "disabled");
        if (state === before) assert.deepEqual(told.splice(0), []);
        else {
          assert.ok(ALLOWED[`${before} ${state}`]?.includes(what), `${what}: ${before} ${state}`);
          assert.deepEqual(told.splice(0), [state]);
        }
      }
    }),
  );
});

test("an open breaker is open for as long as it must, twice as long each time up to a bound", () => {
  fc.assert(
    fc.property(HISTORY, (history) => {
      const breaker = new Breaker({ ...TIMING, openingsMax: Infinity }, () => undefined);
      let [nowMs, openings, untilMs] = [0, 0, 0];
      for (const { act: what, passMs } of history) {
        nowMs += passMs;
        const before = breaker.state;
        act(breaker, what, nowMs);
        if (what === "trip" && before !== "open" && before !== "disabled") {
          untilMs = nowMs + 100 * Math.min(2 ** openings++, 8);
        }
        if (what === "enable" || (what === "close" && before === "half-open")) openings = 0;
        if (what === "look" && before === "open") {
          assert.equal(breaker.state, nowMs < untilMs ? "open" : "half-open");
        }
      }
    }),
  );
});

test("it is disabled when it has opened too often without closing, and time does not end that", () => {
  const breaker = new Breaker(TIMING, () => undefined);
  const openings = (): number => {
    for (let count = 0; ; count++) {
      breaker.trip(0);
      if (breaker.state === "disabled") return count;
      breaker.look(Infinity);
    }
  };
  assert.equal(openings(), TIMING.openingsMax);
  breaker.look(Infinity);
  breaker.close();
  assert.equal(breaker.state, "disabled");
  assert.equal(breaker.enable(), true);
  assert.equal(breaker.state, "half-open");
  assert.equal(openings(), TIMING.openingsMax, "as if it had never opened");
  breaker.enable();
  breaker.close();
  assert.equal(breaker.enable(), false, "it is in service");
});

test("what is tried early is so until its time would have come, and nothing is forgiven", () => {
  const breaker = new Breaker(TIMING, () => undefined);
  breaker.trip(0);
  assert.equal(breaker.isEarly(50), false, "it is open");
  breaker.tryEarly();
  assert.deepEqual([breaker.state, breaker.isEarly(99)], ["half-open", true]);
  assert.equal(breaker.isEarly(100), false);
  breaker.trip(50);
  breaker.look(249);
  assert.equal(breaker.state, "open", "twice as long");
  breaker.look(250);
  assert.deepEqual([breaker.state, breaker.isEarly(250)], ["half-open", false]);
  breaker.tryEarly();
  assert.equal(breaker.isEarly(250), false, "it is in service");
  breaker.disable();
  breaker.tryEarly();
  assert.equal(breaker.isEarly(Number.MAX_VALUE), true, "time would not have ended it");
  breaker.enable();
  assert.equal(breaker.isEarly(300), false, "as if it had never opened");
});

test("of several breakers the worst is told", () => {
  assert.equal(worst([]), "closed");
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...BREAKER_STATES), { minLength: 1 }), (states) => {
      const found = worst(states);
      assert.ok(states.includes(found));
      const rank = BREAKER_STATES.indexOf(found);
      assert.ok(states.every((state) => BREAKER_STATES.indexOf(state) <= rank));
    }),
  );
});
