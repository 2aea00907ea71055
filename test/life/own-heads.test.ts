// Requests of several tenants, in both lanes, by both protocols, on one thread: heads that are
// equal are read and written once for all of them, and each answer has what is its own request's,
// also while a new version of a script goes live, and beside clients that leave.

import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { constants } from "node:http2";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { answerOf, Http2Client } from "./http2-client.ts";
import { type Asked, type Came, expected, isPlain } from "./own-heads-expected.ts";
import {
  CHANGED,
  KINDS,
  ORIGINS,
  OwnHeadsStand,
  PLAIN,
  SCRIPTED,
  type Tenant,
} from "./own-heads-stand.ts";
import { RawClient } from "./raw-client.ts";

const stand = await OwnHeadsStand.start();
after(() => stand[Symbol.asyncDispose]());
const { proxy } = stand;

type Ask = (asked: Asked) => Promise<Came>;

/** Fields of a connection of HTTP/1.1. */
const FRAMING = new Set(["connection", "keep-alive", "transfer-encoding"]);

/** So many in a row that a block of fields comes again as it is, of indices alone. */
const EQUAL = 4;

/** Every tenant at its origins, each kind; some say who they are, and some are all equal. */
function round(number: number): Asked[] {
  const asked: Asked[] = [];
  const places: [Tenant, string][] = [
    ...SCRIPTED.flatMap((tenant) => ORIGINS.map((at): [Tenant, string] => [tenant, at])),
    ...PLAIN.map((tenant): [Tenant, string] => [tenant, tenant.slice(-1)]),
  ];
  for (const [tenant, origin] of places) {
    for (const kind of KINDS) {
      if (kind === "early" && isPlain(tenant)) continue;
      const path = `/${origin}/${kind}`;
      const own = asked.length % 2 === 0 ? "" : `own-${tenant}-${number}-${asked.length}`;
      asked.push({ tenant, kind, path, method: "GET", own, body: "" });
    }
    const whole = { tenant, kind: "whole", path: `/${origin}/whole`, own: "" } as const;
    const named = { ...whole, kind: "named", path: `/${origin}/named` } as const;
    for (const one of [
      { ...whole, method: "GET", body: "" },
      { ...named, method: "GET", body: "" },
      { ...whole, method: "HEAD", body: "" },
    ]) {
      for (let i = 0; i < EQUAL; i++) asked.push(one);
    }
    asked.push({ ...whole, method: "POST", body: `body of ${tenant} ${number}` });
  }
  return asked;
}

/** Versions that may answer what is asked now. */
type Versions = (tenant: Tenant) => readonly number[];

/** The id of its request. */
function check(asked: Asked, { headers, ...rest }: Came, allowed: readonly number[]): string {
  const id = headers["x-request-id"];
  assert.ok(typeof id === "string");
  const [, version = "0"] = String(headers["x-turn"] ?? "").split(" ");
  const isOurs = (name: string): boolean => name === "date" && asked.kind === "early";
  const kept = Object.entries(headers).filter(([name]) => !FRAMING.has(name) && !isOurs(name));
  const came = { ...rest, headers: Object.fromEntries(kept) };
  assert.deepEqual(came, expected(asked, id, Number(version)), `${asked.path} ${version}`);
  const hasVersion = asked.kind !== "early" && !isPlain(asked.tenant);
  if (hasVersion) assert.ok(allowed.includes(Number(version)), `version ${version}`);
  return id;
}

/** Its id; empty: its answer never came to an end. */
async function isItsOwn(ask: Ask, asked: Asked, versions: Versions): Promise<string> {
  const before = versions(asked.tenant);
  const came = await ask(asked);
  if (asked.kind === "half") return "";
  return check(asked, came, [...before, ...versions(asked.tenant)]);
}

/** Those that are sent in one piece, behind one another on one connection. */
async function areTheirOwn(asked: readonly Asked[], versions: Versions): Promise<string[]> {
  const before = asked.map(({ tenant }) => versions(tenant));
  const came = await byPipeline(asked);
  return asked.map((one, at) => {
    const answer = came[at];
    assert.ok(answer !== undefined);
    return check(one, answer, [...(before[at] ?? []), ...versions(one.tenant)]);
  });
}

const fieldsOf = ({ own, body, method }: Asked): OutgoingHttpHeaders => ({
  te: "trailers",
  ...(own === "" ? {} : { "x-own": own }),
  ...(method === "POST" ? { "content-length": `${body.length}` } : {}),
});

/** On connections that all tenants' requests share. */
function byHttp1(agent: Agent): Ask {
  const { host, port } = proxy;
  return async (asked) => {
    const { tenant, path, method, body, kind } = asked;
    const headers = { host: `${tenant}.example`, ...fieldsOf(asked) };
    const sent = request({ host, port, agent, method, path, headers });
    const hints: unknown[] = [];
    sent.on("information", (hint) => void hints.push(hint.headers["x-hint"]));
    sent.end(body);
    const [answer]: IncomingMessage[] = await once(sent, "response");
    assert.ok(answer !== undefined);
    const { statusCode: status = 0, headers: came } = answer;
    if (kind === "half") answer.on("error", () => {}).destroy();
    const whole = kind === "half" ? "" : await text(answer);
    return { status, headers: came, hints, trailers: { ...answer.trailers }, body: whole };
  };
}

/** On streams of one session. */
function byHttp2({ session }: Http2Client): Ask {
  return async (asked) => {
    const { tenant, path, method, body, kind } = asked;
    const line = { ":authority": `${tenant}.example`, ":method": method, ":path": path };
    const stream = session.request({ ...line, ...fieldsOf(asked) }, { endStream: body === "" });
    const hints: unknown[] = [];
    stream.on("headers", (hint) => void hints.push(hint["x-hint"]));
    if (kind === "half") stream.once("response", () => stream.close());
    if (body !== "") stream.end(body);
    const { status, headers, trailers, body: whole } = await answerOf(stream);
    const given = Object.entries(headers).filter(([name]) => name !== ":status");
    const own = Object.fromEntries(Object.entries(trailers)); // without node's own symbols
    return { status, headers: Object.fromEntries(given), hints, trailers: own, body: whole };
  };
}

const requestText = (asked: Asked): string => {
  const { tenant, path, method, body } = asked;
  const fields = Object.entries({ host: `${tenant}.example`, ...fieldsOf(asked) });
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `${method} ${path} HTTP/1.1\r\n${lines}\r\n${body}`;
};

/** All values of `set-cookie` are a list, as node has them. */
function fieldsIn(lines: readonly string[]): Record<string, unknown> {
  const fields = lines.map((line) => {
    const colon = line.indexOf(": ");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)] as const;
  });
  const cookies = fields.filter(([name]) => name === "set-cookie").map(([, value]) => value);
  const all: Record<string, unknown> = Object.fromEntries(fields);
  return cookies.length === 0 ? all : { ...all, "set-cookie": cookies };
}

async function byPipeline(asked: readonly Asked[]): Promise<Came[]> {
  await using client = await RawClient.to(proxy.port);
  client.send(asked.map(requestText).join(""));
  const all: Came[] = [];
  for (const { method } of asked) {
    const hints: unknown[] = [];
    let answer = await client.response(method);
    for (; answer.status < 200; answer = await client.response(method)) {
      hints.push(fieldsIn(answer.lines.slice(1))["x-hint"]);
    }
    const { status, lines, trailers, body } = answer;
    const headers = fieldsIn(lines.slice(1));
    all.push({ status, headers, hints, trailers: fieldsIn(trailers), body });
  }
  return all;
}

/** A request that is left in the middle of its body, by either protocol. */
async function leave(tenant: Tenant, origin: string): Promise<void> {
  const { host, port } = proxy;
  const path = `/${origin}/whole`;
  const half = { "content-length": "1000", "x-own": "gone" };
  const headers = { host: `${tenant}.example`, ...half };
  const sent = request({ host, port, agent: false, method: "POST", path, headers });
  sent.on("error", () => {});
  sent.write("half", () => sent.destroy());
  const line = { ":authority": `${tenant}.example`, ":method": "POST", ":path": path };
  const stream = http2.session.request({ ...line, ...half }, { endStream: false });
  stream.on("error", () => {});
  stream.write("half", () => stream.close(constants.NGHTTP2_CANCEL));
  await Promise.all([sent, stream].map((one) => new Promise((done) => one.on("close", done))));
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });
const http2 = await Http2Client.to(proxy.url);
after(() => agent.destroy());
after(() => http2[Symbol.asyncDispose]());
const asks = [byHttp1(agent), byHttp2(http2)];
/** One of so many is asked for in a pipeline too, where each waits for those before it. */
const PIPELINES = 5;
let rounds = 0;

/** All that there is to ask, at once and by both protocols, beside clients that leave. */
async function askAll(versions: Versions): Promise<void> {
  const asked = round(++rounds);
  const all = asks.flatMap((ask) => asked.map((one) => isItsOwn(ask, one, versions)));
  const some = asked.filter(({ kind }, at) => kind !== "half" && at % PIPELINES === 0);
  const others = areTheirOwn(some, versions);
  const left = SCRIPTED.flatMap((tenant) => ORIGINS.map((origin) => leave(tenant, origin)));
  const ids = [...(await Promise.all(all)), ...(await others)].filter((id) => id !== "");
  await Promise.all(left);
  assert.equal(new Set(ids).size, ids.length, "each has an id of its own");
}

const ROUNDS = 4;
/** Of a tenant whose script is replaced. */
let changed: readonly number[] = [1];
const versions: Versions = (tenant) => (CHANGED.has(tenant) ? changed : [1]);

test("each answer has its own request's edits, secrets, trailers and hints, and no other's", async () => {
  for (let i = 0; i < ROUNDS; i++) await askAll(versions);
});

test("so it has while scripts are replaced, each request by one version from start to end", async () => {
  changed = [1, 2];
  let isLive = false;
  const change = stand.change().finally(() => {
    isLive = true;
  });
  const askOn = async (): Promise<void> => {
    do await askAll(versions);
    while (!isLive);
  };
  await Promise.all([change, askOn()]);
  changed = [2];
  for (let i = 0; i < ROUNDS; i++) await askAll(versions);
});
