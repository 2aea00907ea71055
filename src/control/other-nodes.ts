// The other proxies that share the store, as this one asks them: over their admin addresses, with
// the token of whoever asks this one, so that each decides by itself what may be seen. Each is
// asked for its own answer alone: nobody asks on, so nothing goes round.

import type { ConnectionOptions } from "node:tls";
import { Agent, type Dispatcher, request } from "undici";
import type * as z from "zod";
import { CLUSTER_LIMITS } from "../base/cluster-limits.ts";
import { isLoopbackAddress } from "../base/config/address.ts";
import type { Node, Nodes } from "./nodes.ts";

/** Names who is meant: an address may be that of another one by now. */
export const NODE_HEADER = "sluice-node";

export interface Question {
  /** Path and query. */
  readonly path: string;
  /** Of whoever asks; null: it has come without a token of its own. */
  readonly authorization: string | null;
}

type Tls = Pick<ConnectionOptions, "ca" | "cert" | "key">;

export class OtherNodes {
  readonly #nodes: Pick<Nodes, "id" | "list">;
  readonly #tls: Tls;
  /** Made when somebody asks. */
  #agent: Agent | null = null;

  constructor(nodes: Pick<Nodes, "id" | "list">, tls: Tls) {
    this.#nodes = nodes;
    this.#tls = tls;
  }

  /** Of this proxy. */
  get id(): string {
    return this.#nodes.id;
  }

  /** All of them, this one too. */
  async list(): Promise<readonly Node[]> {
    return (await this.#nodes.list()).nodes;
  }

  /**
   * What each of these answers, or why it does not; as many seconds as one may take. This proxy is
   * not asked, if it is among them.
   */
  async ask<S extends z.ZodType>(
    all: readonly Node[],
    question: Question,
    schema: S,
  ): Promise<readonly NodeAnswer<S>[]> {
    const others = all.filter(({ id }) => id !== this.id);
    const answers: NodeAnswer<S>[] = [];
    for (let i = 0; i < others.length; i += CLUSTER_LIMITS.askedAtOnce) {
      const some = others.slice(i, i + CLUSTER_LIMITS.askedAtOnce);
      answers.push(...(await Promise.all(some.map((node) => this.#one(node, question, schema)))));
    }
    return answers;
  }

  /** Without an end in time. Throws an Error that says why not. */
  async stream(
    node: Node,
    question: Question,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Buffer>> {
    const bodyTimeout = CLUSTER_LIMITS.tailSilentMs;
    return (await this.#send(node, question, { signal, bodyTimeout })).body;
  }

  async close(): Promise<void> {
    const agent = this.#agent;
    this.#agent = null;
    await agent?.destroy();
  }

  async #one<S extends z.ZodType>(
    node: Node,
    question: Question,
    schema: S,
  ): Promise<NodeAnswer<S>> {
    try {
      const signal = AbortSignal.timeout(CLUSTER_LIMITS.askMs);
      const { body } = await this.#send(node, question, { signal });
      const value = schema.safeParse(JSON.parse(await textOf(body)));
      if (value.success) return { node, value: value.data, reason: "" };
      return { node, value: null, reason: NO_ANSWER_OF_OURS };
    } catch (thrown) {
      return { node, value: null, reason: reasonOf(thrown) };
    }
  }

  async #send(
    node: Node,
    { path, authorization }: Question,
    options: { readonly signal: AbortSignal; readonly bodyTimeout?: number },
  ): Promise<Dispatcher.ResponseData> {
    expectReachable(node, authorization);
    this.#agent ??= new Agent({ connect: { timeout: CLUSTER_LIMITS.askMs, ...this.#tls } });
    const answer = await request(`${node.address}${path}`, {
      dispatcher: this.#agent,
      headersTimeout: CLUSTER_LIMITS.askMs,
      headers: { authorization, [NODE_HEADER]: node.id },
      ...options,
    });
    if (answer.statusCode === 200) return answer;
    throw new Error(refusalOf(answer.statusCode, await textOf(answer.body)));
  }
}

/** Of one of the others. */
export interface NodeAnswer<S extends z.ZodType> {
  readonly node: Node;
  /** Null: there is none. */
  readonly value: z.output<S> | null;
  /** Why there is none. */
  readonly reason: string;
}

function expectReachable(
  node: Node,
  authorization: string | null,
): asserts authorization is string {
  const silence = silenceOf(node);
  if (silence !== "") throw new Error(silence);
  if (node.address === "") throw new Error("it does not say where it is reached: set node.address");
  if (authorization === null) throw new Error("it is asked with a token only, and none came along");
}

/** Empty: it lives. */
export const silenceOf = ({ isLive }: Node): string =>
  isLive ? "" : `it has not reported for ${CLUSTER_LIMITS.leaseMs / 1_000} s`;

/** Tokens that are sent there can be read on their way. */
export function isInTheClear(address: string): boolean {
  if (!address.startsWith("http:") || !URL.canParse(address)) return false;
  const { hostname } = new URL(address);
  return hostname !== "localhost" && !isLoopbackAddress(hostname.replaceAll(/[[\]]/g, ""));
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > CLUSTER_LIMITS.askedBytes) throw new Error("its answer is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function refusalOf(status: number, text: string): string {
  try {
    const { detail }: { readonly detail?: unknown } = JSON.parse(text);
    return `${status} ${String(detail ?? "")}`.slice(0, CLUSTER_LIMITS.refusalLength);
  } catch {
    return `it answers ${status}: is it Sluice?`;
  }
}

const NO_ANSWER_OF_OURS = "its answer is another one than expected";
const LATE = `no answer within ${CLUSTER_LIMITS.askMs / 1_000} s`;
const UNKNOWN_ISSUER = "nobody who is trusted here has issued its certificate: see node.ca";
const UNKNOWN_HERE = "it wants a certificate that it trusts of who asks: see admin.tls";
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "it closed the connection",
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_ISSUER,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_ISSUER,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_ISSUER,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_ISSUER,
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name than it is asked by",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: UNKNOWN_HERE,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: UNKNOWN_HERE,
  UND_ERR_CONNECT_TIMEOUT: LATE,
  UND_ERR_HEADERS_TIMEOUT: LATE,
  UND_ERR_BODY_TIMEOUT: "it has fallen silent",
  UND_ERR_SOCKET: "it closed the connection",
};

const NAMES_AN_ADDRESS = /^(?:connect|getaddrinfo)/;

export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown.name === "TimeoutError") return LATE;
  if (thrown instanceof SyntaxError) return NO_ANSWER_OF_OURS;
  const code = "code" in thrown ? String(thrown.code) : "";
  const known = REASONS[code];
  if (known !== undefined) return known;
  // tenants read it too, and addresses inside are none of their business; where several were tried
  // there is no message, and without a reason it would count as an answer
  const namesOne = "syscall" in thrown && NAMES_AN_ADDRESS.test(String(thrown.syscall));
  if (!namesOne && thrown.message !== "") return thrown.message;
  return `it cannot be reached${code === "" ? "" : ` (${code})`}`;
}
