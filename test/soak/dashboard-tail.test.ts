// The live tail at a thousand lines a second: how long the page works for a frame beside an empty
// page of the same browser, and whether its memory stays level once it has as many lines as it
// keeps. TAIL_MINUTES=2 makes it short.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { get, open, proxy, skip } from "../dashboard/stand.ts";
import { deploy, TOKEN } from "../life/control.ts";

const MINUTES = Number(process.env.TAIL_MINUTES ?? 10);
const LINES_OF_REQUEST = 20;
const REQUESTS_PER_SECOND = 50;
const FRAME_MS_MAX = 16;
/** Until the page has as many lines as it keeps, drawn or not, and more. */
const FILLED_MS = 30_000;
/** How long the empty page is watched, and between two looks at the heap. */
const LOOK_MS = 10_000;
/** Of the page's heap, between when it was full and the end. */
const GROWTH_MAX = 1.2;

const TALKS = `import { definePhases, log } from "sluice";
export default definePhases({
  requestFilter() {
    for (let i = 1; i < ${LINES_OF_REQUEST}; i++) log.info("line " + i + " of " + Math.random());
  },
});
`;

/** From the start of a frame until it is drawn and the page is free again. */
const WATCH_FRAMES = `window.frames = [];
const { port1, port2 } = new MessageChannel();
let startMs = 0;
port1.onmessage = () => window.frames.push(performance.now() - startMs);
const watch = () => requestAnimationFrame(() => {
  startMs = performance.now();
  port2.postMessage(null);
  watch();
});
watch();`;

/** Visitors for so long, as many a second whatever it takes to answer them. */
async function visit(forMs: number): Promise<void> {
  const until = performance.now() + forMs;
  const everyMs = 1_000 / REQUESTS_PER_SECOND;
  let dueMs = performance.now();
  const under: Promise<unknown>[] = [];
  while (performance.now() < until) {
    under.push(get("/").then((response) => response.arrayBuffer()));
    if (under.length > REQUESTS_PER_SECOND) await Promise.all(under.splice(0));
    dueMs += everyMs;
    await sleep(Math.max(0, dueMs - performance.now()));
  }
  await Promise.all(under);
}

async function heapMiB(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize / 2 ** 20;
}

/** So many in a hundred were shorter. */
async function quantilesOf(page: Page): Promise<(share: number) => number> {
  const frames = await page.evaluate<number[]>("window.frames.sort((one, two) => one - two)");
  assert.ok(frames.length > 0);
  return (share) => frames[Math.floor(frames.length * share)] ?? 0;
}

/** What drawing costs this browser here, under the same load, when there is nothing to draw. */
async function emptyPage(page: Page): Promise<number> {
  const empty = await page.context().newPage();
  await empty.evaluate(WATCH_FRAMES);
  await visit(LOOK_MS);
  const p95 = (await quantilesOf(empty))(0.95);
  await empty.close();
  return p95;
}

test("a thousand lines a second", { skip, timeout: (MINUTES + 5) * 60_000 }, async (t) => {
  const made = await deploy(proxy, TALKS);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  await using desk = await open();
  const { page } = desk;
  const floor = await emptyPage(page);
  await desk.logIn(TOKEN);
  await desk.go("tail");
  await page.getByText("live, 0 lines").waitFor();
  await page.evaluate(WATCH_FRAMES);
  const heaps: number[] = [];
  await visit(FILLED_MS);
  for (let leftMs = MINUTES * 60_000 - FILLED_MS; leftMs > 0; leftMs -= LOOK_MS) {
    heaps.push(await heapMiB(page));
    await visit(LOOK_MS);
  }
  heaps.push(await heapMiB(page));
  const at = await quantilesOf(page);
  const text = await page.locator(".live").innerText();
  t.diagnostic(
    `p50 ${at(0.5).toFixed(1)} ms, p95 ${at(0.95).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms; ` +
      `empty page p95 ${floor.toFixed(1)} ms; ` +
      `heap ${heaps.map((one) => one.toFixed(1)).join(" ")} MiB; ${text}`,
  );
  await page.getByText("10,000 lines").waitFor();
  assert.ok(
    at(0.95) - floor < FRAME_MS_MAX,
    `${at(0.95)} ms a frame, ${floor} ms of an empty page`,
  );
  const [first = 0] = heaps;
  const last = heaps.at(-1) ?? 0;
  assert.ok(last <= first * GROWTH_MAX, `from ${first} to ${last} MiB`);
  assert.deepEqual(desk.complaints, []);
});
