// Two clients at once in one isolate: what one of them is answered, reads or leaves behind is
// nothing to the other, and what they share by the script's own doing ends for both, not for later
// ones.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { bothLanes, type FetchStand } from "./fetch-stand.ts";
import { RawClient } from "./raw-client.ts";
import { ToldOrigin, type ToldRequest, until } from "./told-origin.ts";

/** More than a copy may be behind. */
const AHEAD_BYTES = 20 * 2 ** 20;

const origin = await ToldOrigin.start((one) => {
  if (one.request.url?.startsWith("/behind") === true) void one.flood(AHEAD_BYTES);
});
after(() => origin[Symbol.asyncDispose]());

const SCRIPT = `import { definePhases, log } from "sluice";
const at = (path) => fetch("http://${origin.address}" + path);
const upper = (target) => new TransformStream({ transform(chunk, c) {
  log.info("piece of " + target);
  c.enqueue(new TextEncoder().encode(new TextDecoder().decode(chunk).toUpperCase())); } });
const told = ({ name, message }) => name + ": " + message;
let shared;
async function share(read) {
  shared ??= read().finally(() => { shared = undefined; });
  try { return new Response(await shared); }
  catch ({ name }) { return new Response(name, { status: 503 }); }
}
export default definePhases({
  async requestFilter({ request }) {
    const { target } = request;
    const [, how, kind] = target.split("/");
    if (how === "upper") return new Response((await at(target)).body.pipeThrough(upper(target)));
    if (how === "behind") {
      const fetched = await at(target);
      const one = kind === "fetched" ? fetched
        : new Response(fetched.body.pipeThrough(new TransformStream()));
      const copy = one.clone();
      let count = 0;
      for await (const chunk of one.body) count += chunk.length;
      return new Response(count + " " + await copy.text().then(() => "whole", told));
    }
    if (how === "returned") {
      const one = await at(target);
      const { value } = await one.clone().body.getReader().read();
      log.info("saw " + new TextDecoder().decode(value));
      return one;
    }
    log.info("shares " + target + " " + request.headers.get("x-who"));
    if (how === "copies") return await share(async () => await (await at(target)).text());
    if (how === "upload") return await share(() => request.text());
  },
  logging({ request }) { log.info("logged " + request.target); },
});`;

const tenant = { limits: { hookWallMs: 20_000, hookMs: 1_000, requestCpuMs: 20_000 } };

async function ask(stand: FetchStand, target: string, more = "\r\n"): Promise<RawClient> {
  const client = await RawClient.to(stand.proxy.port);
  return client.send(`GET ${target} HTTP/1.1\r\nHost: a.example\r\n${more}`);
}

/** Passes a piece on to its client, in capitals. */
async function passes(piece: string, from: ToldRequest, to: RawClient): Promise<void> {
  from.response.write(piece);
  await to.until(() => to.text.includes(piece.toUpperCase()), piece);
}

for (const [lane, stand] of await bothLanes({ script: SCRIPT, tenant })) {
  after(() => stand[Symbol.asyncDispose]());

  const two = async (name: string) => {
    const targets = [`/upper/${name}-one-${lane}`, `/upper/${name}-two-${lane}`] as const;
    const [one, other] = await Promise.all(targets.map((target) => ask(stand, target)));
    const [first, second] = await Promise.all(targets.map((target) => origin.asked(target)));
    assert.ok(one && other && first && second);
    return { targets, one, other, first, second };
  };

  test(`${lane}: two streams at once carry their own pieces, and are billed to their own requests`, async () => {
    const { targets, one, other, first, second } = await two("own");
    await using _one = one;
    await using _other = other;
    for (const round of ["1", "2", "3"]) {
      await passes(`one${round},`, first, one);
      await passes(`two${round},`, second, other);
    }
    first.response.end();
    second.response.end();
    assert.equal((await one.response()).body, "ONE1,ONE2,ONE3,");
    assert.equal((await other.response()).body, "TWO1,TWO2,TWO3,");
    for (const target of targets) {
      await stand.proxy.waitFor(({ msg }) => msg === `logged ${target}`);
    }
    const ids = targets.map((target) => {
      const lines = stand.proxy.lines.filter(({ msg }) => msg === `piece of ${target}`);
      return [...new Set(lines.map(({ id }) => id))];
    });
    assert.deepEqual(
      ids.map(({ length }) => length),
      [1, 1],
    );
    assert.notDeepEqual(ids[0], ids[1]);
  });

  test(`${lane}: one client leaves, and the other's stream goes on to its end`, async () => {
    const { targets, one, other, first, second } = await two("left");
    await using _other = other;
    await passes("begun,", first, one);
    await passes("begun,", second, other);
    one.socket.resetAndDestroy();
    await until(() => first.isClosed);
    await stand.proxy.waitFor(({ msg }) => msg === `logged ${targets[0]}`);
    await passes("more,", second, other);
    assert.equal(second.isClosed, false);
    second.response.end("end");
    assert.equal((await other.response()).body, "BEGUN,MORE,END");
  });

  for (const kind of ["fetched", "streamed"]) {
    test(`${lane}: a copy of a ${kind} body that nobody reads falls behind and fails, alone`, async () => {
      await using other = await ask(stand, `/upper/beside-${kind}-${lane}`);
      const second = await origin.asked(`/upper/beside-${kind}-${lane}`);
      await passes("begun,", second, other);
      const { body } = await stand.get(`/behind/${kind}/${lane}`);
      const why = "TypeError: the other copy of this body was read over 16777216 bytes ahead of it";
      assert.equal(body, `${AHEAD_BYTES} ${why}`);
      second.response.end("end");
      assert.equal((await other.response()).body, "BEGUN,END");
    });
  }

  test(`${lane}: a response whose copy was looked into is an answer, whole`, async () => {
    await using client = await ask(stand, `/returned/${lane}`);
    const one = await origin.asked(`/returned/${lane}`);
    one.response.write("begun,");
    await client.until(() => client.text.includes("begun,"), "first piece");
    await stand.proxy.waitFor(({ msg }) => msg === "saw begun,");
    one.response.end("end");
    assert.equal((await client.response()).body, "begun,end");
  });

  const sharing = async (target: string, more = "\r\n") => {
    const clients: RawClient[] = [];
    for (const [who, rest] of [
      ["first", more],
      ["second", "\r\n"],
    ]) {
      clients.push(await ask(stand, target, `X-Who: ${who}\r\n${rest}`));
      await stand.proxy.waitFor(({ msg }) => msg === `shares ${target} ${who}`);
    }
    return clients;
  };

  test(`${lane}: a body that two read ends for both with the client whose it is, and comes anew`, async () => {
    const target = `/copies/${lane}`;
    const [first, second] = await sharing(target);
    const before = await origin.asked(target);
    before.response.write("begun,");
    first?.socket.resetAndDestroy();
    await until(() => before.isClosed);
    assert.equal((await second?.response())?.body, "AbortError");
    await using third = await ask(stand, target);
    await until(() => origin.requests.get(target) !== before);
    (await origin.asked(target)).response.end("whole");
    assert.equal((await third.response()).body, "whole");
    second?.socket.destroy();
  });

  test(`${lane}: and so does a client's own body`, async () => {
    const [first, second] = await sharing(`/upload/${lane}`, "Content-Length: 8\r\n\r\nbegun");
    first?.socket.resetAndDestroy();
    assert.equal((await second?.response())?.body, "AbortError");
    await using third = await ask(stand, `/upload/${lane}`, "Content-Length: 5\r\n\r\nwhole");
    assert.equal((await third.response()).body, "whole");
    second?.socket.destroy();
  });
}
