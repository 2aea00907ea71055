// What may come back from one turn, in all of a message's sections.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PIPE_LIMITS } from "../../../src/sandbox/cell/limits.ts";
import { BLANK, PIPE_BYTES_MAX } from "../../../src/sandbox/cell/pipe.ts";
import { TurnBudget } from "../../../src/sandbox/cell/turn-budget.ts";

const large = Buffer.alloc(PIPE_BYTES_MAX);

const TOO_MUCH = / bytes(?: of counters and limits)? for one turn/;
const { turnBytes, turnNoteBytes } = PIPE_LIMITS;

for (const [section, most] of [
  ["bytes", turnBytes],
  ["counters", turnNoteBytes],
  ["limits", turnNoteBytes],
] as const) {
  test(`${section} of a turn have an end`, () => {
    const budget = new TurnBudget();
    budget.begin(0);
    const whole = Math.floor(most / large.length);
    for (let i = 0; i < whole; i++) budget.take({ ...BLANK, [section]: large });
    assert.throws(() => budget.take({ ...BLANK, [section]: large }), TOO_MUCH);
    budget.begin(0);
    budget.take({ ...BLANK, [section]: large });
  });
}
