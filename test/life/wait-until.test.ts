// session.waitUntil: what a hook leaves behind its result goes on, and ends in time.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { bothLanes } from "./fetch-stand.ts";
import { httpOrigin } from "./http-origin.ts";

const seen: string[] = [];
const origin = await httpOrigin(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  seen.push(`${request.method} ${request.url} ${body}`);
  if (request.url !== "/silent") response.end("ok");
});
after(() => origin[Symbol.asyncDispose]());

const SCRIPT = `import { definePhases, log } from "sluice";
const at = (path) => "http://${origin.address}" + path;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
async function later(target) {
  await sleep(30);
  const response = await fetch(at(target), { method: "POST", body: "booked" });
  log.info("later " + target + " " + await response.text());
}
export default definePhases({
  requestFilter(session) {
    const { target } = session.request;
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

const tenant = { limits: { waitUntilMs: 500, hookMs: 100 } };

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

  test(`${lane}: it is cut off after its time, which is said once, and told inside`, async () => {
    assert.equal((await stand.get("/silent")).body, "answered");
    await line(/^waitUntil: cut off after 500 ms \(limits\.waitUntilMs\)$/);
    await line(/^AbortError$/);
  });

  test(`${lane}: a loop in it ends with its isolate, and the next request is served`, async () => {
    assert.equal((await stand.get("/loop")).body, "answered");
    await line(/^isolate replaced: /);
    assert.equal((await stand.get("/plain")).body, "plain");
  });
}
