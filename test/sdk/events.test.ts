// Event, EventTarget, AbortController and AbortSignal in a real isolate: Node's as the oracle.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN } from "../../src/phases/table.ts";
import { answerText, LaneStand } from "../sandbox/lane-stand.ts";
import { inside } from "./inside.ts";
import { sameAsNode } from "./same-as-node.ts";

/** A target, and what was seen. */
const STAND = `const target = new EventTarget(), seen = [];
  const see = (name) => (event) => { seen.push([name, event.type, event.eventPhase,
    event.target === target, event.currentTarget === target, event.composedPath().length]); };`;

const EVENTS: Readonly<Record<string, string>> = {
  "an event has the properties that it was made with": `(() => { const e = new Event("a",
    { bubbles: true, cancelable: 1 }); return [e.type, e.bubbles, e.cancelable, e.composed,
    e.defaultPrevented, e.eventPhase, e.target, e.currentTarget, e.isTrusted, e.returnValue,
    e.cancelBubble, e.composedPath(), String(e), typeof e.timeStamp] })()`,
  "a type is needed, and is text": `[new Event(null).type, new Event(5).type,
    (() => { try { new Event() } catch (e) { return e.name } })(),
    (() => { try { new Event("a", 5) } catch (e) { return e.name } })()]`,
  "a listener with once is called once": `(() => {
    target.addEventListener("a", see("once"), { once: true });
    target.dispatchEvent(new Event("a")); target.dispatchEvent(new Event("a")); return seen })()`,
  "a removed listener is not called, not even in the dispatch that removes it": `(() => {
    const late = see("late");
    target.addEventListener("a", () => { target.removeEventListener("a", late); });
    target.addEventListener("a", late); target.dispatchEvent(new Event("a")); return seen })()`,
  "a listener that is added in a dispatch waits for the next": `(() => {
    target.addEventListener("a", () => { target.addEventListener("a", see("new")); }, { once: true });
    target.dispatchEvent(new Event("a")); const first = seen.length;
    target.dispatchEvent(new Event("a")); return [first, seen.length] })()`,
  "capture tells two listeners apart": `(() => { const one = see("one");
    target.addEventListener("a", one, true); target.addEventListener("a", one, false);
    target.removeEventListener("a", one, { capture: true });
    target.dispatchEvent(new Event("a")); return seen.length })()`,
  "preventDefault counts where the event can be cancelled": `(() => {
    target.addEventListener("a", (event) => event.preventDefault());
    return [new Event("a"), new Event("a", { cancelable: true })].map((event) =>
      [target.dispatchEvent(event), event.defaultPrevented, event.returnValue]) })()`,
  "a passive listener cannot prevent": `(() => {
    target.addEventListener("a", (event) => event.preventDefault(), { passive: true });
    const event = new Event("a", { cancelable: true });
    return [target.dispatchEvent(event), event.defaultPrevented] })()`,
  "stopImmediatePropagation keeps the rest from it": `(() => {
    target.addEventListener("a", (event) => { seen.push(1); event.stopImmediatePropagation(); });
    target.addEventListener("a", see("two")); target.dispatchEvent(new Event("a"));
    return seen.length })()`,
  "an object with handleEvent is a listener, whose this it is": `(() => {
    const listener = { handleEvent(event) { seen.push(this === listener, event.type); } };
    target.addEventListener("a", listener); target.dispatchEvent(new Event("a")); return seen })()`,
  "null is no listener, and text is an error": `[target.addEventListener("a", null) ?? "fine",
    (() => { try { target.addEventListener("a", "text") } catch (e) { return e.name } })()]`,
  "what is no event cannot be dispatched": `(() => {
    try { target.dispatchEvent({ type: "a" }) } catch (error) { return error.name } })()`,
  "a class of the script's own is a target": `(() => { class Own extends EventTarget {}
    const own = new Own(); own.addEventListener("a", () => seen.push("own"));
    own.dispatchEvent(new CustomEvent("a")); return [seen, String(own)] })()`,
  "a CustomEvent has its detail": `[new CustomEvent("a", { detail: { n: 1 } }).detail,
    new CustomEvent("a").detail, String(new CustomEvent("a"))]`,
  "a signal takes a listener away": `(() => { const ends = new AbortController();
    target.addEventListener("a", see("a"), { signal: ends.signal });
    target.dispatchEvent(new Event("a")); ends.abort(); target.dispatchEvent(new Event("a"));
    target.addEventListener("a", see("b"), { signal: ends.signal });
    target.dispatchEvent(new Event("a")); return seen.length })()`,
};

for (const [title, expression] of Object.entries(EVENTS)) {
  test(`${title}, as in Node`, () => sameAsNode(`(() => { ${STAND} return ${expression} })()`));
}

/** Where Node is not the DOM standard's. */
const BY_THE_STANDARD: Readonly<Record<string, readonly [expression: string, value: unknown]>> = {
  "constants are on the class and its objects": [
    `[Event.NONE, Event.CAPTURING_PHASE, Event.AT_TARGET, Event.BUBBLING_PHASE,
      new Event("a").AT_TARGET]`,
    [0, 1, 2, 3, 2],
  ],
  "listeners are called in order, each once, and each finds the event at its target": [
    `(() => { const one = see("one");
      target.addEventListener("a", one); target.addEventListener("a", one);
      target.addEventListener("b", see("b")); target.addEventListener("a", see("two"));
      return [target.dispatchEvent(new Event("a")), seen] })()`,
    [
      true,
      [
        ["one", "a", 2, true, true, 1],
        ["two", "a", 2, true, true, 1],
      ],
    ],
  ],
  "an event cannot be dispatched twice at a time": [
    `(() => { const event = new Event("a");
      target.addEventListener("a", () => {
        try { target.dispatchEvent(event) } catch (error) { seen.push(error.name, error.code) } });
      target.dispatchEvent(event); target.dispatchEvent(event); return seen })()`,
    ["InvalidStateError", 11, "InvalidStateError", 11],
  ],
};

for (const [title, [expression, value]] of Object.entries(BY_THE_STANDARD)) {
  test(title, async () => {
    assert.deepEqual(await inside(`(() => { ${STAND} return ${expression} })()`), value);
  });
}

const SIGNALS: Readonly<Record<string, string>> = {
  "a controller aborts its signal once, with its reason": `(() => { const c = new AbortController();
    let n = 0; c.signal.addEventListener("abort", () => n++); c.abort("why"); c.abort("again");
    return [n, c.signal.aborted, c.signal.reason, c.signal === c.signal, String(c.signal)] })()`,
  "without a reason it is an AbortError": `(() => { const { signal } = new AbortController();
    const c = new AbortController(); c.abort();
    return [signal.aborted, signal.reason ?? "none", c.signal.reason.name, c.signal.reason.code,
      c.signal.reason instanceof DOMException] })()`,
  "abort makes one that is aborted": `[AbortSignal.abort(5).reason, AbortSignal.abort().reason.name,
    AbortSignal.abort(null).reason]`,
  "throwIfAborted throws the reason itself": `(() => { const reason = { n: 1 };
    try { AbortSignal.abort(reason).throwIfAborted() } catch (e) { return e === reason } })()`,
  "a signal cannot be made": `(() => { try { new AbortSignal() } catch (e) { return e.name } })()`,
  "onabort is called in the place of its first setting": `(() => { const c = new AbortController();
    const seen = []; c.signal.onabort = () => seen.push("old");
    c.signal.addEventListener("abort",
      (e) => seen.push(e.type, e.isTrusted, e.target === c.signal));
    c.signal.onabort = () => seen.push("new"); c.abort(); return seen })()`,
  "onabort that is null is called no more": `(() => { const c = new AbortController(); const seen = [];
    c.signal.onabort = () => seen.push(1); c.signal.onabort = null; c.abort();
    return [seen, c.signal.onabort] })()`,
  "any is aborted by whichever comes first": `(() => { const a = new AbortController(),
    b = new AbortController(); const any = AbortSignal.any([a.signal, b.signal]); const seen = [];
    any.onabort = () => seen.push(any.reason); b.abort("b"); a.abort("a");
    return [any.aborted, any.reason, seen] })()`,
  "any of any is aborted with the first": `(() => { const a = new AbortController();
    const inner = AbortSignal.any([a.signal]); const outer = AbortSignal.any([inner]);
    const seen = []; outer.addEventListener("abort", () => seen.push(inner.aborted));
    inner.addEventListener("abort", () => seen.push(outer.aborted)); a.abort(1);
    return [seen, outer.reason, inner.reason] })()`,
  "any that nobody listens to knows all the same": `(() => { const a = new AbortController(),
    b = new AbortController(); const any = AbortSignal.any([a.signal, b.signal]);
    b.abort("b"); a.abort("a"); return [any.aborted, any.reason] })()`,
  "any of one that is aborted is aborted": `(() => { const any = AbortSignal.any([
    new AbortController().signal, AbortSignal.abort("x"), AbortSignal.abort("y")]);
    return [any.aborted, any.reason, AbortSignal.any([]).aborted] })()`,
  "any takes signals and nothing else": `(() => {
    try { AbortSignal.any([{ aborted: true }]) } catch (e) { return e.name } })()`,
  "timeout aborts with a TimeoutError": `new Promise((resolve) => {
    const signal = AbortSignal.timeout(1);
    signal.onabort = () => resolve([signal.aborted, signal.reason.name, signal.reason.code]) })`,
  "timeout takes numbers from 0": `[-1, NaN].map((ms) => {
    try { AbortSignal.timeout(ms); return "fine" } catch (e) { return "refused" } })`,
  "the constants of DOMException are those of the standard": `[DOMException.ABORT_ERR,
    new DOMException().TIMEOUT_ERR, DOMException.DATA_CLONE_ERR, DOMException.SYNTAX_ERR]`,
};

for (const [title, expression] of Object.entries(SIGNALS)) {
  test(`${title}, as in Node`, () => sameAsNode(expression));
}

test("DOMException has for each name the number that Node's has", async () => {
  const all = Object.getOwnPropertyNames(DOMException).filter((name) => name.endsWith("_ERR"));
  assert.equal(all.length, 25);
  await sameAsNode(`["IndexSizeError", "HierarchyRequestError", "WrongDocumentError", "AbortError",
    "InvalidCharacterError", "NoModificationAllowedError", "NotFoundError", "NotSupportedError",
    "InUseAttributeError", "InvalidStateError", "SyntaxError", "InvalidModificationError",
    "NamespaceError", "InvalidAccessError", "TypeMismatchError", "SecurityError", "NetworkError",
    "URLMismatchError", "TimeoutError", "InvalidNodeTypeError", "DataCloneError", "OperationError",
    "DataError", "-", "x"].map((name) => new DOMException("", name).code)`);
});

test("what a listener throws is logged, and the next one is called", async () => {
  using stand = new LaneStand(`requestFilter() {
    const target = new EventTarget(); let n = 0;
    target.addEventListener("a", () => { throw new TypeError("mine"); });
    target.addEventListener("a", {});
    target.addEventListener("a", () => n++);
    target.dispatchEvent(new Event("a"));
    reportError(new RangeError("told"));
    return new Response("" + n);
  }`);
  const outcome = await stand.run(stand.exchange(), CHAIN.request);
  assert.equal(answerText(outcome), "1");
  const [first, second, third] = stand.messages();
  assert.match(first ?? "", /^uncaught: TypeError: mine/);
  assert.match(second ?? "", /handleEvent is not a function/);
  assert.match(third ?? "", /^uncaught: RangeError: told/);
});

test("a signal that was listened to once is not kept by the one it was made of", async () => {
  const grown = await inside(
    `(() => { const before = long.signal;
    for (let i = 0; i < 30_000; i++) {
      const any = AbortSignal.any([before, new AbortController().signal]);
      const listener = () => {}; any.addEventListener("abort", listener);
      any.payload = new Uint8Array(4096);
      any.removeEventListener("abort", listener);
    }
    return before.aborted })()`,
    "const long = new AbortController();",
  );
  // 120 MB in an isolate of 64: the memory limit would have ended it
  assert.equal(grown, false);
});

test("an interval repeats until it is cleared, by either name", async () => {
  const seen = await inside(`new Promise((resolve) => { let n = 0;
    const id = setInterval((a, b) => { n++; if (n < 3) return;
      clearInterval(id); setTimeout(() => resolve([n, a, b, typeof id]), 10); }, 1, "a", "b"); })`);
  assert.deepEqual(seen, [3, "a", "b", "number"]);
  const once = await inside(`new Promise((resolve) => { let n = 0;
    const id = setInterval(() => { n++; clearTimeout(id);
      setTimeout(() => resolve(n), 10) }, 1) })`);
  assert.equal(once, 1);
});

test("an interval whose function throws goes on, and ends with its hook", async () => {
  using stand = new LaneStand(`async requestFilter() {
    let n = 0;
    await new Promise((done) => {
      setInterval(() => { if (++n > 2) done(); throw new Error("tick " + n); }, 1);
    });
    return new Response(String(n > 1));
  }`);
  const outcome = await stand.run(stand.exchange(), CHAIN.request);
  assert.equal(answerText(outcome), "true");
  assert.ok(stand.messages().some((line) => line.startsWith("uncaught: Error: tick 2")));
  const ticks = stand.messages().length;
  await stand.run(stand.exchange(), CHAIN.request);
  assert.ok(ticks > 1);
});

test("scheduler.wait waits, and a signal ends it", async () => {
  const seen = await inside(`(async () => {
    let isLater = false; setTimeout(() => { isLater = true; }, 4);
    const nothing = await scheduler.wait(5); const waited = isLater;
    const ends = new AbortController(); setTimeout(() => ends.abort("why"), 1);
    const why = await scheduler.wait(60_000, { signal: ends.signal }).catch((reason) => reason);
    const at = await scheduler.wait(60_000, { signal: AbortSignal.abort(7) }).catch((r) => r);
    const wrong = await scheduler.wait(1, { signal: {} }).catch((error) => error.name);
    return [nothing === undefined, waited, why, at, wrong] })()`);
  assert.deepEqual(seen, [true, true, "why", 7, "TypeError"]);
});

test("self is the global object, and navigator names Sluice and nothing else", async () => {
  const seen = await inside(`[self === globalThis, self.self === self, navigator.userAgent,
    Object.keys(navigator), Object.isFrozen(navigator)]`);
  assert.deepEqual(seen, [true, true, "Sluice", ["userAgent"], true]);
});
