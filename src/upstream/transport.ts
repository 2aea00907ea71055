// What the rest of Sluice knows of the way to a peer: a connection lends an exchange, and that
// exchange is what its borrower holds. Three implementations stand behind it: our own HTTP/1.1
// (http1-connection.ts), undici's (undici-connection.ts) and our own HTTP/2 (http2/connection.ts).
// The same life-cycle tests pass on the first two, so that each checks the other.

import type { SluiceError } from "../base/errors.ts";
import type { ConnectSteps } from "../observe/timings.ts";
import type { Egress } from "./egress.ts";
import type { PeerTls } from "./peer-tls.ts";
import type { TlsDigest } from "./tls-digest.ts";

/** A header of the PROXY protocol, before all else on each connection to a peer. */
export interface PeerProxy {
  readonly header: Buffer;
  /** Key of the peer, whoever the client is: of what is its own, such as sessions of TLS. */
  readonly peerKey: string;
}

/** One upstream address with its options. Two peers with the same `key` share a pool. */
export interface Peer {
  /** `host:port`, `[v6]:port`, `unix:/path` */
  readonly address: string;
  /** IP address without brackets, or a name; empty for a UNIX socket. */
  readonly host: string;
  readonly port: number;
  /** Path of a UNIX socket; null: TCP. */
  readonly socketPath: string | null;
  /** Null: in the clear. */
  readonly tls: PeerTls | null;
  readonly transport: "sluice" | "undici";
  readonly protocol: "http1" | "http2";
  /** Whose script chose it; null: the configuration did. */
  readonly tenant: string | null;
  /** Which addresses it may have; null: any, since the operator chose it. */
  readonly egress: Egress | null;
  /** Identity of the pool: everything that makes two connections interchangeable. */
  readonly key: string;
  readonly connectTimeoutMs: number;
  /** Time from the request's end to the response head. */
  readonly responseTimeoutMs: number;
  /** Time between two reads of the response's body. */
  readonly bodyTimeoutMs: number;
  /** How long an idle connection is kept. 0: never pooled. */
  readonly idleTimeoutMs: number;
  /** What goes before all else on each connection to it; null: nothing. */
  readonly proxy: PeerProxy | null;
  /** Null: there may be any number of connections to it. */
  readonly seats: PeerSeats | null;
}

/** How many connections there may be to a peer, of all workers, and who is told of them. */
export interface PeerSeats {
  /** False: there are as many as there may be. */
  takeConnection(): boolean;
  giveBackConnection(): void;
  /** One can lend without another being opened, since it rests or has room; or no more. */
  idleChanged(by: 1 | -1): void;
}

/** The head of a request as it goes on the wire; the transport adds framing and `Connection`. */
export interface UpstreamRequest {
  readonly method: string;
  readonly target: string;
  /** Validated header lines, each `Name: value\r\n`; no framing, no hop-by-hop fields. */
  readonly headers: string;
  /** Bytes of the body that follows; 0 with `hasBody` false: none; -1: unknown, so chunked. */
  readonly contentLength: number;
  /** What the block's Content-Length says, as in http1/messages.ts. */
  readonly statedLength: number;
  readonly hasBody: boolean;
  /** Trailers of the response are wanted, which the transport says. */
  readonly acceptsTrailers: boolean;
  /** False: the block certainly has no Authorization. */
  readonly mayLogIn: boolean;
  /** The block as the client sent it: a login that is not in it is not the client's. */
  readonly clientHeaders: string;
  /** `websocket` and the like: sent as `Upgrade` with `Connection: upgrade`. Empty: none. */
  readonly upgrade: string;
}

export interface UpstreamResponse {
  readonly status: number;
  readonly reason: string;
  /** Validated lines without hop-by-hop fields and Transfer-Encoding; Content-Length stays. */
  readonly headers: string;
  /** Bytes of the body; -1: unknown (chunked or close-delimited); 0 for HEAD, 204 and 304. */
  readonly contentLength: number;
  /** What the block's Content-Length says, as in http1/messages.ts. */
  readonly statedLength: number;
  readonly upgrade: string;
  readonly hasDate: boolean;
  /** The block has an X-Request-Id. */
  readonly hasRequestId: boolean;
}

/**
 * Who receives the response. Order: onInformational*, onHead, onData*, onEnd; or onError at any
 * point, after which nothing more comes. Callbacks may call `destroy` on the exchange. With onEnd,
 * onError and a complete onHead the exchange is over.
 */
export interface ResponseSink {
  onInformational(response: UpstreamResponse): void;
  /**
   * @param first   the body bytes that came with the head, or null; as latin1 text where they are
   *                the whole of a short body, which then leaves as one text with its head
   * @param isComplete  true: `first` is the whole body; onEnd is not called, and the exchange is
   *                over
   */
  onHead(response: UpstreamResponse, first: Buffer | string | null, isComplete: boolean): void;
  /** Return false to stop the flow until `exchange.resume()`. The chunk is the sink's to keep. */
  onData(chunk: Buffer): boolean;
  onEnd(trailers: string): void;
  onError(error: SluiceError): void;
  /** The request body's buffer has drained: write on. */
  onDrain(): void;
}

/** What a script sees as `session.upstream`, and the log and metrics too. */
export interface ConnectionFacts {
  readonly peer: Peer;
  readonly protocol: "HTTP/1.1" | "HTTP/2";
  /** `address:port` of our end. */
  readonly local: string;
  readonly tls: boolean;
  /** Null: in the clear. */
  readonly tlsDigest: TlsDigest | null;
  /** Time it took to establish, in ms, with a fraction. */
  readonly connectMs: number;
  /** Of that. Left out: nobody knows. */
  readonly steps?: ConnectSteps;
  /** When it was established, on the clock of `monotonicMs`. */
  readonly establishedMs: number;
}

/**
 * One exchange with a peer, lent by a connection. Once it is over, whatever is called on it does
 * nothing: its connection may serve another one by then.
 */
export interface LentExchange {
  readonly facts: ConnectionFacts;
  /** Requests that were sent on its connection before this one; 0 means that it is new. */
  readonly served: number;
  /** False: the connection has ended meanwhile. Nothing was sent, and the sink hears nothing. */
  send(request: UpstreamRequest, sink: ResponseSink): boolean;
  /** A part of the request body. False: wait for `onDrain`. */
  write(chunk: Buffer): boolean;
  /** End of the request body; `trailers` are validated lines, or empty. */
  end(trailers: string): void;
  pause(): void;
  resume(): void;
  /** The raw stream after a 101, which is the caller's. */
  detach(): { socket: import("node:net").Socket; head: Buffer };
  /** Gives it back; nothing was sent. */
  release(): void;
  /** Breaks it off at once, mid-message or not. The sink hears nothing more. */
  destroy(): void;
}

/** A connection to a peer. It lends one exchange at a time (HTTP/1.1), or many. */
export interface LendingConnection {
  readonly facts: ConnectionFacts;
  /**
   * An exchange with the timeouts of this peer. To be asked of one that rests, or that says that it
   * can lend more.
   *
   * @param logins  who keeps the connection, should it carry a login after that; null: nobody
   */
  lend(peer: Peer, logins: LoginKeeper | null): LentExchange;
  /** Ends it at once, with all that it has lent. Idempotent. */
  destroy(): void;
}

/** Keeps the connections that carry a client's login for that client: logins.ts. */
export interface LoginKeeper {
  /** Null: it keeps none to this peer. */
  take(peer: Peer): LentExchange | null;
  keep(connection: LendingConnection): void;
  /** A connection says that it is this client's, wherever it rests. False: the client has left. */
  mark(connection: LendingConnection): boolean;
  /** A connection has ended. */
  forget(connection: LendingConnection): void;
}

/** Who borrows. One of the two is called, once, unless the borrowing is cancelled. */
export interface Borrower {
  onLent(lent: LentExchange): void;
  /** There is no connection. */
  onConnectFailed(error: SluiceError): void;
}

/** A guard for a borrow under way. */
export interface Borrowing {
  cancel(): void;
}

export interface Transport {
  /**
   * An exchange of an idle connection to the peer (LIFO), else of a new one. The borrower may be
   * called within this.
   *
   * @param logins  of the client that it is for, whose connections come first; left out: nobody
   *                knows whose a login would be
   */
  borrow(peer: Peer, borrower: Borrower, logins?: LoginKeeper | null): Borrowing;
  /** One of a new connection, whatever is idle. */
  open(peer: Peer, borrower: Borrower, logins?: LoginKeeper | null): Borrowing;
}
