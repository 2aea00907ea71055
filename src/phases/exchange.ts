// One request/response exchange as the phases know it: what hooks see and what their effects
// change. It knows neither sockets nor connections; `serve.ts` moves it along. It is the innermost
// layer itself: what belongs to its tenant's script alone is in `layer.ts`.

import type { SluiceError } from "../base/errors.ts";
import type { TenantMeter } from "../observe/tenant-meter.ts";
import type { Timings } from "../observe/timings.ts";
import type { RequestTrace } from "../observe/trace/request-trace.ts";
import type { GiveAnswer, HostCall } from "../sandbox/host-call.ts";
import type { Hold } from "../state/limit-holds.ts";
import type { ConnectionFacts } from "../upstream/transport.ts";
import { Background } from "./background.ts";
import type { ClientStates } from "./client-states.ts";
import { Layer, type LayerBegin } from "./layer.ts";

export interface ExchangeClient {
  readonly address: string;
  readonly port: number;
  /**
   * What `session.client.tls` is, as JSON in ASCII; empty: the connection is in the clear. Behind a
   * line break: `session.client.proxy`; without one it is null.
   */
  readonly tlsText: string;
}

/** The line and the header block of a request. */
export interface RequestParts {
  method: string;
  target: string;
  headers: string;
}

/** The status and the header block of a response. */
export interface ResponseParts {
  status: number;
  headers: string;
  /** False: the block certainly has no X-Request-Id. */
  mayHaveId: boolean;
  /** Whose it is: of SOURCE (src/wire/response-sources.ts). */
  readonly source: number;
}

/** Headers that hooks have set, appended to or removed, as `foldedName` has them; and trailers. */
export interface EditedNames {
  readonly request: Set<string>;
  readonly response: Set<string>;
  /** Lines that are on their way through their hooks. */
  requestTrailers: string;
  responseTrailers: string;
}

const noNames = (): EditedNames => ({
  request: new Set(),
  response: new Set(),
  requestTrailers: "",
  responseTrailers: "",
});

/** Reads the whole request body, of at most so many bytes, for a hook. */
export type ReadBody = (
  bytesMax: number,
  done: (error: string | null, body: Buffer) => void,
) => void;

/** The same, piece by piece: to be asked for them by `next`. */
export type StreamBody = (bytesMax: number, answer: GiveAnswer) => HostCall;

/** What the client speaks. */
export type HttpVersion = "1.0" | "1.1" | "2";

export class Exchange extends Layer implements RequestParts {
  readonly id: string;
  /** Milliseconds since the epoch, with a fraction, when the head was complete. */
  readonly startMs: number;
  readonly client: ExchangeClient;
  /** Of the client's connection; null: that is not the client's alone. */
  readonly states: ClientStates | null;
  readonly version: HttpVersion;
  /** As the client named it; empty: it did not. */
  readonly host: string;
  /** Host of the request's URL, never empty. */
  readonly authority: string;
  /** Empty: nobody's. */
  readonly tenant: string;
  /** Null: nobody's. */
  readonly meter: TenantMeter | null;
  method: string;
  target: string;
  headers: string;
  /** The response was asked for as the client wants it: its body passes the hooks by. */
  askedAsIs = false;
  /** 1 for the first try. */
  attempt = 1;
  canRetry = false;
  upstreamRequest: RequestParts | null = null;
  response: ResponseParts | null = null;
  upstream: ConnectionFacts | null = null;
  isReused = false;
  error: SluiceError | null = null;
  /** Address of the peer that the error came from. */
  peer = "";
  /** Name of the group it was sent to, or the peer as the script wrote it. Empty: to none. */
  destination = "";
  /** As the upstream gave it, whatever hooks made of it; 0: none. */
  upstreamStatus = 0;
  /** Where there is a body, `request-body.ts` sets it. */
  readBody: ReadBody = noBody;
  /** The same, piece by piece. */
  streamBody: StreamBody = noStream;
  #background: Background | null = null;
  /** Who is to know that the client has left; null: nobody wants to. */
  #goneListeners: (() => void)[] | null = null;
  #isClientGone = false;
  /** Of in-flight limits; null: nothing. */
  #holds: Hold[] | null = null;
  /** Null: no trailers can come, so nobody asks. */
  readonly editedNames: EditedNames | null;
  bytesReceived = 0;
  bytesSent = 0;
  /** Null: nobody measures. */
  readonly timings: Timings | null;
  /** Null: nobody traces. */
  readonly trace: RequestTrace | null;
  /** It came with a tester's pass. */
  readonly isTester: boolean;
  /** Null: it is neither captured nor replayed. */
  readonly callNotes: CallNotes | null;

  constructor(begin: ExchangeBegin) {
    super(begin);
    this.id = begin.id;
    this.startMs = begin.startMs;
    this.client = begin.client;
    this.states = begin.states;
    this.version = begin.version;
    this.host = begin.host;
    this.authority = begin.authority;
    this.tenant = begin.tenant;
    this.meter = begin.meter;
    this.method = begin.method;
    this.target = begin.target;
    this.headers = begin.headers;
    this.callNotes = begin.callNotes ?? null;
    this.trace = begin.trace ?? null;
    this.isTester = begin.isTester === true;
    this.timings = begin.timings ?? null;
    this.editedNames = begin.mayHaveTrailers ? noNames() : null;
  }

  /** Of its hooks: made when one has something that goes on. */
  get background(): Background {
    this.#background ??= new Background();
    return this.#background;
  }

  /** Something of it goes on behind a hook's result, or did. */
  get hasBackground(): boolean {
    return this.#background !== null;
  }

  /** `tell` is called when the client has left, now or later. */
  whenGone(tell: () => void): void {
    if (this.#isClientGone) return tell();
    this.#goneListeners ??= [];
    this.#goneListeners.push(tell);
  }

  /** To be given back when it is over. */
  keep(hold: Hold): void {
    this.#holds ??= [];
    this.#holds.push(hold);
  }

  /** Its answer is out, or it has none any more. */
  end(): void {
    this.closeSources();
    this.#letGo();
  }

  /** Nothing goes on behind it either: its logging hook, what was handed to waitUntil. */
  leave(): void {
    this.#letGo();
    this.outer?.leave();
  }

  #letGo(): void {
    if (this.#holds === null) return;
    for (const hold of this.#holds) hold.release();
    this.#holds = null;
  }

  clientGone(error: SluiceError): void {
    this.error = error;
    this.#isClientGone = true;
    for (const tell of this.#goneListeners ?? []) tell();
    this.#goneListeners = null;
  }
}

export interface ExchangeBegin extends Readonly<RequestParts>, LayerBegin {
  readonly id: string;
  readonly startMs: number;
  readonly client: ExchangeClient;
  /** Of the client's connection; null: that is not the client's alone. */
  readonly states: ClientStates | null;
  readonly version: HttpVersion;
  readonly host: string;
  readonly authority: string;
  readonly tenant: string;
  readonly meter: TenantMeter | null;
  /** In either direction. */
  readonly mayHaveTrailers: boolean;
  /** Left out: nobody measures. */
  readonly timings?: Timings | null;
  /** Left out: nobody traces. */
  readonly trace?: RequestTrace | null;
  /** Left out: it came without a pass. */
  readonly isTester?: boolean;
  /** Left out: it is neither captured nor replayed. */
  readonly callNotes?: CallNotes | null;
}

/** Who keeps, or has, what the calls of its tenant's hooks learn (sdk/runtime/notes.ts). */
export interface CallNotes {
  /** For the next call of that chain: what it learnt before; empty: it is to be noted. */
  before(chain: number): string;
  /** Null: the call did not come so far. */
  after(chain: number, notes: string | null): void;
}

const noBody: ReadBody = (_bytesMax, done) => done(null, Buffer.alloc(0));

const NO_BODY: HostCall = {
  close: () => undefined,
  next(_ask, answer) {
    answer({ ok: true, text: "", bytes: null });
    return NO_BODY;
  },
};

const noStream: StreamBody = (_bytesMax, answer) => {
  answer({ ok: true, text: "", bytes: null }, true);
  return NO_BODY;
};
