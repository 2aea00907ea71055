// When pages ask whose API does not answer for a minute: 30 of them, each with a stream and three
// things to ask for. It is the pages' own code, with a clock of the test's; one after the other, as
// each has a process of its own.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";

const TABS = 30;
const PARTS = ["/status", "/series", "/audit"];
const DOWN_MS = 60_000;
const AWAY_MS = 125_000;
const STEP_MS = 100;
const SECOND_MS = 1_000;
const EVERY_MS = 5_000;

const nothing = (): void => {};
/** As much of a browser as that code needs. */
Object.assign(globalThis, {
  document: {
    ...{ baseURI: "http://127.0.0.1:9090/dashboard/", hidden: false },
    ...{ addEventListener: nothing, removeEventListener: nothing },
  },
  location: { pathname: "/dashboard/" },
  localStorage: { getItem: () => null, setItem: nothing, removeItem: nothing },
});
const from = (name: string) =>
  import(new URL(`../../dashboard/base/${name}.ts`, import.meta.url).href);
const { Poll } = await from("poll");
const { EventStream } = await from("event-stream");
const { downSinceMs } = await from("connection");

/** The same at each run. */
let state = 1;
mock.method(Math, "random", () => {
  state = Math.imul(state, 48_271) >>> 0;
  return state / 2 ** 32;
});

interface Asked {
  readonly path: string;
  readonly atMs: number;
}

/** What one page asks, from when the API goes away until long after it is back. */
async function asksOfTab(): Promise<readonly Asked[]> {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 0 });
  downSinceMs.value = null;
  const asked: Asked[] = [];
  mock.method(globalThis, "fetch", async (url: string) => {
    const { pathname } = new URL(url);
    asked.push({ path: pathname, atMs: Date.now() });
    if (Date.now() < DOWN_MS) throw new TypeError("Failed to fetch");
    if (!pathname.endsWith("/events")) return Response.json({});
    return new Response(new ReadableStream());
  });
  const reader = { events: nothing, state: nothing };
  const open = [
    new EventStream("/events", reader),
    ...PARTS.map((path) => new Poll(path, { everyMs: EVERY_MS, heard: [] }, nothing)),
  ];
  for (let atMs = 0; atMs < AWAY_MS; atMs += STEP_MS) {
    mock.timers.tick(STEP_MS);
    await turn();
  }
  for (const one of open) "stop" in one ? one.stop() : one.close();
  mock.timers.reset();
  return asked;
}

test("pages whose API is down for a minute ask ever more rarely, and do not come back at once", async () => {
  const back: number[] = [];
  for (let tab = 0; tab < TABS; tab++) {
    const asked = await asksOfTab();
    for (const path of ["/events", ...PARTS]) {
      const times = asked.filter((one) => one.path === `/v1${path}`).map(({ atMs }) => atMs);
      const isDown = (atMs: number): boolean => atMs < DOWN_MS;
      assert.ok(times.filter(isDown).length <= 10, `${path}: ${times.join(" ")}`);
      const first = times.find((atMs) => !isDown(atMs));
      assert.ok(first !== undefined, `${path} never came back: ${times.join(" ")}`);
      back.push(first);
    }
  }
  const bySecond = Map.groupBy(back, (atMs) => Math.floor(atMs / SECOND_MS));
  const most = Math.max(...[...bySecond.values()].map(({ length }) => length));
  assert.ok(most <= back.length / 4, `${most} of ${back.length} in one second`);
  const overMs = Math.max(...back) - Math.min(...back);
  assert.ok(overMs > 10_000, `they come within ${overMs} ms`);
});

test("a stream that has said nothing for three heartbeats is opened anew", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 0 });
  const asked: number[] = [];
  mock.method(globalThis, "fetch", async (_url: string, { signal }: RequestInit) => {
    asked.push(Date.now());
    const { readable, writable } = new TransformStream<Uint8Array>();
    const writer = writable.getWriter();
    // it lives for a while, and then its connection is no more, of which nobody hears
    void writer.write(new TextEncoder().encode(": still here\n\n"));
    signal?.addEventListener("abort", () => void writer.abort());
    return new Response(readable);
  });
  const stream = new EventStream("/events", { events: nothing, state: nothing });
  for (let atMs = 0; atMs < 2 * DOWN_MS; atMs += STEP_MS) {
    mock.timers.tick(STEP_MS);
    await turn();
  }
  stream.close();
  mock.timers.reset();
  assert.equal(asked.length, 3, asked.join(" "));
});
