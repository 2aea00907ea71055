// Response of the Fetch standard, as far as a filter needs it: made by a script, whole, and sent by
// the host, which writes framing, Date and the reason phrase itself.

import { jsonStringify, regexpExec } from "../primordials.ts";
import { Body, type BodyInit, type BodySource, bodyOf, cloneOf, extractBody } from "./body.ts";
import { Headers, type HeadersInit, headersOf } from "./headers.ts";
import { parseUrl } from "./parse-url.ts";
import type { RemoteBody } from "./remote-body.ts";

export interface ResponseInit {
  /** 200 to 599; default 200. */
  status?: number;
  statusText?: string;
  headers?: HeadersInit;
}

export { bodyOf };

const toNumber = Number;

/** What the host has fetched. */
export interface Fetched {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly headers: Headers;
  readonly body: RemoteBody | null;
}

interface Parts {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
}

/** What a Response is made of: no script gets hold of one. */
class Made implements ResponseInit {
  readonly source: BodySource;
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly fetched: Fetched | null;
  readonly #isOurs = true;

  constructor(source: BodySource, parts: Parts, fetched: Fetched | null = null) {
    const { status, statusText, headers } = parts;
    this.source = source;
    this.status = status;
    this.statusText = statusText;
    this.headers = headers;
    this.fetched = fetched;
  }

  static is(value: unknown): value is Made {
    return typeof value === "object" && value !== null && #isOurs in value;
  }
}

export class Response extends Body {
  readonly #status: number;
  readonly #statusText: string;
  readonly #headers: Headers;
  readonly #fetched: Fetched | null;

  constructor(body: BodyInit | null = null, init: ResponseInit = {}) {
    const made = Made.is(init) ? init : madeOf(body, init);
    super(made.source);
    this.#status = made.status;
    this.#statusText = made.statusText;
    this.#headers = made.headers;
    this.#fetched = made.fetched;
  }

  /** A body of JSON, with its content type. */
  static json(data: unknown, init: ResponseInit = {}): Response {
    const text = jsonStringify(data);
    if (text === undefined) throw new TypeError("Cannot make a response: the data is not JSON");
    const status = checkedStatus(init?.status ?? 200, text);
    const statusText = checkedStatusText(init?.statusText ?? "");
    const headers = headersFor(init?.headers, "application/json");
    return new Response(null, new Made(text, { status, statusText, headers }));
  }

  /** An empty answer that sends the client to an absolute URL. */
  static redirect(url: string | URL, status: number = 302): Response {
    const location = parseUrl(url);
    if (status === 301 || status === 302 || status === 303 || status === 307 || status === 308) {
      return new Response(null, { status, headers: { location } });
    }
    throw new RangeError(`Cannot redirect: expected 301, 302, 303, 307 or 308, got ${status}`);
  }

  get status(): number {
    return this.#status;
  }

  get statusText(): string {
    return this.#statusText;
  }

  get ok(): boolean {
    return this.#status >= 200 && this.#status < 300;
  }

  get headers(): Headers {
    return this.#headers;
  }

  get type(): "default" | "basic" {
    return this.#fetched === null ? "default" : "basic";
  }

  get url(): string {
    return this.#fetched?.url ?? "";
  }

  get redirected(): boolean {
    return this.#fetched?.redirected ?? false;
  }

  clone(): Response {
    if (this.bodyUsed) throw new TypeError("Cannot clone a response whose body has been read");
    const source = cloneOf(this);
    const headers = new Headers();
    this.#headers.forEach((value, name) => {
      headers.append(name, value);
    });
    const parts = { status: this.#status, statusText: this.#statusText, headers };
    return new Response(null, new Made(source, parts, this.#fetched));
  }
}

/** Its headers are not a script's to change: those of a `new Response(body, init)` are. */
export const fetchedResponse = (fetched: Fetched): Response =>
  new Response(null, new Made(fetched.body, fetched, fetched));

function madeOf(body: BodyInit | null, init: ResponseInit): Made {
  const { source, contentType } = extractBody(body);
  const status = checkedStatus(init?.status ?? 200, source);
  const statusText = checkedStatusText(init?.statusText ?? "");
  const headers = headersFor(init?.headers, contentType);
  return new Made(source, { status, statusText, headers });
}

/** @param contentType  of the body, should the script not say; empty: none */
function headersFor(given: HeadersInit | undefined, contentType: string): Headers {
  if (given === undefined) {
    const lines = contentType === "" ? "" : `content-type: ${contentType}\r\n`;
    return headersOf(lines, null, "mutable");
  }
  const headers = new Headers(given);
  if (contentType !== "" && !headers.has("content-type")) {
    headers.append("content-type", contentType);
  }
  return headers;
}

function checkedStatus(status: number, source: BodySource): number {
  const number = toNumber(status);
  if (!(number >= 200 && number <= 599) || number % 1 !== 0) {
    throw new RangeError(
      `Cannot make a response: expected a status from 200 to 599, got ${status}`,
    );
  }
  if (source !== null && (number === 204 || number === 205 || number === 304)) {
    throw new TypeError(`Cannot make a response: a ${number} has no body`);
  }
  return number;
}

const REASON_PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/;

function checkedStatusText(statusText: string): string {
  const text = `${statusText}`;
  if (regexpExec(REASON_PHRASE, text) !== null) return text;
  throw new TypeError("Cannot make a response: expected statusText without control characters");
}
