// fetch: the request is checked here and sent by the host, which follows redirects and judges where
// it goes (src/fetch). What comes back is the head; the body stays with the host until it is read.

import { ASK } from "../../src/wire/asks.ts";
import { BODY_BYTES_MAX } from "../../src/wire/records.ts";
import type { Answer } from "./answer.ts";
import { quote } from "./ascii-json.ts";
import { ask, letGo, withdraw } from "./asks.ts";
import { type Call, current } from "./current.ts";
import { askedFor, hasSettled, leaveMicrotasks } from "./microtasks.ts";
import { askNext, type Held, Pouring, refusalOf, splitOnce } from "./pieces.ts";
import { jsonParse, stringSlice } from "./primordials.ts";
import { newPromise } from "./promises.ts";
import { type BodySource, extractBody, takeBody } from "./web/body.ts";
import { blockOf, Headers, type HeadersInit, headersOf } from "./web/headers.ts";
import { RemoteBody } from "./web/remote-body.ts";
import {
  checkedMethod,
  checkedRedirect,
  givenSignal,
  Request,
  type RequestInit,
} from "./web/request.ts";
import { fetchedResponse, type Response } from "./web/response.ts";
import type { SignalLike } from "./web/signals.ts";
import { type Bytes, StreamBody } from "./web/streams.ts";
import { encodeUtf8 } from "./web/utf8.ts";

export interface FetchInit extends RequestInit {
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
  /** Header lines. */
  readonly lines: string;
  readonly redirect: string;
  readonly group: string | null;
  readonly source: BodySource;
  readonly signal: SignalLike | null;
}

/** Not async: its promise is the one that the answer settles, and a script waits for no other. */
export function fetch(input: string | URL | Request, init: FetchInit = {}): Promise<Response> {
  try {
    return begin(input, init);
  } catch (thrown) {
    leaveMicrotasks();
    return newPromise((_resolve, reject) => reject(thrown));
  }
}

function begin(input: string | URL | Request, init: FetchInit): Promise<Response> {
  const call = current();
  const outgoing = outgoingOf(input, init);
  const { signal, source } = outgoing;
  if (signal?.aborted === true) throw signal.reason;
  if (call === null) throw new Error("fetch: this can only be done while a hook runs");
  const bytes = RemoteBody.is(source) || StreamBody.is(source) ? null : bytesOf(source);
  if (bytes !== null && bytes.length > BODY_BYTES_MAX) {
    throw new TypeError(`fetch: expected a body of at most ${BODY_BYTES_MAX} bytes`);
  }
  return send(call, outgoing, bytes);
}

function outgoingOf(input: string | URL | Request, init: FetchInit): Outgoing {
  const group = init?.upstream === undefined ? null : `${init.upstream}`;
  if (input instanceof Request) {
    const request = new Request(input, init);
    const signal = givenSignal(request);
    const { url, method, redirect } = request;
    const lines = blockOf(request.headers);
    return { url, method, lines, redirect, group, source: takeBody(request), signal };
  }
  const signal = init?.signal ?? null;
  const { source, contentType } = extractBody(init?.body ?? null);
  const method = checkedMethod(init?.method ?? "GET");
  if (source !== null && (method === "GET" || method === "HEAD")) {
    throw new TypeError(`fetch: a ${method} has no body`);
  }
  const lines = linesOf(init?.headers, contentType);
  const redirect = checkedRedirect(init?.redirect ?? "follow");
  return { url: `${input}`, method, lines, redirect, group, source, signal };
}

function linesOf(given: HeadersInit | undefined, contentType: string): string {
  if (given === undefined && contentType === "") return "";
  const headers = new Headers(given);
  if (contentType !== "" && !headers.has("content-type")) {
    headers.append("content-type", contentType);
  }
  return blockOf(headers);
}

const bytesOf = (source: string | Uint8Array<ArrayBuffer> | null): Uint8Array | null =>
  typeof source === "string" ? encodeUtf8(source) : source;

function send(call: Call, outgoing: Outgoing, bytes: Uint8Array | null): Promise<Response> {
  const { url, method, redirect, group, lines, signal, source } = outgoing;
  const name = group === null ? "null" : quote(group);
  const feed = RemoteBody.is(source) ? source : StreamBody.is(source) ? source.feed() : null;
  const sent = feed === null ? bytes !== null : '"stream"';
  const line = `[${quote(method)},${quote(redirect)},${name},${sent},${quote(url)}]`;
  const text = `${line}\n${lines}`;
  let isOpen = false;
  const promise = newPromise<Response>((resolve, reject) => {
    let body: RemoteBody | null = null;
    let upload: Pouring | null = null;
    const settle = (answer: Answer): void => {
      if (!answer.ok) return fail(refusalOf(answer.text));
      hasSettled();
      const parts = splitOnce(answer.text);
      const head = headOf(parts[0]);
      const { block, whole } = given(head.given, parts[1], answer.bytes);
      body = head.hasBody
        ? remoteBody({ call, id, name: "a response's body" }, whole, unlisten)
        : null;
      if (body === null || whole !== null) unlisten();
      const headers = headersOf(block, null, "immutable");
      resolve(fetchedResponse({ ...head, headers, body }));
    };
    const fail = (reason: unknown): void => {
      isOpen = false;
      hasSettled();
      unlisten();
      upload?.stop(reason);
      reject(reason);
    };
    const end = (reason: unknown): void => {
      withdraw(id);
      if (body !== null) letGo(call, id);
      body?.abort(reason);
      fail(reason);
    };
    const abort = (): void => end(signal?.reason);
    const unlisten = (): void => signal?.removeEventListener("abort", abort);
    const id = ask(call, { name: "fetch", kind: ASK.fetch, text, bytes }, { settle, abort: fail });
    isOpen = feed === null; // else a stream of the script's own runs too
    signal?.addEventListener("abort", abort, { once: true });
    if (feed === null) return;
    upload = new Pouring({ call, id, name: "a request's body" }, feed);
    void upload.run(end);
  });
  if (isOpen) askedFor(promise);
  return promise;
}

/** The body of a response that this ask holds: asked for by whoever reads it. */
const remoteBody = (held: Held, whole: Bytes | string | null, done: () => void): RemoteBody =>
  new RemoteBody({
    id: held.id,
    whole,
    ask: (wanted) => askNext(held, wanted),
    drop: () => letGo(held.call, held.id),
    done,
  });

export function installFetch(target: typeof globalThis): void {
  const hidden = { writable: true, configurable: true, enumerable: false };
  Object.defineProperty(target, "fetch", { ...hidden, value: fetch });
  // the bundler shortens names
  Object.defineProperty(fetch, "name", { value: "fetch", configurable: true });
}

/** As src/fetch/response-answer.ts writes it. */
interface Head {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly hasBody: boolean;
  readonly given: Given;
}

/** The body that comes along: none, in bytes, or as ASCII behind a header block of that length. */
type Given = "nothing" | "bytes" | number;

interface Parted {
  readonly block: string;
  readonly whole: Bytes | string | null;
}

function given(how: Given, text: string, bytes: Bytes): Parted {
  if (typeof how === "string") return { block: text, whole: how === "bytes" ? bytes : null };
  // a copy: a slice that the script keeps would keep the texts of the whole frame
  const whole = stringSlice(`\n${stringSlice(text, how)}`, 1);
  return { block: stringSlice(text, 0, how), whole };
}

function headOf(text: string): Head {
  const parts = jsonParse(text) as readonly [number, string, string, boolean, boolean, Given];
  return {
    status: parts[0],
    statusText: parts[1],
    url: parts[2],
    redirected: parts[3],
    hasBody: parts[4],
    given: parts[5],
  };
}
