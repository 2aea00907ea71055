// Which peer is tried next, and how many tries are left. Retries are counted apart from connects
// that failed within a group: nothing was sent in those.

import { ownerText } from "../base/config/operator.ts";
import { SluiceError } from "../base/errors.ts";
import type { FetchReach } from "../fetch/fetcher.ts";
import type { Exchange } from "../phases/exchange.ts";
import { optionOf } from "../phases/layer.ts";
import type { Member } from "../upstream/group/member.ts";
import type { Chooser } from "../upstream/group/policy.ts";
import { stickyId } from "../upstream/group/sticky.ts";
import type { Waiter, Waiting } from "../upstream/group/wait-queue.ts";
import type { UpstreamGroup } from "../upstream/groups.ts";
import type { Peer } from "../upstream/transport.ts";
import { fieldOf } from "../wire/headers.ts";
import { mayResend } from "./blame.ts";
import { cookieOf } from "./cookies.ts";
import { peerFor, type RequestPlace } from "./peer-for.ts";
import { groupChoiceOf, parseChoice, peerOf } from "./peer-result.ts";
import type { Tenant } from "./serve-context.ts";

export class PeerChoice implements Chooser, RequestPlace {
  readonly route: RequestPlace["route"];
  readonly sender: RequestPlace["sender"];
  readonly #tenant: Tenant;
  /** Keys of peers; made at the first failure. */
  #tried: Set<string> | null = null;
  #group: UpstreamGroup | null = null;
  #single: Peer | null = null;
  #current: Peer | null = null;
  /** Of the group, with an attempt begun; null: the peer is of no group. */
  #member: Member | null = null;
  #exchange: Exchange | null = null;
  /** As the script gave it with the group. */
  #scriptKey: string | null = null;
  #endRetry: (() => void) | null = null;
  #retries = 0;
  #moves = 0;
  /** JSON, as a script gave it; null: none did. */
  #given: string | null = null;

  /** @param route  of the request; null: it has none */
  constructor(tenant: Tenant, route: RequestPlace["route"], sender: RequestPlace["sender"]) {
    this.#tenant = tenant;
    this.route = route;
    this.sender = sender;
  }

  /**
   * Takes upstreamPeer's choice: JSON; null: the route's group, or the default one. Returns what
   * the exchange keeps as its destination. If it throws, what was chosen before holds.
   * @param reach  of the layer whose choice it is
   */
  choose(choice: string | null, reach: FetchReach): string {
    if (choice === null) {
      this.#take(this.route?.group ?? this.#tenant.defaultGroup, null);
      this.#given = null;
      return this.#group?.name ?? "";
    }
    const chosen: unknown = parseChoice(choice);
    const named = groupChoiceOf(chosen);
    if (named === null) this.#take(null, peerOf(chosen, reach));
    else this.#take(this.#named(named.group, reach), null);
    this.#scriptKey = named?.key ?? null;
    this.#given = choice;
    return this.#group?.name ?? choice;
  }

  /** As an outer layer's upstreamPeer sees it: JSON; empty: nothing is chosen. */
  get chosen(): string {
    if (this.#given !== null) return this.#given;
    return this.#group === null ? "" : JSON.stringify(this.#group.name);
  }

  #take(group: UpstreamGroup | null, single: Peer | null): void {
    this.#group = group;
    this.#single = single;
    this.#member = null;
    this.#scriptKey = null;
  }

  /** Why there is no peer: those of the group failed, or no route and no script led anywhere. */
  get whyNone(): "no_peer" | "no_route" {
    return this.#group === null && this.#tenant.deployment === null ? "no_route" : "no_peer";
  }

  /**
   * The peer to try, with the times that the route or the exchange's script sets; null: none is
   * left, or those that are have no room (`isFull`).
   */
  next(exchange: Exchange, isTurn = false): Peer | null {
    const peer = this.#single ?? this.#nextOfGroup(exchange, isTurn);
    this.#current = peer;
    return peer === null ? null : peerFor(exchange, peer, this);
  }

  get isFull(): boolean {
    return this.#single === null && this.#group?.isFull === true;
  }

  /** Waits for room in the group. Null: too many do already, or there is none to wait for. */
  wait(waiter: Waiter): Waiting | null {
    return this.#group?.queue?.enter(waiter) ?? null;
  }

  /** Of the peer that `next` gave: the attempt at it has begun, and is the caller's to leave. */
  get member(): Member | null {
    return this.#member;
  }

  /** Begins another attempt at the same peer. False: it has no room. */
  again(): boolean {
    return this.#member === null || this.#member.enter();
  }

  /** Another peer of the group where there is one, else the same again. */
  #nextOfGroup(exchange: Exchange, isTurn: boolean): Peer | null {
    const group = this.#group;
    if (group === null) return null;
    this.#exchange = exchange;
    const tried = this.#tried ?? NONE;
    let member = group.sticky === null ? null : this.#stuck(group, exchange, tried);
    member ??= group.next(tried, this, isTurn);
    if (member === null && !group.isFull && this.#retries > 0) {
      member = group.next(NONE, this, isTurn);
    }
    this.#member = member;
    return member?.peer ?? null;
  }

  /** What the group hashes of the request. */
  hashKey(): string | null {
    const by = this.#group?.hashBy ?? null;
    if (this.#scriptKey !== null || by === null || this.#exchange === null) return this.#scriptKey;
    const { headers, client } = this.#exchange;
    if (by.by === "address") return client.address;
    if (by.by === "script") return null;
    if (by.by === "header") return fieldOf(headers, by.name);
    return cookieOf(headers, by.name);
  }

  #stuck(group: UpstreamGroup, { headers }: Exchange, tried: ReadonlySet<string>): Member | null {
    const id = group.sticky === null ? null : cookieOf(headers, group.sticky.name);
    return id === null ? null : group.nextStuck(tried, id);
  }

  /** What the client is told of its peer, as a header line; empty: nothing, or it knows. */
  stickyLine({ headers }: Exchange): string {
    const sticky = this.#group?.sticky ?? null;
    if (sticky === null || this.#group === null || this.#member === null) return "";
    const id = stickyId(this.#group.name, this.#member.address);
    if (cookieOf(headers, sticky.name) === id) return "";
    return `Set-Cookie: ${sticky.name}=${id}${sticky.attributes}\r\n`;
  }

  connected(): void {
    if (this.#member !== null) this.#group?.connected(this.#member);
  }

  /** True: the group has a peer that was not tried. */
  connectFailed(): boolean {
    const peer = this.#current;
    if (peer === null || this.#group === null || this.#member === null) return false;
    this.#group.connectFailed(this.#member);
    const tried = this.#exclude(peer);
    return this.#group.peers.some((other) => !tried.has(other.key));
  }

  /** It goes again, though no retry is begun: never without end. */
  mayMove(): boolean {
    return ++this.#moves <= MOVES_MAX;
  }

  /**
   * By rule, whatever a script says: the peer has not acted on the request. What it refused in so
   * many words (RFC 9113 section 8.7) is a retry like others.
   */
  mayResend(error: SluiceError, exchange: Exchange): boolean {
    if (error.code === "upstream_refused") {
      if (!this.hasRetries(exchange) || !this.beginRetry()) return false;
      this.#retries++;
      exchange.attempt++;
      return true;
    }
    return (error.code === "upstream_leaving" || mayResend(error, exchange)) && this.mayMove();
  }

  hasRetries(exchange: Exchange): boolean {
    return this.#retries < (optionOf(exchange, "maxRetries") ?? this.#tenant.maxRetries);
  }

  /** False: the group's budget for retries is spent. */
  beginRetry(): boolean {
    const end = this.#group === null ? NOTHING : this.#group.beginRetry();
    if (end === null) return false;
    this.endRetry();
    this.#endRetry = end;
    return true;
  }

  /** The retry is over, if there was one. Idempotent. */
  endRetry(): void {
    this.#endRetry?.();
    this.#endRetry = null;
  }

  retry(exchange: Exchange): void {
    this.#retries++;
    exchange.attempt++;
    if (this.#current !== null) this.#exclude(this.#current);
  }

  #exclude(peer: Peer): ReadonlySet<string> {
    this.#tried ??= new Set();
    return this.#tried.add(peer.key);
  }

  /** The layer's own, or else the tenant's. */
  #named(name: string, reach: FetchReach): UpstreamGroup {
    const group = reach.groups.get(name) ?? this.#tenant.groups.get(name);
    if (group !== undefined) return group;
    const known = [...new Set([...reach.groups.keys(), ...this.#tenant.groups.keys()])];
    throw new SluiceError(
      "script_result",
      `upstreamPeer: expected an upstream group of ${ownerText(reach.name)} ` +
        `(${known.join(", ") || "none"}), got ${JSON.stringify(name.slice(0, 64))}`,
    );
  }
}

/** A peer that is rolled out again and again does not take a request along for ever. */
const MOVES_MAX = 3;

const NONE: ReadonlySet<string> = new Set();
const NOTHING = (): void => {};
