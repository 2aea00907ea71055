// What a proxy adds to a request on its way: who the client was, who we are, which request this is.
// A client's own words about that are believed only if it is a trusted proxy; otherwise they are
// dropped, so that an upstream can rely on what it gets (RFC 9110 section 7.6.3, RFC 7239).

import { BlockList, isIP, isIPv6 } from "node:net";
import type { Network } from "../base/config/address.ts";
import { makeRequestId } from "../base/ids.ts";
import type { NotedFields, RequestHead } from "../http1/messages.ts";
import { addressOf, nodesOf } from "./client-chain.ts";
import type { ClientOwn } from "./client-own.ts";

/** Who may tell us about a client: the configuration's `trustedProxies`. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly #isEmpty: boolean;

  constructor(networks: readonly Network[]) {
    this.#isEmpty = networks.length === 0;
    for (const { address, prefix, family } of networks) {
      this.#list.addSubnet(address, prefix, family);
    }
  }

  includes(address: string): boolean {
    const version = this.#isEmpty ? 0 : isIP(address);
    return version !== 0 && this.#list.check(address, version === 6 ? "ipv6" : "ipv4");
  }
}

/** The near end of a connection, as far as requests on it are concerned. */
export interface Sender {
  readonly address: string;
  readonly port: number;
  readonly tls: boolean;
  readonly isHttp2: boolean;
  /** What its last request was sent on with: the next one is often to the same host. */
  lines: SenderLines | null;
}

/** The lines of a request that says nothing itself, up to its id. */
export interface SenderLines {
  readonly by: Forwarder;
  readonly host: string;
  readonly minor: 0 | 1;
  readonly text: string;
}

export interface Forwarding<S extends Sender = Sender> {
  readonly id: string;
  readonly sender: S;
  /** Of the client: who a trusted proxy named, else the sender. May be UNKNOWN_ADDRESS. */
  readonly clientAddress: string;
  /** The request's block with the lines of this file at its end. */
  readonly headers: string;
}

const ID = /^[\w.~-]{1,128}$/;

export class Forwarder {
  readonly #trusted: TrustedProxies;
  readonly #pseudonym: string;
  readonly #viaName: RegExp;

  /** @param pseudonym  our name in Via; a request that carries it has been here before */
  constructor(trusted: TrustedProxies, pseudonym: string) {
    this.#trusted = trusted;
    this.#pseudonym = pseudonym;
    this.#viaName = new RegExp(`[\\t ]${pseudonym}(?:[\\t ,]|$)`);
  }

  /** Whether it is one of our proxies. */
  trusts(address: string): boolean {
    return this.#trusted.includes(address);
  }

  /** Whether the client came by https: a trusted proxy knows better than our own connection. */
  isSecure({ noted }: RequestHead, sender: Sender): boolean {
    if (noted === null || !this.trusts(sender.address)) return sender.tls;
    const said = noted.forwardedProto ?? PROTO.exec(noted.forwarded ?? "")?.[1];
    return said === undefined ? sender.tls : /^\s*https\b/i.test(said);
  }

  isLoop(head: RequestHead): boolean {
    const via = head.noted?.via;
    return via !== undefined && this.#viaName.test(via);
  }

  forward<S extends Sender>(head: RequestHead, sender: S): Forwarding<S> {
    const noted = head.noted;
    if (noted === null) return this.#fromStranger(head, sender, "");
    if (!this.#trusted.includes(sender.address)) {
      return this.#fromStranger(head, sender, noted.via ?? "");
    }
    return this.#fromProxy(head, sender, noted);
  }

  #fromStranger<S extends Sender>(head: RequestHead, sender: S, via: string): Forwarding<S> {
    const id = makeRequestId();
    const lines =
      via === "" ? this.#linesFor(head, sender) : this.#strangersLines(head, sender, via);
    const headers = head.headers + lines + id + "\r\n";
    return { id, sender, clientAddress: sender.address, headers: headers + maxForwards(head) };
  }

  /** In one piece: each piece of a head costs when it is written. */
  #linesFor({ host, minor }: RequestHead, sender: Sender): string {
    const last = sender.lines;
    if (last?.by === this && last.host === host && last.minor === minor) return last.text;
    const text = inOnePiece(this.#strangersLines({ host, minor }, sender, ""));
    sender.lines = { by: this, host: inOnePiece(host), minor, text };
    return text;
  }

  #strangersLines(head: Addressed, sender: Sender, via: string): string {
    return (
      `X-Forwarded-For: ${sender.address}\r\n` +
      `X-Forwarded-Proto: ${sender.tls ? "https" : "http"}\r\n` +
      hostLine(head.host) +
      `${this.#via(head, sender, via)}X-Request-Id: `
    );
  }

  #fromProxy<S extends Sender>(head: RequestHead, sender: S, noted: NotedFields): Forwarding<S> {
    const given = noted.requestId ?? "";
    const id = ID.test(given) ? given : makeRequestId();
    const told = noted.forwardedFor ?? "";
    const chain = HAS_ENTRY.test(told) ? told : chainOf(noted.forwarded ?? "");
    const scheme = sender.tls ? "https" : "http";
    const headers =
      `${head.headers}X-Forwarded-For: ${chain === "" ? "" : `${chain}, `}${sender.address}\r\n` +
      `X-Forwarded-Proto: ${noted.forwardedProto ?? scheme}\r\n` +
      hostLine(noted.forwardedHost ?? head.host) +
      (noted.forwardedPort === undefined ? "" : `X-Forwarded-Port: ${noted.forwardedPort}\r\n`) +
      (noted.otherClaims ?? "") +
      (noted.forwarded === undefined ? "" : forwardedLine(noted.forwarded, sender, scheme)) +
      `${this.#via(head, sender, noted.via ?? "")}X-Request-Id: ${id}\r\n`;
    const clientAddress = this.#clientOf(chain, sender.address);
    return { id, sender, clientAddress, headers: headers + maxForwards(head) };
  }

  /**
   * The last one in the chain who is no trusted proxy, since its left end is anybody's word. An
   * empty entry is none (RFC 9110 section 5.6.1).
   */
  #clientOf(chain: string, sender: string): string {
    const hops = chain.split(",");
    let client = sender;
    for (let i = hops.length - 1; i >= 0 && this.#trusted.includes(client); i--) {
      const hop = (hops[i] ?? "").trim();
      if (hop !== "") client = addressOf(hop);
    }
    return client;
  }

  #via(head: Addressed, { isHttp2 }: Sender, before: string): string {
    const version = isHttp2 ? "2.0" : `1.${head.minor}`;
    return `Via: ${before === "" ? "" : `${before}, `}${version} ${this.#pseudonym}\r\n`;
  }
}

type Addressed = Pick<RequestHead, "host" | "minor">;

/** Copied: neither a tree of pieces nor a slice of a whole head is kept. */
const inOnePiece = (text: string): string => Buffer.from(text, "latin1").toString("latin1");

/** What a proxy that writes Forwarded alone says, as X-Forwarded-For has it. */
const chainOf = (forwarded: string): string => nodesOf(forwarded).map(addressOf).join(", ");

/** What the first proxy says: the client's own connection. */
/** Of the first proxy, in a line of Forwarded. */
export const PROTO = /^[^,]*\bproto="?([a-z]+)/i;

const HAS_ENTRY = /[^\t ,]/;

const hostLine = (host: string): string => (host === "" ? "" : `X-Forwarded-Host: ${host}\r\n`);

/** RFC 7239: a node that is an IPv6 address is quoted and in brackets. */
function forwardedLine(before: string, sender: Sender, scheme: string): string {
  const node = isIPv6(sender.address) ? `"[${sender.address}]"` : sender.address;
  return `Forwarded: ${before}, for=${node};proto=${scheme}\r\n`;
}

/** OPTIONS counts down (RFC 9110 section 7.6.2); elsewhere the field has no meaning for us. */
function maxForwards(head: RequestHead): string {
  const given = head.noted?.maxForwards;
  if (given === undefined) return "";
  const isCounted = head.method === "OPTIONS" && /^\d{1,9}$/.test(given);
  return `Max-Forwards: ${isCounted ? Math.max(0, Number(given) - 1) : given}\r\n`;
}

/** What this request may find, and leave, for the next ones of its client; null: nothing. */
export function ownOf(client: OwnHolder, { noted }: RequestHead): ClientOwn | null {
  if (noted === null) return client.own;
  const { via, forwarded, forwardedFor, forwardedProto, forwardedHost, otherClaims } = noted;
  const claims = [via, forwarded, forwardedFor, forwardedProto, forwardedHost, otherClaims];
  // Whoever says such things passes requests on, and they may be of many clients.
  return claims.some((claim) => claim !== undefined) ? null : client.own;
}

interface OwnHolder {
  readonly own: ClientOwn | null;
}

/** An OPTIONS request that may go no further: it is ours to answer. */
export const isLastHop = (head: RequestHead): boolean =>
  head.method === "OPTIONS" && /^0{1,9}$/.test(head.noted?.maxForwards ?? "");
