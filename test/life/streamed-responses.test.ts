// A Response over a stream of the script's own: it reaches the client as it is made, at the client's
// pace, and what ends it is the truth to the client. Bodies of fetches come in as such streams.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { bothLanes, type FetchStand } from "./fetch-stand.ts";
import { RawClient, values } from "./raw-client.ts";
import { ToldOrigin, until } from "./told-origin.ts";

/** More than all buffers of the system on the way hold. */
const LARGE_BYTES = 48 * 2 ** 20;

/** Longer than a busy machine keeps what is left behind from asking; two tests wait for it. */
const WAIT_UNTIL_MS = 4_000;

const origin = await ToldOrigin.start((one) => {
  if (one.request.url?.startsWith("/large") === true) void one.flood(LARGE_BYTES);
  if (one.request.method === "POST") one.request.once("end", () => one.response.end());
});
after(() => origin[Symbol.asyncDispose]());

const SCRIPT = `import { definePhases, log } from "sluice";
const at = (path) => fetch("http://${origin.address}" + path);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const bytes = (text) => new TextEncoder().encode(text);
const upper = () => new TransformStream({ transform(chunk, c) {
  c.enqueue(bytes(new TextDecoder().decode(chunk).toUpperCase())); } });
const told = (target) => ({
  cancel({ name }) { log.info("cancelled " + target + " " + name); } });
export default definePhases({
  async requestFilter(session) {
    const { target } = session.request;
    const [, how] = target.split("/");
    if (how === "loop") for (;;);
    if (how === "upper") return new Response((await at(target)).body.pipeThrough(upper()));
    if (how === "large") {
      const { body } = await at(target);
      return new Response(body.pipeThrough(new TransformStream()), { headers: { "x-own": "1" } });
    }
    if (how === "events") {
      let n = 0;
      return new Response(new ReadableStream({ async pull(c) {
        await sleep(10);
        if (++n > 3) c.close(); else c.enqueue(bytes("data: " + n + "\\n\\n"));
      } }), { headers: { "content-type": "text/event-stream" } });
    }
    if (how === "fails") {
      let n = 0;
      return new Response(new ReadableStream({ pull(c) {
        if (n++ > 0) throw new RangeError("my own"); c.enqueue(bytes("begun")); } }));
    }
    if (how === "silent") {
      const start = (c) => c.enqueue(bytes("begun"));
      return new Response(new ReadableStream({ start, ...told(target) }));
    }
    if (how === "booked") {
      const reader = (await at(target)).body.getReader();
      const { promise, resolve } = Promise.withResolvers();
      const body = new ReadableStream({
        async pull(c) {
          const { done, value } = await reader.read();
          if (!done) return c.enqueue(value);
          c.close();
          resolve("whole");
        },
        cancel() { reader.cancel(); resolve("left"); },
      });
      session.waitUntil(promise.then((end) =>
        fetch("http://${origin.address}/books" + target, { method: "POST", body: end })));
      return new Response(body);
    }
    if (how === "count") {
      let count = 0;
      for await (const chunk of (await at(target)).body) count += chunk.length;
      return new Response(String(count));
    }
    if (how === "cancel") {
      const reader = (await at(target)).body.getReader();
      const { value } = await reader.read();
      await reader.cancel();
      return new Response(String(value.length > 0));
    }
    if (how === "first") {
      const reader = (await at(target)).body.getReader();
      await reader.read();
      await sleep(400);
      return new Response("first");
    }
    if (how === "both") {
      const one = await at(target);
      const other = one.clone();
      const texts = await Promise.all([one.text(), new Response(other.body).text()]);
      return new Response(texts.join(" "));
    }
  },
  logging({ request }) { log.info("logged " + request.target); },
});`;

const tenant = {
  limits: {
    hookWallMs: 6_000,
    hookMs: 200,
    waitUntilMs: WAIT_UNTIL_MS,
    bufferedBodyBytes: 2 ** 20,
  },
};

async function ask(stand: FetchStand, target: string): Promise<RawClient> {
  const client = await RawClient.to(stand.proxy.port);
  return client.send(`GET ${target} HTTP/1.1\r\nHost: a.example\r\n\r\n`);
}

for (const [lane, stand] of await bothLanes({ script: SCRIPT, tenant })) {
  after(() => stand[Symbol.asyncDispose]());
  const logged = (text: string) => stand.proxy.waitFor(({ msg }) => msg === text);

  test(`${lane}: each piece of a transformed body reaches the client when it comes`, async () => {
    await using client = await ask(stand, `/upper/${lane}`);
    const one = await origin.asked(`/upper/${lane}`);
    for (const word of ["first", "second", "third"]) {
      one.response.write(word);
      await client.until(() => client.text.includes(word.toUpperCase()), word);
    }
    one.response.end();
    assert.equal((await client.response()).body, "FIRSTSECONDTHIRD");
    await logged(`logged /upper/${lane}`);
  });

  test(`${lane}: events that a script makes by hand are an answer, and its connection goes on`, async () => {
    await using client = await ask(stand, "/events");
    const answer = await client.response();
    assert.equal(answer.body, "data: 1\n\ndata: 2\n\ndata: 3\n\n");
    assert.deepEqual(values(answer, "content-type"), ["text/event-stream"]);
    client.send("HEAD /events HTTP/1.1\r\nHost: a.example\r\n\r\n");
    assert.equal((await client.response("HEAD")).status, 200);
    client.send("GET /events HTTP/1.1\r\nHost: a.example\r\n\r\n");
    assert.match((await client.response()).body, /^data: 1/);
  });

  test(`${lane}: a client that does not read makes the origin wait, through the script`, async () => {
    await using client = await ask(stand, `/large/${lane}`);
    client.socket.pause();
    const one = await origin.asked(`/large/${lane}`);
    assert.ok((await one.comesToRest()) < LARGE_BYTES, `${one.sent} bytes`);
    const rest = one.sent;
    client.socket.resume();
    await until(() => one.sent >= Math.min(LARGE_BYTES, rest + 2 ** 20));
  });

  test(`${lane}: a client that leaves ends the stream, and its origin's, and is logged once`, async () => {
    await using client = await ask(stand, `/upper/gone-${lane}`);
    const one = await origin.asked(`/upper/gone-${lane}`);
    one.response.write("first");
    await client.until(() => client.text.includes("FIRST"), "first piece");
    client.socket.resetAndDestroy();
    await until(() => one.isClosed);
    await logged(`logged /upper/gone-${lane}`);
    const lines = stand.proxy.lines.filter(({ msg }) => msg === `logged /upper/gone-${lane}`);
    assert.equal(lines.length, 1);
  });

  test(`${lane}: what is left behind a stream has its time after the end of that`, async () => {
    await using client = await ask(stand, `/booked/${lane}`);
    const one = await origin.asked(`/booked/${lane}`);
    const endMs = performance.now() + WAIT_UNTIL_MS + 200;
    while (performance.now() < endMs) {
      const before = client.received;
      one.response.write("piece,");
      await client.until(() => client.received > before, "next piece");
      await sleep(20);
    }
    one.response.end();
    assert.match((await client.response()).body, /^(?:piece,)+$/);
    const book = await origin.asked(`/books/booked/${lane}`);
    await until(() => book.received === "whole");
  });

  test(`${lane}: what is left behind a client that goes is done, and logged once`, async () => {
    await using client = await ask(stand, `/booked/gone-${lane}`);
    const one = await origin.asked(`/booked/gone-${lane}`);
    one.response.write("first");
    await client.until(() => client.text.includes("first"), "first piece");
    client.socket.resetAndDestroy();
    const book = await origin.asked(`/books/booked/gone-${lane}`);
    await until(() => book.received === "left" && one.isClosed);
    await logged(`logged /booked/gone-${lane}`);
    assert.equal(
      stand.proxy.lines.filter(({ msg }) => msg === `logged /booked/gone-${lane}`).length,
      1,
    );
  });

  test(`${lane}: a stream that fails breaks the answer off`, async () => {
    await assert.rejects(stand.get("/fails"), /closed before whole response; got .*begun/);
    await stand.proxy.waitFor(({ error }) => error === "script_error");
    await stand.proxy.waitFor(({ msg = "" }) => /^uncaught: RangeError: my own/.test(msg));
  });

  test(`${lane}: a stream that gives nothing for too long is cancelled, and broken off`, async () => {
    await assert.rejects(stand.get(`/silent/${lane}`), /closed before whole response; got .*begun/);
    await stand.proxy.waitFor(({ error }) => error === "script_timeout");
    await logged(`cancelled /silent/${lane} AbortError`);
  });

  test(`${lane}: an isolate that dies breaks off what it streams`, async () => {
    await using client = await ask(stand, `/upper/killed-${lane}`);
    const one = await origin.asked(`/upper/killed-${lane}`);
    one.response.write("first");
    await client.until(() => client.text.includes("FIRST"), "first piece");
    assert.match((await stand.get("/loop")).body, /script_timeout/);
    await client.closed();
    assert.doesNotMatch(client.text, /\r\n0\r\n/);
    await until(() => one.isClosed);
    await stand.proxy.waitFor(({ error }) => error === "script_lost" || error === "cell_lost");
  });

  test(`${lane}: a script counts a body that is larger than it may have whole`, async () => {
    const asking = stand.get(`/count/${lane}`);
    await (await origin.asked(`/count/${lane}`)).flood(4 * 2 ** 20);
    assert.equal((await asking).body, `${4 * 2 ** 20}`);
  });

  test(`${lane}: an origin waits for a script that reads slowly`, async () => {
    const asking = stand.get(`/first/${lane}`);
    const one = await origin.asked(`/first/${lane}`);
    void one.flood(LARGE_BYTES);
    assert.equal((await asking).body, "first");
    assert.ok(one.sent < LARGE_BYTES, `${one.sent} bytes`);
    await until(() => one.isClosed);
  });

  test(`${lane}: a script that cancels a body closes its connection`, async () => {
    const asking = stand.get(`/cancel/${lane}`);
    const one = await origin.asked(`/cancel/${lane}`);
    one.response.write("first");
    await until(() => one.isClosed);
    assert.equal((await asking).body, "true");
  });

  test(`${lane}: a response and its copy both have all of it`, async () => {
    const asking = stand.get(`/both/${lane}`);
    const one = await origin.asked(`/both/${lane}`);
    one.response.write("all ");
    one.response.end("of it");
    assert.equal((await asking).body, "all of it all of it");
  });
}
