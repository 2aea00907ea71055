// The socket of a client as its connection hears it: bytes and four events that can be taken back
// when the socket goes on to others (a tunnel, its own end), and who is at the other side.

import { isIPv6, type Socket } from "node:net";
import { type ByteReceiver, ReadTap, tapSecure, throughTap } from "../base/read-tap.ts";
import type { Endpoint, ProxyHeader } from "../proxy-protocol/header.ts";
import { escapeJson } from "../wire/frame.ts";
import type { AddressSeat } from "./address-counts.ts";
import { plainAddress } from "./client-chain.ts";
import { ClientOwn } from "./client-own.ts";
import type { ClientSender } from "./client-stream.ts";
import type { SenderLines } from "./forwarded.ts";
import { proxyFacts } from "./proxied/facts.ts";
import type { Arrival } from "./proxied/front.ts";
import type { Secure } from "./tls/secure.ts";

export interface SocketListener {
  /** @param bytes  a window on a buffer that the next read overwrites */
  onData(bytes: Buffer): void;
  onDrain(): void;
  onEnd(): void;
  onError(error: Error): void;
  onClose(): void;
}

/** A client's connection that has come in. */
export interface Accepted {
  readonly socket: Socket;
  readonly secure: Secure | null;
  /** Null or left out: it began with the client's own bytes, none of which were read. */
  readonly arrival?: Arrival | null;
  /** Null or left out: the connections of its address are not counted. */
  readonly seat?: AddressSeat | null;
}

export class ClientSocket implements ByteReceiver, ClientSender {
  /** Not the one that was accepted. */
  readonly socket: Socket;
  readonly address: string;
  readonly port: number;
  readonly tls: boolean;
  readonly secure: Secure | null;
  isHttp2 = false;
  lines: SenderLines | null = null;
  own: ClientOwn | null = new ClientOwn();
  /** Given back when its socket is closed. */
  seat: AddressSeat | null;
  /** Who hears it; another, once it is known what is spoken. */
  listener: SocketListener = NOBODY;
  #isLetGo = false;
  #tlsText: string | null = null;
  readonly #header: ProxyHeader | null;

  constructor({ socket: accepted, secure, arrival = null, seat = null }: Accepted) {
    this.secure = secure;
    this.seat = seat;
    const header = arrival === null ? null : arrival.header;
    this.#header = header;
    this.tls = secure !== null || (header?.details?.tls ?? null) !== null;
    // asked first, and the one that was accepted: it remembers what the system said
    const { remoteAddress = "", remotePort = 0 } = secure?.below ?? accepted;
    this.address = plainAddress(header?.ends?.source.address ?? remoteAddress);
    this.port = header?.ends?.source.port ?? remotePort;
    const tap = new ReadTap();
    const tapped = throughTap(accepted, tap);
    const socket = tapped ?? accepted;
    if (tapped !== null || (secure !== null && tapSecure(socket, tap))) tap.receiver = this;
    else socket.on("data", this.#onData).resume();
    this.socket = socket;
    socket.on("drain", this.#onDrain);
    socket.on("end", this.#onEnd);
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
  }

  get tlsText(): string {
    if (this.secure === null && this.#header === null) return "";
    this.#tlsText ??= this.#makeTlsText();
    return this.#tlsText;
  }

  #makeTlsText(): string {
    const tls = this.secure === null ? "" : escapeJson(JSON.stringify(this.secure.facts));
    const proxy = this.#header === null ? "" : escapeJson(proxyFacts(this.#header));
    return proxy === "" ? tls : `${tls}\n${proxy}`;
  }

  get hasAgreedOnHttp2(): boolean {
    return this.secure?.protocol === "h2";
  }

  /** Our end, as the client sees it. */
  get destination(): Endpoint {
    const { localAddress, localPort = 0 } = this.socket;
    const own = { address: plainAddress(localAddress ?? ""), port: localPort };
    return this.#header?.ends?.destination ?? own;
  }

  get localAuthority(): string {
    const { address, port } = this.destination;
    if (address === "") return "localhost"; // not a network's socket, or gone
    return `${isIPv6(address) ? `[${withoutZone(address)}]` : address}:${port}`;
  }

  /** Nothing is heard any more: the socket is a stream for whoever has it now. */
  letGo(): Socket {
    const { socket } = this;
    this.#isLetGo = true;
    socket.off("data", this.#onData);
    socket.off("drain", this.#onDrain);
    socket.off("end", this.#onEnd);
    socket.off("error", this.#onError);
    socket.off("close", this.#onClose);
    return socket;
  }

  /** The client sees a broken message. */
  reset(): void {
    // libuv resets no socket whose end is on its way, and then Node never closes it
    if (this.socket.writableEnded) this.socket.destroy();
    else if (this.secure === null) this.socket.resetAndDestroy();
    else {
      this.secure.below.resetAndDestroy();
      this.socket.destroy();
    }
  }

  onBytes(bytes: Buffer): boolean {
    if (this.#isLetGo) return this.socket.push(Buffer.from(bytes));
    this.listener.onData(bytes);
    return true;
  }

  readonly #onData = (chunk: Buffer): void => this.listener.onData(chunk);

  readonly #onDrain = (): void => this.listener.onDrain();

  readonly #onEnd = (): void => this.listener.onEnd();

  readonly #onError = (error: Error): void => this.listener.onError(error);

  readonly #onClose = (): void => this.listener.onClose();
}

const ignore = (): void => {};

const NOBODY: SocketListener = {
  onData: ignore,
  onDrain: ignore,
  onEnd: ignore,
  onError: ignore,
  onClose: ignore,
};

/** `fe80::1` of `fe80::1%eth0`: which network it is on is no part of a URL. */
const withoutZone = (address: string): string => address.split("%", 1)[0] ?? "";
