// Opens one socket to one address: TCP or a UNIX socket, and TLS on it if the peer wants it. It
// knows no deadline and no other address (dial.ts does), and not which protocol is spoken on the
// socket.

import { connect, type OnReadOpts, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { ErrorCode } from "../base/errors.ts";
import type { PeerTls } from "./peer-tls.ts";
import type { TlsSessions } from "./tls-sessions.ts";
import type { Peer } from "./transport.ts";

export interface OpeningOptions {
  readonly sessions: TlsSessions;
  /** Reads go into this buffer rather than through the socket's stream. */
  readonly onread?: OnReadOpts | undefined;
}

export interface OpeningFailure {
  readonly code: ErrorCode;
  /** For the log; may quote the peer. */
  readonly reason: string;
  readonly cause: Error;
}

export interface OpeningResult {
  /** The address has answered; what follows is TLS. */
  onReached(): void;
  onOpen(socket: Socket): void;
  onOpeningFailed(failure: OpeningFailure): void;
}

/** Ends in exactly one of `onOpen` and `onOpeningFailed`, or neither after `cancel`. */
export class Opening {
  readonly #peer: Peer;
  readonly #sessions: TlsSessions;
  #socket: Socket;
  #result: OpeningResult | null;
  #isReached = false;

  /** @param host the IP address; of no use for a UNIX socket */
  constructor(peer: Peer, host: string, options: OpeningOptions & { result: OpeningResult }) {
    this.#peer = peer;
    this.#sessions = options.sessions;
    this.#result = options.result;
    const { socketPath, port, tls } = peer;
    const place = {
      ...(socketPath === null ? { host, port } : { path: socketPath }),
      // A FIN is answered by us, in the one way that is right where it comes (a tunnel relays it).
      allowHalfOpen: true,
      ...(options.onread === undefined ? {} : { onread: options.onread }),
    };
    if (tls === null) {
      this.#socket = connect({ ...place, noDelay: true });
      this.#socket.once("connect", this.#onConnect);
    } else if (peer.proxy === null) {
      this.#socket = this.#secure(place, tls);
    } else {
      const { onread, ...inTheClear } = place;
      this.#socket = connect({ ...inTheClear, noDelay: true });
      this.#socket.once("connect", () => this.#secureNow(tls, onread));
    }
    this.#socket.once("error", this.#onError);
  }

  cancel(): void {
    this.#result = null;
    this.#unlisten();
    // A connect that was given up may still fail; nobody waits for that any more.
    this.#socket.on("error", ignore);
    this.#socket.destroy();
  }

  readonly #onConnect = (): void => {
    this.#sayWhose();
    this.#onOpen();
  };

  /** Before anything else: nothing is on its way yet, so the kernel takes it at once. */
  #sayWhose(): void {
    const { proxy } = this.#peer;
    if (proxy !== null) this.#socket.write(proxy.header);
  }

  /** TLS begins behind the header. A socket that was opened in the clear is read as a stream. */
  #secureNow(tls: PeerTls, onread: OnReadOpts | undefined): void {
    if (this.#result === null) return;
    this.#sayWhose();
    const clear = this.#socket;
    clear.off("error", this.#onError);
    const socket = this.#secure({ socket: clear }, tls);
    clear.on("error", (error) => socket.destroy(error));
    this.#socket = socket;
    socket.once("error", this.#onError);
    this.#onReached();
    if (onread !== undefined) readAsStream(socket, onread);
  }

  #secure(place: object, tls: PeerTls): TLSSocket {
    const { protocol } = this.#peer;
    const key = this.#sessionKey;
    const session = this.#sessions.get(key);
    const socket = connectTls({
      ...place,
      secureContext: tls.context,
      rejectUnauthorized: tls.verify,
      ALPNProtocols: [protocol === "http2" ? "h2" : "http/1.1"],
      ...(tls.serverName === null ? {} : { servername: tls.serverName }),
      ...(session === undefined ? {} : { session }),
    });
    socket.once("connect", this.#onReached);
    socket.once("secureConnect", this.#onOpen);
    socket.on("session", (fresh: Buffer) => this.#sessions.put(key, fresh));
    return socket;
  }

  #onReached = (): void => {
    this.#isReached = true;
    this.#socket.setNoDelay(true);
    this.#result?.onReached();
  };

  #onOpen = (): void => {
    if (this.#hasOtherProtocol) return this.#onError(new Error(NOT_HTTP2));
    const result = this.#result;
    this.#result = null;
    this.#unlisten();
    result?.onOpen(this.#socket);
  };

  #onError = (error: NodeJS.ErrnoException): void => {
    const result = this.#result;
    if (this.#isReached) this.#sessions.drop(this.#sessionKey);
    this.cancel();
    result?.onOpeningFailed(this.#isReached ? tlsFailure(this.#told(error)) : failure(error));
  };

  get #sessionKey(): string {
    return this.#peer.proxy?.peerKey ?? this.#peer.key;
  }

  /** OpenSSL's sentence does not say which protocol was asked for. */
  #told(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
    const isOther = error.code === NO_PROTOCOL && this.#peer.protocol === "http2";
    return isOther ? new Error(NOT_HTTP2, { cause: error }) : error;
  }

  /** A peer without ALPN may speak anything: what it was not asked for is not sent to it. */
  get #hasOtherProtocol(): boolean {
    const socket = this.#socket;
    const isAsked = this.#peer.protocol === "http2" && this.#peer.tls !== null;
    return isAsked && "alpnProtocol" in socket && socket.alpnProtocol !== "h2";
  }

  #unlisten(): void {
    this.#socket.off("connect", this.#onConnect);
    this.#socket.off("connect", this.#onReached);
    this.#socket.off("secureConnect", this.#onOpen);
    this.#socket.off("error", this.#onError);
  }
}

const NOT_HTTP2 = "the peer does not offer HTTP/2 (expected h2 by ALPN)";

function failure(cause: NodeJS.ErrnoException): OpeningFailure {
  return { code: codeOf(cause), reason: cause.code ?? cause.message, cause };
}

function codeOf(error: NodeJS.ErrnoException): ErrorCode {
  if (error.code === "ECONNREFUSED") return "connect_refused";
  if (error.code === "ETIMEDOUT") return "connect_timeout";
  // ours, or the whole machine's: nothing that the peer has done
  if (error.code === "EMFILE" || error.code === "ENFILE") return "out_of_descriptors";
  return "connect_failed";
}

/** A certificate may hold any number of names, and a message may quote them all. */
const REASON_CHARS_MAX = 256;

/** Node's, on its command line: here an operator sets `ca`. */
/** The peer has an answer for none of the protocols that it was offered. */
const NO_PROTOCOL = "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL";

const ADVICE = /; if the root CA .*$/;

function tlsFailure(cause: NodeJS.ErrnoException): OpeningFailure {
  // OpenSSL's own sentence is in `reason`; its message is full of source files and lines.
  const isSentence = "reason" in cause && typeof cause.reason === "string";
  const said = isSentence ? cause.reason : cause.message.replace(ADVICE, "");
  const code = cause.code === undefined ? "" : ` (${cause.code})`;
  const reason = `TLS: ${`${said}`.slice(0, REASON_CHARS_MAX)}${code}`;
  return { code: "tls_failed", reason, cause };
}

/** As if the socket had been opened with it, for as long as its connection has it. */
function readAsStream(socket: Socket, { buffer, callback }: OnReadOpts): void {
  const shared = typeof buffer === "function" ? buffer() : buffer;
  socket.on("data", (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += shared.length) {
      const part = bytes.subarray(at, at + shared.length);
      shared.set(part);
      if (!callback(part.length, shared)) socket.pause();
    }
  });
}

function ignore(): void {}
