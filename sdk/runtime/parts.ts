// The parts of a call's frame: where in the text each begins, and how long its pieces are. One
// object of numbers for each part; a piece is cut when a hook looks at it, and not before.

import { CONNECTION_FLAGS, REQUEST_FLAGS } from "../../src/wire/records.ts";
import { jsonParse, reflectGet, stringIndexOf, stringSlice } from "./primordials.ts";

/** The frame's text section, and how far it belongs to parts that were read. */
export interface TextCursor {
  readonly text: string;
  at: number;
}

/** What came with the call; null where the phase has no such thing. */
export interface Parts {
  attempt: number;
  /** The time of the turn that the call came in. */
  turnMs: number;
  request: RequestPart | null;
  client: ClientPart | null;
  /** JSON; empty: nothing is kept for its connection. */
  clientState: string;
  /** JSON; empty: no peer is chosen yet. */
  choice: string;
  upstreamRequest: RequestPart | null;
  response: ResponsePart | null;
  upstream: UpstreamPart | null;
  error: ErrorPart | null;
  totals: TotalsPart | null;
  peer: PeerPart | null;
  /** What hooks have said of bodies, as PASSED_BODY has it; null: nothing. */
  bodies: { readonly request: number; readonly response: number } | null;
  /** JSON; empty: no hook has marked anything. */
  marks: string;
  /** JSON; empty: the connection to the peer is in the clear, or there is none. */
  tlsDigest: string;
  /** Lines; empty: this is no hook that sees them. */
  trailers: string;
  trace: TracePart | null;
  /** The chunk is the last of its body. */
  isEnd: boolean;
}

// Each is made of its record, whose words begin behind `at`, and moves the cursor past its texts.

export class RequestPart {
  readonly httpVersion: string;
  readonly mayHaveTrailers: boolean;
  readonly #text: string;
  readonly #methodAt: number;
  readonly #targetAt: number;
  readonly #headersAt: number;
  readonly #authorityAt: number;
  readonly #end: number;

  /** @param isWhole  with authority and version, which one to an upstream has not of its own */
  constructor(cursor: TextCursor, words: Int32Array, at: number, isWhole: boolean) {
    this.#text = cursor.text;
    this.#methodAt = cursor.at;
    this.#targetAt = this.#methodAt + (words[at + 1] ?? 0);
    this.#headersAt = this.#targetAt + (words[at + 2] ?? 0);
    this.#authorityAt = this.#headersAt + (words[at + 3] ?? 0);
    this.#end = isWhole ? this.#authorityAt + (words[at + 4] ?? 0) : this.#authorityAt;
    const version = isWhole ? (words[at + 5] ?? 0) : 1;
    this.httpVersion = version & REQUEST_FLAGS.isHttp2 ? "2" : version & 1 ? "1.1" : "1.0";
    this.mayHaveTrailers = (version & REQUEST_FLAGS.mayHaveTrailers) !== 0;
    cursor.at = this.#end;
  }

  get method(): string {
    return stringSlice(this.#text, this.#methodAt, this.#targetAt);
  }

  get target(): string {
    return stringSlice(this.#text, this.#targetAt, this.#headersAt);
  }

  get headers(): string {
    return stringSlice(this.#text, this.#headersAt, this.#authorityAt);
  }

  get authority(): string {
    return stringSlice(this.#text, this.#authorityAt, this.#end);
  }
}

export class ClientPart {
  readonly port: number;
  readonly #text: string;
  readonly #addressAt: number;
  readonly #idAt: number;
  readonly #tlsAt: number;
  readonly #startAt: number;
  readonly #end: number;

  constructor(cursor: TextCursor, words: Int32Array, at: number) {
    this.port = words[at + 2] ?? 0;
    this.#text = cursor.text;
    this.#addressAt = cursor.at;
    this.#idAt = this.#addressAt + (words[at + 1] ?? 0);
    this.#tlsAt = this.#idAt + (words[at + 3] ?? 0);
    this.#startAt = this.#tlsAt + (words[at + 4] ?? 0);
    this.#end = this.#startAt + (words[at + 5] ?? 0);
    cursor.at = this.#end;
  }

  get address(): string {
    return stringSlice(this.#text, this.#addressAt, this.#idAt);
  }

  get id(): string {
    return stringSlice(this.#text, this.#idAt, this.#tlsAt);
  }

  /** By our own word, or by that of a balancer that has taken TLS off. */
  get isTls(): boolean {
    if (this.tls !== "") return true;
    const facts = this.proxy === "" ? null : jsonParse(this.proxy);
    return typeof facts === "object" && facts !== null && reflectGet(facts, "tls") !== null;
  }

  /** JSON; empty: in the clear. */
  get tls(): string {
    return stringSlice(this.#text, this.#tlsAt, this.#breakAt);
  }

  /** JSON; empty: no balancer has named the client. */
  get proxy(): string {
    const at = this.#breakAt;
    return at === this.#startAt ? "" : stringSlice(this.#text, at + 1, this.#startAt);
  }

  /** Between what is said of the two. */
  get #breakAt(): number {
    if (this.#tlsAt === this.#startAt) return this.#startAt;
    const at = stringIndexOf(this.#text, "\n", this.#tlsAt);
    return at === -1 || at > this.#startAt ? this.#startAt : at;
  }

  get startMs(): string {
    return stringSlice(this.#text, this.#startAt, this.#end);
  }
}

export class ResponsePart {
  readonly status: number;
  /** In RESPONSE_SOURCES. */
  readonly source: number;
  readonly #text: string;
  readonly #at: number;
  readonly #end: number;

  constructor(cursor: TextCursor, words: Int32Array, at: number) {
    this.status = words[at + 1] ?? 0;
    this.source = words[at + 3] ?? 0;
    this.#text = cursor.text;
    this.#at = cursor.at;
    this.#end = this.#at + (words[at + 2] ?? 0);
    cursor.at = this.#end;
  }

  get headers(): string {
    return stringSlice(this.#text, this.#at, this.#end);
  }
}

export class UpstreamPart {
  readonly reused: boolean;
  readonly tls: boolean;
  readonly ageMs: number;
  readonly #connectMicros: number;
  readonly #text: string;
  readonly #peerAt: number;
  readonly #localAt: number;
  readonly #end: number;

  constructor(cursor: TextCursor, words: Int32Array, at: number) {
    const flags = words[at + 3] ?? 0;
    this.reused = (flags & CONNECTION_FLAGS.reused) !== 0;
    this.tls = (flags & CONNECTION_FLAGS.tls) !== 0;
    this.ageMs = words[at + 4] ?? 0;
    this.#connectMicros = words[at + 5] ?? 0;
    this.#text = cursor.text;
    this.#peerAt = cursor.at;
    this.#localAt = this.#peerAt + (words[at + 1] ?? 0);
    this.#end = this.#localAt + (words[at + 2] ?? 0);
    cursor.at = this.#end;
  }

  get peer(): string {
    return stringSlice(this.#text, this.#peerAt, this.#localAt);
  }

  get local(): string {
    return stringSlice(this.#text, this.#localAt, this.#end);
  }

  get connectMs(): number {
    return this.#connectMicros / 1000;
  }
}

// The rare ones are cut at once.

export class ErrorPart {
  readonly code: string;
  readonly blame: string;
  /** JSON */
  readonly message: string;
  readonly status: number;
  readonly canRetry: boolean;

  constructor(cursor: TextCursor, words: Int32Array, at: number) {
    this.code = cutText(cursor, words[at + 1] ?? 0);
    this.blame = cutText(cursor, words[at + 2] ?? 0);
    this.message = cutText(cursor, words[at + 3] ?? 0);
    this.status = words[at + 4] ?? 0;
    this.canRetry = words[at + 5] === 1;
  }
}

export class TotalsPart {
  /** Decimal, both. */
  readonly received: string;
  readonly sent: string;

  constructor(cursor: TextCursor, words: Int32Array, at: number) {
    this.received = cutText(cursor, words[at + 1] ?? 0);
    this.sent = cutText(cursor, words[at + 2] ?? 0);
  }
}

export class PeerPart {
  readonly address: string;

  constructor(cursor: TextCursor, words: Int32Array, at: number) {
    this.address = cutText(cursor, words[at + 1] ?? 0);
  }
}

export interface TracePart {
  readonly ids: string; // of trace, span, and the parent's span if there is one, end to end
  readonly state: string;
  readonly flags: number;
}

export function cutText(cursor: TextCursor, length: number): string {
  const from = cursor.at;
  cursor.at += length;
  return length === 0 ? "" : stringSlice(cursor.text, from, cursor.at);
}
