// The live tail at a thousand lines a second: how long the page works for a frame, and whether its
// memory stays level once it has as many lines as it keeps.

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
/** Of the page's heap, between its first full minute and its last. */
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

async function visit(until: number): Promise<void> {
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

test("a thousand lines a second", { skip, timeout: (MINUTES + 5) * 60_000 }, async (t) => {
  const made = await deploy(proxy, TALKS);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  await using desk = await open();
  const { page } = desk;
  await desk.logIn(TOKEN);
  await desk.go("tail");
  await page.getByText("live, 0 lines").waitFor();
  await page.evaluate(WATCH_FRAMES);
  const startMs = performance.now();
  const heaps: number[] = [];
  for (let minute = 1; minute <= MINUTES; minute++) {
    await visit(startMs + minute * 60_000);
    heaps.push(await heapMiB(page));
  }
  const frames = await page.evaluate<number[]>("window.frames.sort((one, two) => one - two)");
  const at = (share: number) => frames[Math.floor(frames.length * share)] ?? 0;
  const text = await page.locator(".live").innerText();
  t.diagnostic(
    `${frames.length} frames, p50 ${at(0.5).toFixed(1)} ms, p95 ${at(0.95).toFixed(1)} ms, ` +
      `heap ${heaps.map((one) => one.toFixed(1)).join(" ")} MiB, ${text}`,
  );
  await page.getByText("10,000 lines").waitFor();
  assert.ok(at(0.95) < FRAME_MS_MAX, `${at(0.95)} ms a frame`);
  const [first = 0] = heaps;
  const last = heaps.at(-1) ?? 0;
  assert.ok(last <= first * GROWTH_MAX, `from ${first} to ${last} MiB`);
  assert.deepEqual(desk.complaints, []);
});
