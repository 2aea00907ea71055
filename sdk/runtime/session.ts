// The session that hooks see, made of the parts of a call's frame. Nothing is parsed or cut
// before a hook looks at it; edits go straight into the outgoing frame, as long as the call is
// live.

import { hookIndex } from "../../src/wire/phases.ts";
import { TARGET } from "../../src/wire/records.ts";
import { SessionBodies } from "./bodies.ts";
import { type ClientFacts, clientOf } from "./client.ts";
import type { Call } from "./current.ts";
import { LAST_RESPONSE_HOOK, RequestLine, ResponseLine, trailersOf } from "./lines.ts";
import { LogFields } from "./log-fields.ts";
import type { Parts } from "./parts.ts";
import { hide } from "./stand-in.ts";
import { SessionTiming } from "./timing.ts";
import { traceOf } from "./trace.ts";
import { waitUntil } from "./wait-until.ts";
import type { Headers } from "./web/headers.ts";
import { copyBytes } from "./web/utf8.ts";

const parse = JSON.parse;
const toNumber = Number;

/** Hooks up to this one may edit the request. */
const LAST_REQUEST_HOOK = hookIndex("upstreamPeer");

export class Session {
  readonly #call: Call;
  readonly #parts: Parts;
  #request: RequestLine | null = null;
  #upstreamRequest: RequestLine | null = null;
  #response: ResponseLine | null = null;
  #trailers: Headers | undefined;
  #options: object | null = null;
  #log: LogFields | null = null;
  #client: ClientFacts | null = null;

  constructor(call: Call, parts: Parts) {
    this.#call = call;
    this.#parts = parts;
  }

  get id(): string {
    return this.#parts.client?.id ?? "";
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
    this.#upstreamRequest ??= new RequestLine(
      this.#call,
      TARGET.upstreamRequest,
      true,
      this.#parts,
    );
    return this.#upstreamRequest;
  }

  get response(): ResponseLine | null | undefined {
    const part = this.#parts.response;
    if (part === null) return this.#call.hook > LAST_RESPONSE_HOOK ? null : undefined;
    this.#response ??= new ResponseLine(this.#call, this.#parts, part);
    return this.#response;
  }

  get trailers(): Headers | undefined {
    this.#trailers ??= trailersOf(this.#call, this.#parts);
    return this.#trailers;
  }

  get client(): ClientFacts {
    this.#client ??= clientOf(this.#call, this.#parts);
    return this.#client;
  }

  waitUntil(promise: unknown): void {
    waitUntil(this.#call, promise);
  }

  get chunk(): Uint8Array | undefined {
    const call = this.#call;
    // a copy: what is to leave is changed by nothing but what a hook returns
    if (call.chunk === null && call.replacement !== null) call.chunk = copyBytes(call.replacement);
    return call.chunk ?? undefined;
  }

  get endOfStream(): boolean {
    return this.#parts.isEnd;
  }

  get timing(): SessionTiming {
    return new SessionTiming(this.#call, this.#parts);
  }

  get trace(): object | null {
    return traceOf(this.#parts.trace);
  }

  get attempt(): number {
    return this.#parts.attempt;
  }

  get choice(): unknown {
    const { choice } = this.#parts;
    return choice === "" ? undefined : parse(choice);
  }

  get peer(): string | undefined {
    return this.#parts.peer?.address;
  }

  get error(): object | null {
    const error = this.#parts.error;
    if (error === null) return null;
    return {
      code: error.code,
      blame: error.blame,
      status: error.status,
      message: parse(error.message),
      canRetry: error.canRetry,
    };
  }

  get upstream(): object | null {
    const part = this.#parts.upstream;
    if (part === null) return null;
    const { reused, tls, connectMs, ageMs } = part;
    const digest = this.#parts.tlsDigest;
    const tlsDigest = digest === "" ? null : parse(digest);
    return { peer: part.peer, local: part.local, reused, tls, tlsDigest, connectMs, ageMs };
  }

  get bytes(): { received: number; sent: number } {
    const totals = this.#parts.totals;
    return {
      received: toNumber(totals?.received ?? 0),
      sent: toNumber(totals?.sent ?? 0),
    };
  }

  get bodies(): SessionBodies {
    return new SessionBodies(this.#call, this.#parts);
  }

  /** Fields of the request's access line. */
  get log(): LogFields {
    this.#log ??= new LogFields(this.#call);
    return this.#log;
  }

  /**
   * For earlyRequestFilter: what the script assigns here goes to the host when the hook is done.
   */
  get options(): object {
    this.#options ??= {};
    return this.#options;
  }

  /** The runtime's: empty if it is not known, as in newCtx. */
  static idOf(session: object | null): string {
    return session !== null && #parts in session ? (session.#parts.client?.id ?? "") : "";
  }

  /** The runtime's: null if the script never looked at `options`. */
  static optionsOf(session: object | null): object | null {
    return session !== null && #options in session ? session.#options : null;
  }
}

/**
 * The bundler shortens the names of classes, and V8 and the script's log say an object's by its
 * `constructor`: so there is one that is named as the object's type is, and makes nothing.
 */
function nameAs(name: () => void, { prototype }: { readonly prototype: object }): void {
  hide(prototype, "constructor", name);
}

// methods keep their names
const names = {
  Session() {},
  SessionBodies() {},
  SessionLog() {},
  SessionRequest() {},
  SessionResponse() {},
  Timing() {},
};
nameAs(names.Session, Session);
nameAs(names.SessionBodies, SessionBodies);
nameAs(names.SessionLog, LogFields);
nameAs(names.SessionRequest, RequestLine);
nameAs(names.SessionResponse, ResponseLine);
nameAs(names.Timing, SessionTiming);
