// session.waitUntil: what a hook leaves behind its result goes on, and ends in time.

import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { after, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { bothLanes } from "./fetch-stand.ts";
import { httpOrigin } from "./http-origin.ts";
import { RawClient } from "./raw-client.ts";

const seen: string[] = [];
const origin = await httpOrigin(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  seen.push(`${request.method} ${request.url} ${body}`);
  if (request.url === "/body" || request.url === "/held") {
    held.set(request.url, response);
    response.write("begun ");
  } else if (request.url !== "/silent") response.end("ok");
});
after(() => origin[Symbol.asyncDispose]());
/** Answers that go on until a test ends them, by URL. */
const held = new Map<string, ServerResponse>();

const SCRIPT = `import { definePhases, log } from "sluice";
const at = (path) => "http://${origin.address}" + path;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
async function later(target) {
  await sleep(30);
  const response = await fetch(at(target), { method: "POST", body: "booked" });
  log.info("later " + target + " " + await response.text());
}
export default definePhases({
  async requestFilter(session) {
    const { target } = session.request;
    if (target === "/long") {
      const answer = await fetch(at("/held"));
      session.waitUntil(answer.text().then((text) => log.info("later " + text)));
      return await fetch(at("/body"));
    }
    if (target.startsWith("/left")) {
      session.waitUntil(later(target));
      return await fetch(at("/body"));
    }
    if (target === "/plain") return new Response("plain");
    if (target === "/throws") session.waitUntil(Promise.reject(new Error("in the background")));
    else if (target === "/silent") session.waitUntil(fetch(at("/silent")).catch((e) => log.info(e.name)));
    else if (target === "/loop") session.waitUntil(sleep(1).then(() => { for (;;); }));
    else session.waitUntil(later(target));
    return new Response("answered");
  },
  logging(session) {
    log.info("logged " + session.request.target);
    if (session.request.target.startsWith("/log")) session.waitUntil(later("/from-logging"));
  },
});`;

/** Longer than a busy machine keeps what is left behind from asking; a test waits for it. */
const tenant = { limits: { waitUntilMs: 4_000, hookMs: 100 } };

for (const [lane, stand] of await bothLanes({ script: SCRIPT, tenant })) {
  after(() => stand[Symbol.asyncDispose]());
  const line = async (pattern: RegExp): Promise<void> => {
    await stand.proxy.waitFor(({ msg = "" }) => pattern.test(msg));
  };

  test(`${lane}: the client has its answer, and the rest goes on`, async () => {
    const target = `/booked-${lane}`;
    assert.equal((await stand.get(target)).body, "answered");
    await line(new RegExp(`^later ${target} ok$`));
    assert.ok(seen.includes(`POST ${target} booked`));
    const logged = stand.proxy.lines.filter(({ msg }) => msg === `logged ${target}`);
    assert.equal(logged.length, 1);
  });

  test(`${lane}: what the logging hook leaves goes on, too`, async () => {
    await stand.get("/log");
    await line(/^later \/from-logging ok$/);
  });

  test(`${lane}: what it rejects with is logged`, async () => {
    assert.equal((await stand.get("/throws")).body, "answered");
    await line(/in the background/);
  });

  test(`${lane}: it is cut off after its time, which begins when the answer is out`, async () => {
    await using long = await RawClient.to(stand.proxy.port);
    long.send("GET /long HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n");
    while (!long.text.includes("begun")) await setImmediate();

    assert.equal((await stand.get("/silent")).body, "answered");
    await line(/^waitUntil: cut off after 4000 ms \(limits\.waitUntilMs\)$/);
    await line(/^AbortError$/);

    // as long has passed for the other, whose answer goes on
    held.get("/body")?.end("ended");
    assert.equal((await long.response()).body, "begun ended");
    held.get("/held")?.end("booked");
    await line(/^later begun booked$/);
    assert.equal(stand.proxy.lines.filter(({ msg }) => msg?.includes("cut off")).length, 1);
  });

  test(`${lane}: a client that leaves in mid-answer ends that, and not the rest`, async () => {
    const target = `/left-${lane}`;
    const client = await RawClient.to(stand.proxy.port);
    client.send(`GET ${target} HTTP/1.1\r\nHost: a.example\r\n\r\n`);
    while (!client.text.includes("begun")) await setImmediate();
    client.socket.resetAndDestroy();
    while (held.get("/body")?.destroyed !== true) await setImmediate();
    await line(new RegExp(`^later ${target} ok$`));
    await line(new RegExp(`^logged ${target}$`));
    const logged = stand.proxy.lines.filter(({ msg }) => msg === `logged ${target}`);
    assert.equal(logged.length, 1);
  });

  test(`${lane}: a loop in it ends with its isolate, and the next request is served`, async () => {
    assert.equal((await stand.get("/loop")).body, "answered");
    await line(/^isolate replaced: /);
    assert.equal((await stand.get("/plain")).body, "plain");
  });
}
