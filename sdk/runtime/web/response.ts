// Response of the Fetch standard, as far as a filter needs it: made by a script, whole, and sent by
// the host, which writes framing, Date and the reason phrase itself.

import { jsonStringify, regexpExec } from "../primordials.ts";
import { Body, type BodyInit, type BodySource, bodyOf, cloneOf, extractBody } from "./body.ts";
import { handleOf } from "./body-handle.ts";
import { Headers, type HeadersInit } from "./headers.ts";
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

/** For the runtime: the door to the private fields. */
let fill: (response: Response, fetched: Fetched) => void;

export class Response extends Body {
  #status: number;
  #statusText: string;
  #headers: Headers;
  #fetched: Fetched | null = null;

  static {
    fill = (response, fetched) => {
      response.#status = fetched.status;
      response.#statusText = fetched.statusText;
      response.#headers = fetched.headers;
      response.#fetched = fetched;
    };
  }

  constructor(body: BodyInit | null = null, init: ResponseInit = {}) {
    const { source, contentType } = extractBody(body);
    super(source);
    this.#status = checkedStatus(init?.status ?? 200, source);
    this.#statusText = checkedStatusText(init?.statusText ?? "");
    this.#headers = new Headers(init?.headers);
    if (contentType !== "" && !this.#headers.has("content-type")) {
      this.#headers.append("content-type", contentType);
    }
  }

  /** A body of JSON, with its content type. */
  static json(data: unknown, init: ResponseInit = {}): Response {
    const text = jsonStringify(data);
    if (text === undefined) throw new TypeError("Cannot make a response: the data is not JSON");
    const headers = new Headers(init?.headers);
    if (!headers.has("content-type")) headers.append("content-type", "application/json");
    return new Response(text, { ...init, headers });
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
    const body = handleOf(cloneOf(this));
    const copy = new Response(body, { status: this.#status, statusText: this.#statusText });
    replaceAll(copy.#headers, this.#headers);
    copy.#fetched = this.#fetched;
    return copy;
  }
}

/** Its headers are not a script's to change: those of a `new Response(body, init)` are. */
export function fetchedResponse(fetched: Fetched): Response {
  const response = new Response(handleOf(fetched.body));
  fill(response, fetched);
  return response;
}

/** The default content type of the copy goes too, if the original lost its own. */
function replaceAll(target: Headers, source: Headers): void {
  target.delete("content-type");
  source.forEach((value, name) => {
    target.append(name, value);
  });
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
