// Tenants on one thread, in both lanes and without a script, before the same two origins: one of
// HTTP/1.1, one of HTTP/2. Their answers have heads that are equal byte for byte, or that differ in
// an id of the same length; what each tenant's script makes of them follows from its name, its
// version and the id of the request. So all that an answer must be is known, and all that is
// another's shows.

import { OracleOrigin } from "../upstream/http2-origin.ts";
import { TestProxy } from "./proxy.ts";
import { answering, RawOrigin, type RequestText } from "./raw-origin.ts";

/** Two tenants in either lane; the first in each is changed while they serve. */
export const SCRIPTED = ["inline-one", "inline-two", "cell-one", "cell-two"] as const;
/** Without a script, so that heads leave as they came: each before one of the origins. */
export const PLAIN = ["plain-1", "plain-2"] as const;
export type Scripted = (typeof SCRIPTED)[number];
export type Tenant = Scripted | (typeof PLAIN)[number];
export const CHANGED: ReadonlySet<string> = new Set(["inline-one", "cell-one"]);

/** Which origin, and what it answers: `/1/whole`. */
export const ORIGINS = ["1", "2"] as const;
export const KINDS = [
  "whole", // the same head each time
  "named", // a Set-Cookie of its own
  "hinted", // behind a 103
  "trailed", // with trailers
  "unchanged", // 304
  "nothing", // 204
  "half", // the rest of it never comes
  "early", // the script's own answer
] as const;
export type Kind = (typeof KINDS)[number];

export const BODY_BYTES = 256;
const SAME = {
  server: "origin",
  date: "Sun, 22 Nov 2026 21:00:00 GMT",
  "set-cookie": "shared=1; Domain=origin.test", // as long as the one that names an id
  "cache-control": "private, no-store",
};
const STATUS: Partial<Record<Kind, number>> = { unchanged: 304, nothing: 204 };

/** What follows from the last character of an id. */
export const turnOf = (id: string): number => id.charCodeAt(id.length - 1) % 4;

const scriptOf = (tenant: Scripted, version: number): string => `
import { definePhases } from "sluice";
const NAME = "${tenant} ${version}";
const turnOf = (id) => id.charCodeAt(id.length - 1) % 4;
const wait = (id) => turnOf(id) < 2 ? new Promise((done) => setTimeout(done, 1)) : undefined;
export default definePhases({
  newCtx: () => ({ name: NAME, own: "" }),
  async requestFilter({ id, request, client }, ctx) {
    ctx.own = id;
    client.state ??= { tenant: "${tenant}" };
    await wait(id);
    const { headers } = request;
    headers.set("x-turn", ctx.name + " " + id);
    if (turnOf(id) === 0) headers.delete("x-own");
    if (turnOf(id) === 1) headers.set("x-own", id);
    if (turnOf(id) === 2) headers.append("x-own", id);
    if (!request.path.endsWith("/early")) return;
    return new Response("early " + id, { status: 403, headers: { "set-cookie": "own=" + id } });
  },
  upstreamPeer: ({ request }) => request.path.startsWith("/2/") ? "two" : "one",
  async responseFilter({ id, response, client }, { name, own }) {
    await wait(id);
    const { headers } = response;
    headers.set("x-turn", name + " " + own + " " + client.state.tenant);
    headers.append("set-cookie", "own=" + id);
    if (turnOf(id) === 0) headers.delete("server");
    if (turnOf(id) === 1) headers.set("server", id);
    if (turnOf(id) === 2) headers.append("x-own", id);
    if (turnOf(id) === 3 && response.status === 200) response.status = 203;
  },
  responseTrailerFilter({ id, trailers }, { name }) { trailers.append("x-end", name + " " + id); },
});`;

/** What an origin is asked for, and what it has seen of it. */
interface Asked {
  readonly method: string;
  readonly kind: Kind;
  readonly id: string;
  readonly told: string;
}

const kindOf = (path: string): Kind => KINDS.find((kind) => path.endsWith(`/${kind}`)) ?? "whole";

/** The lines that answer it, but for those of its framing. */
const fieldsFor = ({ kind, id }: Asked): Readonly<Record<string, string>> =>
  kind === "named" ? { ...SAME, "set-cookie": `ownedby=${id}` } : SAME;

const bodyOf = ({ told }: Asked): string => told.padEnd(BODY_BYTES);

function answerOne({ lines, body }: RequestText): string {
  const all = (name: string): string =>
    lines
      .filter((line) => line.toLowerCase().startsWith(`${name}: `))
      .map((line) => line.slice(name.length + 2))
      .join(", ") || "none";
  const [method = "", path = ""] = (lines[0] ?? "").split(" ");
  const told = `${all("x-turn")}; ${all("x-own")}; ${body}`;
  const asked: Asked = { method, kind: kindOf(path), id: all("x-request-id"), told };
  const { kind, id } = asked;
  const fields = Object.entries(fieldsFor(asked)).map(([name, value]) => `${name}: ${value}\r\n`);
  const hint = kind === "hinted" ? `HTTP/1.1 103 Early Hints\r\nx-hint: ${id}\r\n\r\n` : "";
  const head = `${hint}HTTP/1.1 ${STATUS[kind] ?? 200} Fine\r\n${fields.join("")}`;
  if (STATUS[kind] !== undefined) return `${head}\r\n`;
  const size = BODY_BYTES.toString(16);
  const chunks = `${size}\r\n${bodyOf(asked)}\r\n0\r\nx-sum: ${id}\r\n\r\n`;
  if (kind === "trailed") return `${head}transfer-encoding: chunked\r\n\r\n${chunks}`;
  const sized = `${head}content-length: ${BODY_BYTES}\r\n\r\n`;
  if (method === "HEAD") return sized;
  return sized + (kind === "half" ? told : bodyOf(asked));
}

const startTwo = (): Promise<OracleOrigin> =>
  OracleOrigin.listen((stream, fields) => {
    const all = (name: string): string => String(fields[name] ?? "none");
    const method = all(":method");
    let body = "";
    stream.setEncoding("latin1").on("data", (text: string) => {
      body += text;
    });
    stream.on("end", () => {
      if (stream.destroyed || stream.closed) return; // whose client has left
      const told = `${all("x-turn")}; ${all("x-own")}; ${body}`;
      const kind = kindOf(all(":path"));
      const asked: Asked = { method, kind, id: all("x-request-id"), told };
      const { id } = asked;
      const length = kind === "trailed" || STATUS[kind] ? {} : { "content-length": BODY_BYTES };
      const head = { ":status": STATUS[kind] ?? 200, ...fieldsFor(asked), ...length };
      if (kind === "hinted") stream.additionalHeaders({ ":status": 103, "x-hint": id });
      const endStream = method === "HEAD" || STATUS[kind] !== undefined;
      stream.respond(head, { endStream, waitForTrailers: kind === "trailed" });
      stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": id }));
      if (endStream) return;
      if (kind === "half") stream.write(told);
      else stream.end(bodyOf(asked));
    });
  });

const LONG_MS = 600_000;
/** However slow the machine is, nobody is refused, and no connection is closed. */
const PATIENT = {
  config: {
    overload: { lagMs: 0, memoryPercent: 0 },
    timeouts: { headMs: LONG_MS, keepAliveMs: LONG_MS, drainMs: LONG_MS, prepareMs: LONG_MS },
  },
  tenant: {
    limits: {
      ...{ hookMs: 10_000, hookWallMs: LONG_MS },
      ...{ requestCpuMs: 3_600_000, turnWaitMs: 3_600_000 },
    },
  },
  upstream: { connectTimeoutMs: 60_000, responseTimeoutMs: LONG_MS },
};

/** All of what a test needs; it is changed by `change`. */
export class OwnHeadsStand implements AsyncDisposable {
  readonly proxy: TestProxy;
  readonly #origins: readonly AsyncDisposable[];

  private constructor(proxy: TestProxy, origins: readonly AsyncDisposable[]) {
    this.proxy = proxy;
    this.#origins = origins;
  }

  static async start(): Promise<OwnHeadsStand> {
    const one = await RawOrigin.start(answering(answerOne));
    const two = await startTwo();
    const upstreams = {
      one: { ...PATIENT.upstream, peers: [one.address] },
      two: { ...PATIENT.upstream, peers: [two.address], protocol: "http2" },
    };
    const scripted = SCRIPTED.map((name) => {
      const isolation = name.startsWith("cell") ? "process" : "inline";
      const own = { hosts: [`${name}.example`], script: `${name}.ts`, isolation };
      return [name, { ...own, ...PATIENT.tenant, upstreams, defaultUpstream: "one" }];
    });
    const plain = PLAIN.map((name) => {
      const defaultUpstream = name === "plain-1" ? "one" : "two";
      return [name, { hosts: [`${name}.example`], upstreams, defaultUpstream }];
    });
    const proxy = await TestProxy.start({
      files: Object.fromEntries(SCRIPTED.map((name) => [`${name}.ts`, scriptOf(name, 1)])),
      config: {
        listeners: [{ address: "127.0.0.1:0", http2: true }],
        ...PATIENT.config,
        tenants: Object.fromEntries([...scripted, ...plain]),
      },
    });
    return new OwnHeadsStand(proxy, [one, two]);
  }

  /** The second version of those that have one goes live. */
  async change(): Promise<void> {
    for (const name of SCRIPTED) {
      if (CHANGED.has(name)) await this.proxy.write(`${name}.ts`, scriptOf(name, 2));
    }
    this.proxy.signal("SIGHUP");
    const ended = await this.proxy.waitFor(({ msg }) => /^reload/.test(msg ?? ""));
    if (ended.msg !== "reloaded") throw new Error(JSON.stringify(ended));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    for (const origin of this.#origins) await origin[Symbol.asyncDispose]();
  }
}

/** What an origin's answer says, of itself. */
export const originsFields = (kind: Kind, id: string): Readonly<Record<string, string>> =>
  fieldsFor({ method: "GET", kind, id, told: "" });

export const originsStatus = (kind: Kind): number => STATUS[kind] ?? 200;
