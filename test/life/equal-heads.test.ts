// Requests and responses whose heads are equal byte for byte, many at a time: what is read once of
// such a head is used for all of them, so none may find in it what was done for another.

import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { answerOf, Http2Client } from "./http2-client.ts";
import { laneOf } from "./lane.ts";
import { TestProxy } from "./proxy.ts";
import { answering, RawOrigin, type RequestText } from "./raw-origin.ts";

const HEAD =
  "HTTP/1.1 200 OK\r\nServer: one\r\nDate: Sun, 22 Nov 2026 21:00:00 GMT\r\n" +
  "Set-Cookie: a=b; Domain=origin.test\r\nX-Request-Id: origins\r\n" +
  "Connection: x-hop\r\nX-Hop: 1\r\nContent-Length: 128\r\n\r\n";

/** Half of its requests wait between the others, and have other edits. */
const SCRIPT = `import { definePhases } from "sluice";
const isOdd = (id) => id.charCodeAt(id.length - 1) % 2 === 1;
const wait = (id) => isOdd(id) ? new Promise((done) => setTimeout(done, 1)) : undefined;
export default definePhases({
  newCtx: () => ({ id: "" }),
  async requestFilter({ id, request }, ctx) {
    ctx.id = id;
    await wait(id);
    request.headers.set("x-turn", id);
  },
  async responseFilter({ response }, { id }) {
    await wait(id);
    response.headers.append("set-cookie", "own=" + id);
    response.headers.set("x-turn", id);
    if (!isOdd(id)) return;
    response.status = 203;
    response.headers.delete("server");
  },
});`;

const origin = await RawOrigin.start(answering(answerTo));
const own = { upstreams: { main: { peers: [origin.address] } }, defaultUpstream: "main" };
const script = { script: "main.ts", ...laneOf({ script: "main.ts" }) };
const edits = { rewriteCookies: true, headers: { response: { set: { "X-Set": "1" } } } };
const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT },
  config: {
    listeners: [{ address: "127.0.0.1:0", http2: true }],
    tenants: {
      plain: { ...own, hosts: ["plain.example"] },
      edited: { ...own, hosts: ["edited.example"], ...edits },
      hooked: { ...own, hosts: ["hooked.example"], ...script },
    },
  },
});
for (const one of [proxy, origin]) after(() => one[Symbol.asyncDispose]());

/** Equal heads; the body says what came of the request. */
function answerTo({ lines, body }: RequestText): string {
  const said = (name: string): string =>
    lines.find((line) => line.toLowerCase().startsWith(name))?.slice(name.length) ?? "none";
  const told = `${said("x-request-id: ")} ${said("x-turn: ")} ${body}`;
  return lines[0]?.startsWith("HEAD ") ? HEAD : HEAD + told.padEnd(128);
}

const TENANTS = ["plain", "edited", "hooked"] as const;
type Tenant = (typeof TENANTS)[number];

interface Asked {
  readonly tenant: Tenant;
  readonly method: string;
  /** Empty: none. */
  readonly body: string;
}

interface Came {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** All that the answer must be, by its id. */
function expected({ tenant, method, body }: Asked, id: string): Came {
  const isHooked = tenant === "hooked";
  const isOdd = isHooked && id.charCodeAt(id.length - 1) % 2 === 1;
  const cookie = tenant === "edited" ? "a=b" : "a=b; Domain=origin.test";
  const told = `${id} ${isHooked ? id : "none"} ${body}`.padEnd(128);
  return {
    status: isOdd ? 203 : 200,
    headers: {
      ...(isOdd ? {} : { server: "one" }),
      date: "Sun, 22 Nov 2026 21:00:00 GMT",
      "set-cookie": isHooked ? [cookie, `own=${id}`] : [cookie],
      "content-length": "128",
      ...(isHooked ? { "x-turn": id } : {}),
      ...(tenant === "edited" ? { "x-set": "1" } : {}),
      "x-request-id": id,
    },
    body: method === "HEAD" ? "" : told,
  };
}

/** So many are under way at once, and so often. */
const REQUESTS = 48;
const ROUNDS = 8;

async function asksMany(ask: (asked: Asked) => Promise<Came>): Promise<void> {
  const ids = new Set<unknown>();
  const one = async (asked: Asked): Promise<void> => {
    const { status, headers, body } = await ask(asked);
    const id = headers["x-request-id"];
    assert.ok(typeof id === "string");
    const given = Object.entries(headers).filter(([name]) => name !== ":status");
    const came = { status, headers: Object.fromEntries(given), body };
    assert.deepEqual(came, expected(asked, id));
    ids.add(id);
  };
  for (let round = 0; round < ROUNDS; round++) {
    const asked = Array.from({ length: REQUESTS }, (_, at): Asked => {
      const tenant = TENANTS[at % 3] ?? "plain";
      if (at % 12 === 5) return { tenant, method: "HEAD", body: "" };
      if (at % 12 < 9) return { tenant, method: "GET", body: "" };
      return { tenant, method: "POST", body: `${1_000 + round * REQUESTS + at}` };
    });
    await Promise.all(asked.map(one));
  }
  assert.equal(ids.size, ROUNDS * REQUESTS);
}

const lengthOf = (body: string): OutgoingHttpHeaders =>
  body === "" ? {} : { "content-length": `${body.length}` };

test("on HTTP/1.1 each of many equal requests gets its own of many equal responses", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  await asksMany(async ({ tenant, method, body }) => {
    const { host, port } = proxy;
    const headers = { host: `${tenant}.example`, ...lengthOf(body) };
    const asked = request({ host, port, agent, method, headers }).end(body);
    const [answer]: IncomingMessage[] = await once(asked, "response");
    assert.ok(answer !== undefined);
    return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
  });
  agent.destroy();
});

test("on HTTP/2 each of many equal requests gets its own of many equal responses", async () => {
  await using plain = await Http2Client.to(proxy.url);
  await using edited = await Http2Client.to(proxy.url);
  await using hooked = await Http2Client.to(proxy.url);
  const clients = { plain, edited, hooked };
  await asksMany(({ tenant, method, body }) => {
    const line = { ":authority": `${tenant}.example`, ":method": method };
    const head = { ...line, ...lengthOf(body) };
    const stream = clients[tenant].session.request(head, { endStream: body === "" });
    if (body !== "") stream.end(body);
    return answerOf(stream);
  });
});
