// Request of the Fetch standard, as far as a filter needs it: a URL, a method, headers, a body and
// a signal. Cache, credentials, mode and the like have no meaning at a proxy and are left out.

import { isToken } from "../../../src/wire/headers.ts";
import { regexpExec, stringToUpperCase } from "../primordials.ts";
import { Body, type BodyInit, type BodySource, cloneOf, extractBody, takeBody } from "./body.ts";
import { handleOf } from "./body-handle.ts";
import { Headers, type HeadersInit } from "./headers.ts";
import { parseUrl } from "./parse-url.ts";
import { type SignalLike, signalsOfScript } from "./signals.ts";

export interface RequestInit {
  method?: string;
  headers?: HeadersInit;
  body?: BodyInit | null;
  redirect?: "follow" | "error" | "manual";
  /** What ends its fetch before its time. */
  signal?: SignalLike | null;
  /** Of a body that is a stream: it is sent before the response is read. */
  duplex?: "half";
}

/** For the runtime: the door to the private field. */
let givenSignalIn: (request: Request) => SignalLike | null;

export class Request extends Body {
  readonly #url: string;
  readonly #method: string;
  readonly #headers: Headers;
  readonly #redirect: "follow" | "error" | "manual";
  readonly #given: SignalLike | null;
  #signal: SignalLike | null = null;

  static {
    givenSignalIn = (request) => request.#given;
  }

  constructor(input: string | URL | Request, init: RequestInit = {}) {
    const original = input instanceof Request ? input : null;
    const method = checkedMethod(init?.method ?? original?.method ?? "GET");
    const { source, contentType } = bodyFor(original, init);
    super(source);
    if (source !== null && (method === "GET" || method === "HEAD")) {
      throw new TypeError(`Cannot make a request: a ${method} has no body`);
    }
    this.#method = method;
    this.#url = original === null ? checkedUrl(input) : original.url;
    this.#redirect = checkedRedirect(init?.redirect ?? original?.redirect ?? "follow");
    this.#given =
      init?.signal === undefined ? (original === null ? null : original.#given) : init.signal;
    this.#headers = new Headers(init?.headers ?? original?.headers);
    if (contentType !== "" && !this.#headers.has("content-type")) {
      this.#headers.append("content-type", contentType);
    }
  }

  get url(): string {
    return this.#url;
  }

  get method(): string {
    return this.#method;
  }

  get headers(): Headers {
    return this.#headers;
  }

  get redirect(): "follow" | "error" | "manual" {
    return this.#redirect;
  }

  /** The one that it was made with, or one that nothing aborts. */
  get signal(): SignalLike {
    this.#signal ??= this.#given ?? noSignal();
    return this.#signal;
  }

  clone(): Request {
    if (this.bodyUsed) throw new TypeError("Cannot clone a request whose body has been read");
    return new Request(this, { body: handleOf(cloneOf(this)) });
  }
}

export const givenSignal = (request: Request): SignalLike | null => givenSignalIn(request);

/** A script that names Request has the part with the signals too. */
function noSignal(): SignalLike {
  const signals = signalsOfScript();
  if (signals !== null) return signals.make().signal;
  throw new TypeError("There are no signals here: expected the script to name AbortSignal");
}

/**
 * A given body wins over the original's; the latter's content type is among its headers already.
 */
function bodyFor(
  original: Request | null,
  init: RequestInit,
): { source: BodySource; contentType: string } {
  if (init?.body !== undefined && init.body !== null) return extractBody(init.body);
  if (original === null) return { source: null, contentType: "" };
  return { source: takeBody(original), contentType: "" };
}

function checkedUrl(input: unknown): string {
  const href = parseUrl(input);
  if (regexpExec(CREDENTIALS, href) === null) return href;
  throw new TypeError("Cannot make a request: its URL holds a user name or a password");
}

/** Of a serialised URL. */
const CREDENTIALS = /^[^:]*:\/\/[^/?#]*@/;
const NORMALIZED = /^(?:delete|get|head|options|post|put)$/i;
const FORBIDDEN = /^(?:connect|trace|track)$/i;

export function checkedMethod(method: string): string {
  const text = `${method}`;
  if (!isToken(text) || regexpExec(FORBIDDEN, text) !== null) {
    throw new TypeError(`Cannot make a request: expected another method than "${text}"`);
  }
  return regexpExec(NORMALIZED, text) === null ? text : stringToUpperCase(text);
}

export function checkedRedirect(redirect: string): "follow" | "error" | "manual" {
  if (redirect === "follow" || redirect === "error" || redirect === "manual") return redirect;
  throw new TypeError("Cannot make a request: expected redirect to be follow, error or manual");
}
