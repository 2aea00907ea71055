// The session that hooks see, made of the parts of a call's frame. Nothing is parsed or cut before a
// hook looks at it; edits go straight into the outgoing frame, as long as the call is live.

import { HOOKS, hookIndex } from "../../src/wire/phases.ts";
import { OP, OUT, TARGET } from "../../src/wire/records.ts";
import type { Call } from "./current.ts";
import { out } from "./port.ts";
import { type Headers, headersOf } from "./web/headers.ts";

/** A slice of the frame's text, taken when it is needed. */
export class Piece {
  readonly #text: string;
  readonly #from: number;
  readonly #to: number;

  constructor(text: string, from: number, length: number) {
    this.#text = text;
    this.#from = from;
    this.#to = from + length;
  }

  get text(): string {
    return apply(slice, this.#text, [this.#from, this.#to]);
  }
}

/** What came with the call; null where the phase has no such thing. */
export interface Parts {
  attempt: number;
  canRetry: boolean;
  /** The time of the turn that the call came in. */
  turnMs: number;
  request: { method: Piece; target: Piece; headers: Piece; host: Piece; minor: number } | null;
  client: { address: Piece; port: number; id: Piece; tls: boolean; startMs: Piece } | null;
  upstreamRequest: { method: Piece; target: Piece; headers: Piece } | null;
  response: { status: number; headers: Piece } | null;
  upstream: { peer: Piece; local: Piece; reused: boolean; tls: boolean; connectMs: number } | null;
  error: { code: Piece; blame: Piece; message: Piece; status: number } | null;
  totals: { received: Piece; sent: Piece } | null;
  peer: Piece | null;
}

const apply = Reflect.apply;
const slice = String.prototype.slice;
const parse = JSON.parse;
const toNumber = Number;

/** Hooks up to this one may edit the request. */
const LAST_REQUEST_HOOK = hookIndex("upstreamPeer");
const LAST_RESPONSE_HOOK = hookIndex("responseFilter");

export class Session {
  readonly #call: Call;
  readonly #parts: Parts;
  #request: RequestLine | null = null;
  #upstreamRequest: RequestLine | null = null;
  #response: ResponseLine | null = null;
  #options: object | null = null;

  constructor(call: Call, parts: Parts) {
    this.#call = call;
    this.#parts = parts;
  }

  get id(): string {
    return this.#parts.client?.id.text ?? "";
  }

  get request(): RequestLine {
    if (this.#request === null) {
      const canEdit = this.#call.hook <= LAST_REQUEST_HOOK;
      this.#request = new RequestLine(this.#call, TARGET.request, canEdit, this.#parts);
    }
    return this.#request;
  }

  get upstreamRequest(): RequestLine | undefined {
    if (this.#parts.upstreamRequest === null) return undefined;
    this.#upstreamRequest ??= new RequestLine(this.#call, TARGET.upstreamRequest, true, this.#parts);
    return this.#upstreamRequest;
  }

  get response(): ResponseLine | null | undefined {
    const part = this.#parts.response;
    if (part === null) return this.#call.hook > LAST_RESPONSE_HOOK ? null : undefined;
    this.#response ??= new ResponseLine(this.#call, part.status, part.headers);
    return this.#response;
  }

  get client(): { address: string; port: number; tls: boolean } {
    const client = this.#parts.client;
    return {
      address: client?.address.text ?? "",
      port: client?.port ?? 0,
      tls: client?.tls ?? false,
    };
  }

  get timing(): { startMs: number; elapsedMs: number } {
    const startMs = toNumber(this.#parts.client?.startMs.text ?? 0);
    return { startMs, elapsedMs: this.#parts.turnMs - startMs };
  }

  get attempt(): number {
    return this.#parts.attempt;
  }

  get peer(): string | undefined {
    return this.#parts.peer?.text;
  }

  get error(): object | null {
    const error = this.#parts.error;
    if (error === null) return null;
    return {
      code: error.code.text,
      blame: error.blame.text,
      status: error.status,
      message: parse(error.message.text),
      canRetry: this.#parts.canRetry,
    };
  }

  get upstream(): object | null {
    const part = this.#parts.upstream;
    if (part === null) return null;
    const { reused, tls, connectMs } = part;
    return { peer: part.peer.text, local: part.local.text, reused, tls, connectMs };
  }

  get bytes(): { received: number; sent: number } {
    const totals = this.#parts.totals;
    return {
      received: toNumber(totals?.received.text ?? 0),
      sent: toNumber(totals?.sent.text ?? 0),
    };
  }

  /** For earlyRequestFilter: what the script assigns here goes to the host when the hook is done. */
  get options(): object {
    this.#options ??= {};
    return this.#options;
  }

  /** The runtime's: null if the script never looked at `options`. */
  static optionsOf(session: Session): object | null {
    return session.#options;
  }
}

/** Method, target and headers of a request that a hook may edit. */
class RequestLine {
  readonly #call: Call;
  readonly #target: number;
  readonly #canEdit: boolean;
  readonly #parts: Parts;
  #method: string | null = null;
  #path: string | null = null;
  #headers: Headers | null = null;

  constructor(call: Call, target: number, canEdit: boolean, parts: Parts) {
    this.#call = call;
    this.#target = target;
    this.#canEdit = canEdit;
    this.#parts = parts;
  }

  get #part(): { method: Piece; target: Piece; headers: Piece } | null {
    return this.#target === TARGET.request ? this.#parts.request : this.#parts.upstreamRequest;
  }

  get method(): string {
    return this.#method ?? this.#part?.method.text ?? "";
  }

  set method(method: string) {
    this.#writeLine(`${method}`, this.target);
  }

  get target(): string {
    return this.#path ?? this.#part?.target.text ?? "";
  }

  set target(target: string) {
    this.#writeLine(this.method, `${target}`);
  }

  get url(): string {
    const scheme = this.#parts.client?.tls ? "https" : "http";
    return `${scheme}://${this.#parts.request?.host.text ?? ""}${this.target}`;
  }

  get httpVersion(): string {
    return `1.${this.#parts.request?.minor ?? 1}`;
  }

  get headers(): Headers {
    if (this.#headers === null) {
      const journal = this.#canEdit ? journalOf(this.#call, this.#target) : null;
      const mode = this.#canEdit ? "mutable" : "immutable";
      this.#headers = headersOf(this.#part?.headers.text ?? "", journal, mode);
    }
    return this.#headers;
  }

  #writeLine(method: string, target: string): void {
    if (!this.#canEdit) throw new TypeError(`the request is read-only in ${nameOf(this.#call)}`);
    if (!isMethod(method)) throw new TypeError("expected a method made of token characters");
    if (!isTarget(target)) throw new TypeError("expected a target: a path of visible ASCII from /");
    this.#method = method;
    this.#path = target;
    if (!this.#call.isLive) return;
    out.record(OUT.LINE, this.#call.id, this.#target, method.length, target.length);
    out.text += method + target;
  }
}

/** Status and headers of a response; editable in the response filters. */
class ResponseLine {
  readonly #call: Call;
  readonly #canEdit: boolean;
  readonly #block: Piece;
  #status: number;
  #headers: Headers | null = null;

  constructor(call: Call, status: number, block: Piece) {
    this.#call = call;
    this.#canEdit = call.hook <= LAST_RESPONSE_HOOK;
    this.#status = status;
    this.#block = block;
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
    if (this.#call.isLive) out.record(OUT.STATUS, this.#call.id, status);
  }

  get headers(): Headers {
    if (this.#headers === null) {
      const journal = this.#canEdit ? journalOf(this.#call, TARGET.response) : null;
      const mode = this.#canEdit ? "mutable" : "immutable";
      this.#headers = headersOf(this.#block.text, journal, mode);
    }
    return this.#headers;
  }
}

type Journal = (op: number, name: string, value: string) => void;

function journalOf(call: Call, target: number): Journal {
  return (op, name, value) => {
    if (!call.isLive) return;
    if (out.room < 8) throw new RangeError("too many edits in one call");
    const kept = op === OP.remove ? "" : value;
    out.record(OUT.EDIT, call.id, target, op, name.length, kept.length);
    out.text += name + kept;
  };
}

const nameOf = (call: Call): string => HOOKS[call.hook] ?? "this hook";

const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
const VISIBLE = /^(?:\/[!-"$-~]*|\*)$/;
const exec = RegExp.prototype.exec;
const isMethod = (text: string): boolean => apply(exec, METHOD, [text]) !== null;
const isTarget = (text: string): boolean => apply(exec, VISIBLE, [text]) !== null;
