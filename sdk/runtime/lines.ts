// What a hook may edit: the line and headers of a request, the status and headers of a response.
// Each edit goes straight into the outgoing frame, as long as its call is live.

import type { ReadableStream } from "web-streams-polyfill";
import { commonReadingOf } from "../../src/wire/path.ts";
import { HOOKS, hookIndex } from "../../src/wire/phases.ts";
import {
  EDITS_CHARS_MAX,
  EDITS_MAX,
  OP,
  OUT,
  TARGET,
  TARGET_CHARS_MAX,
} from "../../src/wire/records.ts";
import { RESPONSE_SOURCES } from "../../src/wire/response-sources.ts";
import { quote } from "./ascii-json.ts";
import { clientSignal } from "./client-signal.ts";
import type { Call } from "./current.ts";
import type { Parts, RequestPart, ResponsePart } from "./parts.ts";
import { out } from "./port.ts";
import { stringSlice } from "./primordials.ts";
import { readBody, readJson, readText, streamedBody } from "./request-body.ts";
import { Body } from "./web/body.ts";
import { type Headers, type HeadersJournal, headersOf } from "./web/headers.ts";
import type { SignalLike } from "./web/signals.ts";
import type { Bytes } from "./web/streams.ts";

const apply = Reflect.apply;

/** Hooks up to this one may read the request's body whole. */
const LAST_BODY_HOOK = hookIndex("upstreamRequestFilter");

/** Hooks up to this one may edit the response. */
export const LAST_RESPONSE_HOOK = hookIndex("responseFilter");

const REQUEST_TRAILER_HOOK = hookIndex("requestTrailerFilter");
const FIRST_TRAILER_HOOK = hookIndex("upstreamResponseTrailerFilter");
const LAST_TRAILER_HOOK = hookIndex("responseTrailerFilter");

/** Method, target and headers of a request that a hook may edit. */
export class RequestLine {
  readonly #call: Call;
  readonly #target: number;
  readonly #canEdit: boolean;
  readonly #parts: Parts;
  #method: string | null = null;
  #path: string | null = null;
  #headers: Headers | null = null;
  #body: Body | null = null;
  #signal: SignalLike | null = null;

  constructor(call: Call, target: number, canEdit: boolean, parts: Parts) {
    this.#call = call;
    this.#target = target;
    this.#canEdit = canEdit;
    this.#parts = parts;
  }

  #part(): RequestPart | null {
    return this.#target === TARGET.request ? this.#parts.request : this.#parts.upstreamRequest;
  }

  get method(): string {
    return this.#method ?? this.#part()?.method ?? "";
  }

  set method(method: string) {
    this.#writeLine(`${method}`, this.target);
  }

  get target(): string {
    return this.#path ?? this.#part()?.target ?? "";
  }

  set target(target: string) {
    this.#writeLine(this.method, `${target}`);
  }

  get url(): string {
    const scheme = this.#parts.client?.isTls ? "https" : "http";
    // the URL of `OPTIONS *` is that of the whole server (RFC 9112 section 3.3)
    const rest = this.target === "*" ? "" : this.target;
    return `${scheme}://${this.#parts.request?.authority ?? ""}${rest}`;
  }

  get path(): string | null {
    return commonReadingOf(this.target);
  }

  get httpVersion(): string {
    return this.#parts.request?.httpVersion ?? "1.1";
  }

  /** As of a Request. Null: its method says that there is none. */
  get body(): ReadableStream<Bytes> | null {
    if (this.method === "GET" || this.method === "HEAD") return null;
    this.#checkBody();
    this.#body ??= new Body(streamedBody(this.#call));
    return this.#body.body;
  }

  /** Aborted when the client leaves, for what goes on then. */
  get signal(): SignalLike {
    this.#signal ??= clientSignal(this.#call);
    return this.#signal;
  }

  async bytes(): Promise<Uint8Array> {
    this.#checkBody();
    return await readBody(this.#call);
  }

  async text(): Promise<string> {
    this.#checkBody();
    return await readText(this.#call);
  }

  async json(): Promise<unknown> {
    this.#checkBody();
    return await readJson(this.#call);
  }

  /** Later the body is on its way, and no longer here. */
  #checkBody(): void {
    if (this.#call.hook <= LAST_BODY_HOOK) return;
    const hook = nameOf(this.#call);
    throw new TypeError(`the body can be read up to upstreamRequestFilter, and not in ${hook}`);
  }

  get headers(): Headers {
    if (this.#headers === null) {
      const journal = this.#canEdit ? journalOf(this.#call, this.#parts, this.#target) : null;
      const mode = this.#canEdit ? "request" : "immutable";
      this.#headers = headersOf(this.#part()?.headers ?? "", journal, mode);
    }
    return this.#headers;
  }

  #writeLine(method: string, target: string): void {
    if (!this.#canEdit) throw new TypeError(`the request is read-only in ${nameOf(this.#call)}`);
    if (!isMethod(method)) throw new TypeError("expected a method made of token characters");
    if (method === "CONNECT" || method === "TRACE") {
      throw new TypeError(`expected a method that may be forwarded, got ${method}`);
    }
    if (target.length > TARGET_CHARS_MAX) {
      const expected = `expected a target of at most ${TARGET_CHARS_MAX} characters`;
      throw new RangeError(`${expected}, got ${target.length}`);
    }
    if (!isTarget(target)) {
      const got = quote(stringSlice(target, 0, SHOWN_CHARS));
      throw new TypeError(`expected a target: a path of visible ASCII from /, got ${got}`);
    }
    if (target === "*" && method !== "OPTIONS") {
      throw new TypeError(`the target * is for OPTIONS alone, got ${method}`);
    }
    this.#method = method;
    this.#path = target;
    if (!this.#call.isLive) return;
    const text = method + target;
    countEdit(this.#call, text.length);
    out.write(text, OUT.LINE, this.#call.id, this.#target, method.length, target.length);
  }
}

/** Status and headers of a response; editable in the response filters. */
export class ResponseLine {
  readonly #call: Call;
  readonly #canEdit: boolean;
  readonly #parts: Parts;
  readonly #part: ResponsePart;
  #status: number;
  #headers: Headers | null = null;

  constructor(call: Call, parts: Parts, part: ResponsePart) {
    this.#call = call;
    this.#canEdit = call.hook <= LAST_RESPONSE_HOOK;
    this.#status = part.status;
    this.#parts = parts;
    this.#part = part;
  }

  get status(): number {
    return this.#status;
  }

  set status(status: number) {
    if (!this.#canEdit) throw new TypeError(`the response is read-only in ${nameOf(this.#call)}`);
    if (!(status >= 200 && status <= 599 && status % 1 === 0)) {
      throw new RangeError(`expected a status from 200 to 599, got ${status}`);
    }
    this.#status = status;
    if (!this.#call.isLive) return;
    countEdit(this.#call, 0);
    out.record(OUT.STATUS, this.#call.id, status);
  }

  get source(): string {
    return RESPONSE_SOURCES[this.#part.source] ?? "upstream";
  }

  get headers(): Headers {
    if (this.#headers === null) {
      const journal = this.#canEdit ? journalOf(this.#call, this.#parts, TARGET.response) : null;
      const mode = this.#canEdit ? "mutable" : "immutable";
      this.#headers = headersOf(this.#part.headers, journal, mode);
    }
    return this.#headers;
  }
}

/** The trailers of a message, in the hooks that may edit them; undefined: this is none. */
export function trailersOf(call: Call, parts: Parts): Headers | undefined {
  const isRequests = call.hook === REQUEST_TRAILER_HOOK;
  const isResponses = call.hook >= FIRST_TRAILER_HOOK && call.hook <= LAST_TRAILER_HOOK;
  if (!isRequests && !isResponses) return undefined;
  const target = isRequests ? TARGET.requestTrailers : TARGET.responseTrailers;
  const mode = isRequests ? "request" : "mutable";
  return headersOf(parts.trailers, journalOf(call, parts, target), mode);
}

/** What is removed must not come as a trailer either: it is told, whether it is there or not. */
function journalOf(call: Call, parts: Parts, target: number): HeadersJournal {
  const tellsAll = parts.request?.mayHaveTrailers === true;
  return (op, name, value, isChange) => {
    if (!call.isLive || !(isChange || tellsAll)) return;
    const kept = op === OP.remove ? "" : value;
    const text = name + kept;
    countEdit(call, text.length);
    out.write(text, OUT.EDIT, call.id, target, op, name.length, kept.length);
  };
}

export function countEdit(call: Call, chars: number): void {
  if (++call.edits > EDITS_MAX || !out.hasRoom) throw new RangeError("too many edits in one call");
  call.editChars += chars;
  if (call.editChars <= EDITS_CHARS_MAX) return;
  throw new RangeError(`edits of over ${EDITS_CHARS_MAX} characters in one call`);
}

const nameOf = (call: Call): string => HOOKS[call.hook] ?? "this hook";

/** Of what is refused, as much as shows what is wrong with it. */
const SHOWN_CHARS = 100;
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
const VISIBLE = /^(?:\/[!-"$-~]*|\*)$/;
const exec = RegExp.prototype.exec;
const isMethod = (text: string): boolean => apply(exec, METHOD, [text]) !== null;
const isTarget = (text: string): boolean => apply(exec, VISIBLE, [text]) !== null;
