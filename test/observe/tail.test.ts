// The tail in a worker: who gets which lines, and what a reader that does not read costs.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { LogWindow } from "../../src/observe/log-window.ts";
import { Tail } from "../../src/observe/tail.ts";
import { NOTICE_CHARS, type TailNews } from "../../src/observe/tail-batch.ts";

const setUp = () => {
  const posted: TailNews[] = [];
  const tail = new Tail((news) => void posted.push(news));
  return { posted, tail };
};

const ANY = { statuses: [], hook: null, slowMs: null, search: null, version: null };

const reader = (id: number, rest: { hook?: string; tenant?: string } = {}) => {
  const window = new LogWindow();
  const filter = { ...ANY, tenant: "demo", ...rest };
  return { window, subscription: { id, filter, window: window.shared } };
};

const say = (tail: Tail, message: string, hook = "logging"): void =>
  tail.message({ level: "info", tenant: "demo", id: "x", hook, message });

/** What an event stream carries, parsed. */
const eventsOf = (text: string): unknown[] =>
  text
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => JSON.parse(/^event: log\ndata: (.*)$/.exec(event)?.[1] ?? "null"));

describe("Tail", () => {
  it("is open while somebody reads", () => {
    const { tail } = setUp();
    assert.equal(tail.isOpen, false);
    tail.subscribe([reader(1).subscription]);
    assert.equal(tail.isOpen, true);
    tail.subscribe([]);
    assert.equal(tail.isOpen, false);
  });

  it("gives each reader what fits its filter", () => {
    const { tail, posted } = setUp();
    const readers = [
      reader(1),
      reader(2, { hook: "requestFilter" }),
      reader(3, { tenant: "other" }),
    ];
    tail.subscribe(readers.map(({ subscription }) => subscription));
    say(tail, "one");
    say(tail, "two", "requestFilter");
    tail.flush();
    const seen = posted.map(({ id, text }) => [id, eventsOf(text).length]);
    assert.deepEqual(seen, [
      [1, 2],
      [2, 1],
    ]);
  });

  it("a line says where it is from and stays one line, whatever the script said", () => {
    const { tail, posted } = setUp();
    tail.subscribe([reader(1).subscription]);
    const fields = { hook: "requestFilter", code: "script_error", at: "main.ts:7:11" };
    const message = "a\n\nevent: log\ndata: forged\u2028";
    tail.message({ level: "error", tenant: "demo", id: "x", deployment: "7", message, ...fields });
    tail.flush();
    const [line, ...rest] = eventsOf(posted[0]?.text ?? "");
    const { time, ...known } = Object(line);
    assert.match(time, /^\d{4}-.*Z$/);
    const from = { source: "script", tenant: "demo", deployment: "7", id: "x" };
    assert.deepEqual(known, { level: "error", ...from, ...fields, msg: message });
    assert.deepEqual(rest, []);
  });

  it("posts by itself after a while", async () => {
    const alive = setInterval(() => {}, 1_000);
    const { promise, resolve } = Promise.withResolvers<TailNews>();
    const tail = new Tail(resolve);
    tail.subscribe([reader(1).subscription]);
    say(tail, "hello");
    assert.equal((await promise).dropped, 0);
    clearInterval(alive);
  });

  it("counts the lines beyond what one batch carries", () => {
    const { tail, posted } = setUp();
    tail.subscribe([reader(1).subscription]);
    for (let line = 0; line < LIMITS.tailBatchLines + 5; line++) say(tail, "x");
    tail.flush();
    assert.equal(posted[0]?.dropped, 5);
    assert.equal(eventsOf(posted[0]?.text ?? "").length, LIMITS.tailBatchLines);
  });

  it("a reader that never reads has a bounded text under way, and learns later what it missed", () => {
    const { tail, posted } = setUp();
    const { window, subscription } = reader(1);
    tail.subscribe([subscription]);
    const lines = 20_000;
    for (let line = 0; line < lines; line++) {
      say(tail, "x".repeat(1_000));
      if (line % 50 === 0) tail.flush();
    }
    tail.flush();
    const chars = posted.reduce((sum, { text }) => sum + text.length + NOTICE_CHARS, 0);
    assert.ok(chars <= LIMITS.tailWindowChars, `${chars} characters`);
    const told = posted.reduce((sum, { text }) => sum + eventsOf(text).length, 0);
    assert.ok(told < lines);

    window.giveBack(chars);
    say(tail, "last");
    tail.flush();
    const dropped = posted.reduce((sum, news) => sum + news.dropped, 0);
    assert.equal(dropped, lines - told);
    assert.equal(eventsOf(posted.at(-1)?.text ?? "").length, 1);
  });

  it("a reader keeps its place when others come and go", () => {
    const { tail, posted } = setUp();
    const [one, two] = [reader(1).subscription, reader(2).subscription];
    tail.subscribe([one]);
    say(tail, "before");
    tail.subscribe([one, two]);
    say(tail, "after");
    tail.flush();
    assert.deepEqual(
      posted.map(({ id, text }) => [id, eventsOf(text).length]),
      [
        [1, 2],
        [2, 1],
      ],
    );
  });
});
