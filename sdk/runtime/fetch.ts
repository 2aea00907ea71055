// fetch: the request is checked here and sent by the host, which follows redirects and judges where
// it goes (src/fetch). What comes back is the head; the body stays with the host until it is read.

import { ASK, BODY_BYTES_MAX } from "../../src/wire/records.ts";
import { quote } from "./ascii-json.ts";
import { type Answer, ask, letGo, withdraw } from "./asks.ts";
import { type Call, current } from "./current.ts";
import { jsonParse, stringIndexOf, stringSlice } from "./primordials.ts";
import { type BodySource, extractBody, sourceOf } from "./web/body.ts";
import { DOMException } from "./web/exception.ts";
import { blockOf, Headers, type HeadersInit, headersOf } from "./web/headers.ts";
import { RemoteBody } from "./web/remote-body.ts";
import { checkedMethod, checkedRedirect, Request, type RequestInit } from "./web/request.ts";
import { fetchedResponse, type Response } from "./web/response.ts";
import { StreamBody } from "./web/streams.ts";
import { copyBytes, encodeUtf8 } from "./web/utf8.ts";

/** What ends a fetch before its time: an AbortSignal, or whatever has its shape. */
export interface FetchSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

export interface FetchInit extends RequestInit {
  signal?: FetchSignal | null;
  /**
   * The name of one of the tenant's upstream groups, which is asked in place of the URL's host.
   * Path and Host are the URL's all the same.
   */
  upstream?: string;
}

/** What is sent, checked. */
interface Outgoing {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly redirect: string;
  readonly group: string | null;
  readonly source: BodySource;
  readonly signal: FetchSignal | null;
}

export async function fetch(
  input: string | URL | Request,
  init: FetchInit = {},
): Promise<Response> {
  const call = current();
  const outgoing = outgoingOf(input, init);
  const { signal, source } = outgoing;
  if (signal?.aborted === true) throw signal.reason;
  const isToCome = RemoteBody.is(source) || StreamBody.is(source);
  const bytes = isToCome ? copyBytes(await source.read()) : bytesOf(source);
  if (bytes !== null && bytes.length > BODY_BYTES_MAX) {
    throw new TypeError(`fetch: expected a body of at most ${BODY_BYTES_MAX} bytes`);
  }
  return await send(call, outgoing, bytes);
}

function outgoingOf(input: string | URL | Request, init: FetchInit): Outgoing {
  const signal = init?.signal ?? null;
  const group = init?.upstream === undefined ? null : `${init.upstream}`;
  if (input instanceof Request) {
    const request = new Request(input, init);
    const { url, method, headers, redirect } = request;
    return { url, method, headers, redirect, group, source: sourceOf(request), signal };
  }
  const { source, contentType } = extractBody(init?.body ?? null);
  const method = checkedMethod(init?.method ?? "GET");
  if (source !== null && (method === "GET" || method === "HEAD")) {
    throw new TypeError(`fetch: a ${method} has no body`);
  }
  const headers = new Headers(init?.headers as HeadersInit | undefined);
  if (contentType !== "" && !headers.has("content-type")) {
    headers.append("content-type", contentType);
  }
  const redirect = checkedRedirect(init?.redirect ?? "follow");
  return { url: `${input}`, method, headers, redirect, group, source, signal };
}

const bytesOf = (source: string | Uint8Array<ArrayBuffer> | null): Uint8Array | null =>
  typeof source === "string" ? encodeUtf8(source) : source;

function send(call: Call | null, outgoing: Outgoing, bytes: Uint8Array | null): Promise<Response> {
  const { url, method, redirect, group, headers, signal } = outgoing;
  const name = group === null ? "null" : quote(group);
  const hasBody = bytes !== null;
  const line = `[${quote(method)},${quote(redirect)},${name},${hasBody},${quote(url)}]`;
  const text = `${line}\n${blockOf(headers)}`;
  return new Promise((resolve, reject) => {
    let body: RemoteBody | null = null;
    const settle = (answer: Answer): void => {
      if (!answer.ok || call === null) return fail(refusalOf(answer.text));
      const parts = splitOnce(answer.text);
      const head = headOf(parts[0]);
      const whole = head.isWhole ? answer.bytes : null;
      const read = (): Promise<Uint8Array<ArrayBuffer>> => readBody(id);
      body = head.hasBody ? new RemoteBody({ id, whole, ask: read, done: unlisten }) : null;
      if (body === null || whole !== null) unlisten();
      const headers = headersOf(parts[1], null, "immutable");
      resolve(fetchedResponse({ ...head, headers, body }));
    };
    const fail = (reason: unknown): void => {
      unlisten();
      reject(reason);
    };
    const abort = (): void => {
      withdraw(id);
      if (body !== null && call !== null) letGo(call, id);
      body?.cancel(signal?.reason);
      fail(signal?.reason);
    };
    const unlisten = (): void => signal?.removeEventListener("abort", abort);
    const id = ask(call, { name: "fetch", kind: ASK.fetch, text, bytes }, { settle, abort: fail });
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/** The body of a response that this ask holds: asked for by whoever reads it. */
function readBody(id: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    const settle = ({ ok, text, bytes }: Answer): void => {
      if (ok) resolve(bytes);
      else reject(refusalOf(text));
    };
    const wish = { name: "a response's body", kind: ASK.next, text: `${id} whole`, bytes: null };
    ask(current(), wish, { settle, abort: reject });
  });
}

/** What the host says in place of an answer: a name and a message. */
function refusalOf(text: string): Error {
  const parts = splitOnce(text);
  const name = parts[0];
  return name === "TypeError" ? new TypeError(parts[1]) : new DOMException(parts[1], name);
}

/** What stands before the first line feed, and what stands behind it. */
function splitOnce(text: string): readonly [first: string, rest: string] {
  const at = stringIndexOf(text, "\n");
  return at < 0 ? [text, ""] : [stringSlice(text, 0, at), stringSlice(text, at + 1)];
}

export function installFetch(target: typeof globalThis): void {
  const hidden = { writable: true, configurable: true, enumerable: false };
  Object.defineProperty(target, "fetch", { ...hidden, value: fetch });
}

/** As src/fetch/response-answer.ts writes it. */
interface Head {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly hasBody: boolean;
  readonly isWhole: boolean;
}

function headOf(text: string): Head {
  const parts = jsonParse(text) as readonly [number, string, string, boolean, boolean, boolean];
  return {
    status: parts[0],
    statusText: parts[1],
    url: parts[2],
    redirected: parts[3],
    hasBody: parts[4],
    isWhole: parts[5],
  };
}
