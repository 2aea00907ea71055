// The admin API for commands: it makes a call and checks the answer, or throws an error that says
// what to do.

import { Agent, type Dispatcher, request } from "undici";
import type * as z from "zod";
import { OPERATOR } from "../../base/config/operator.ts";
import { ownTls } from "./own-tls.ts";
import { type AdminPlace, adminPlace, type PlaceOptions } from "./place.ts";
import { AdminError } from "./problem.ts";

export type Method = "GET" | "PUT" | "POST" | "DELETE";

export interface AdminCall {
  readonly method: Method;
  /**
   * Parts of the path, encoded here: `["tenants", "demo", "flags"]`. What a tenant has, the
   * operator has under a path of its own.
   */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AdminAnswer<T> {
  readonly body: T;
  readonly etag: string | null;
}

const CONNECT_MS = 5_000;
/** A reload may wait for isolates, a handover for a whole start: longer than either may take. */
const ANSWER_MS = 120_000;
/** More than any answer has: a whole history with its sources comes in pages. */
const ANSWER_BYTES_MAX = 67_108_864;

export class AdminClient implements AsyncDisposable {
  readonly #place: AdminPlace;
  readonly #agent = new Agent({
    connect: { timeout: CONNECT_MS, ...ownTls() },
    headersTimeout: ANSWER_MS,
    bodyTimeout: ANSWER_MS,
    maxResponseSize: ANSWER_BYTES_MAX,
  });

  constructor(place: AdminPlace) {
    this.#place = place;
  }

  static for(options: PlaceOptions): AdminClient {
    return new AdminClient(adminPlace(options));
  }

  /** Throws AdminError if the proxy refused, an Error if it cannot be had. */
  async call<S extends z.ZodType>(call: AdminCall, schema: S): Promise<AdminAnswer<z.output<S>>> {
    const { statusCode, headers, body } = await this.#send(call, "application/json");
    const text = await body.text().catch((error: Error) => this.#unreachable(error));
    const value = parsed(text);
    if (statusCode >= 400) throw new AdminError(statusCode, value);
    const checked = schema.safeParse(value);
    if (!checked.success) throw unexpected(call, checked.error);
    const { etag } = headers;
    return { body: checked.data, etag: typeof etag === "string" ? etag : null };
  }

  /** A stream of server-sent events, without an end in time; the proxy sends heartbeats. */
  async stream(call: AdminCall, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const { statusCode, body } = await this.#send(call, "text/event-stream", signal);
    if (statusCode < 400) return body;
    throw new AdminError(statusCode, parsed(await body.text()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  async #send(
    { method, path, query = {}, body, headers }: AdminCall,
    accept: string,
    signal?: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const { token } = this.#place;
    const url = new URL(`${this.#place.url}/v1/${pathText(path)}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const hasJson = method === "POST" || method === "PUT";
    return await request(url, {
      method,
      dispatcher: this.#agent,
      headers: {
        accept,
        // also without a body: what a page in a browser cannot send unasked
        "content-type": "application/json",
        ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(hasJson ? { body: JSON.stringify(body ?? {}) } : {}),
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: Error) => this.#unreachable(error));
  }

  #unreachable(error: Error): never {
    if (error.name === "AbortError") throw error;
    const { url } = this.#place;
    throw new Error(`Cannot reach the proxy at ${url}: ${reasonOf(error)}`, { cause: error });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED:
    "nothing listens there; start it with `sluice serve`, or say where it is with --admin URL",
  ENOTFOUND: "there is no such host; say where it is with --admin URL",
  UND_ERR_CONNECT_TIMEOUT: `no connection within ${CONNECT_MS / 1_000} s`,
  UND_ERR_HEADERS_TIMEOUT: `no answer within ${ANSWER_MS / 1_000} s`,
  UND_ERR_BODY_TIMEOUT: `no whole answer within ${ANSWER_MS / 1_000} s`,
  UND_ERR_SOCKET: "it closed the connection",
};

function reasonOf(error: Error): string {
  const code = "code" in error ? String(error.code) : "";
  return REASONS[code] ?? error.message;
}

/** What is no JSON is shown as its beginning: some other server answers there. */
function parsed(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return { detail: `expected JSON, got ${JSON.stringify(text.slice(0, 80))}: is it Sluice?` };
  }
}

function pathText(path: readonly string[]): string {
  const isOperators = path[0] === "tenants" && path[1] === OPERATOR;
  const parts = isOperators ? ["operator", ...path.slice(2)] : path;
  return parts.map(encodeURIComponent).join("/");
}

function unexpected({ method, path }: AdminCall, { issues }: z.ZodError): Error {
  const [first] = issues;
  const where = first === undefined ? "" : ` at ${first.path.join(".") || "its top"}`;
  const what = `the answer to ${method} /v1/${path.join("/")}`;
  const text = `${first?.message ?? "something else"}${where}`;
  return new Error(`Cannot read ${what}: ${text}: is it another version of Sluice?`);
}
