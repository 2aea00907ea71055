// Which peer is tried next, and how many tries are left. Retries are counted apart from connects
// that failed within a group: nothing was sent in those.

import type { PeerTlsConfig } from "../base/config/types.ts";
import { SluiceError } from "../base/errors.ts";
import type { Exchange } from "../phases/exchange.ts";
import type { UpstreamGroup } from "../upstream/groups.ts";
import { toPeer } from "../upstream/peer.ts";
import { DEFAULT_CREDENTIALS } from "../upstream/peer-tls.ts";
import type { Peer } from "../upstream/transport.ts";
import type { Tenant } from "./serve-context.ts";

export class PeerChoice {
  readonly #tenant: Tenant;
  readonly #routed: UpstreamGroup | null;
  /** Keys of peers; made at the first failure. */
  #tried: Set<string> | null = null;
  #group: UpstreamGroup | null = null;
  #single: Peer | null = null;
  #current: Peer | null = null;
  #retries = 0;

  /** @param routed  the group of the request's route; null: the tenant's default group */
  constructor(tenant: Tenant, routed: UpstreamGroup | null) {
    this.#tenant = tenant;
    this.#routed = routed;
  }

  /**
   * Takes upstreamPeer's choice: JSON; null: the route's group, or the default one. Returns what
   * the exchange keeps as its destination.
   */
  choose(choice: string | null): string {
    this.#single = null;
    this.#group = null;
    if (choice === null) {
      this.#group = this.#routed ?? this.#tenant.defaultGroup;
      return this.#group?.name ?? "";
    }
    const chosen: unknown = parseChoice(choice);
    if (typeof chosen === "string") this.#group = this.#named(chosen);
    else this.#single = peerOf(chosen, this.#tenant);
    return this.#group?.name ?? choice;
  }

  /** Why there is no peer: those of the group failed, or no route and no script led anywhere. */
  get whyNone(): "no_peer" | "no_route" {
    return this.#group === null && this.#tenant.deployment === null ? "no_route" : "no_peer";
  }

  /** The peer to try, with the timeouts that the exchange's script set; null: none is left. */
  next({ options }: Exchange): Peer | null {
    const peer = this.#single ?? this.#nextOfGroup();
    this.#current = peer;
    const { responseTimeoutMs } = options;
    return peer === null || responseTimeoutMs === undefined ? peer : { ...peer, responseTimeoutMs };
  }

  /** Another peer of the group where there is one, else the same again. */
  #nextOfGroup(): Peer | null {
    const group = this.#group;
    if (group === null) return null;
    const untried = group.next(this.#tried ?? NONE);
    if (untried !== null || this.#retries === 0) return untried;
    return group.next(NONE);
  }

  connected(): void {
    if (this.#current !== null) this.#group?.connected(this.#current);
  }

  /** True: the group has a peer that was not tried. */
  connectFailed(): boolean {
    const peer = this.#current;
    if (peer === null || this.#group === null) return false;
    this.#group.connectFailed(peer);
    const tried = this.#exclude(peer);
    return this.#group.peers.some((other) => !tried.has(other.key));
  }

  hasRetries(exchange: Exchange): boolean {
    return this.#retries < (exchange.options.maxRetries ?? this.#tenant.maxRetries);
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

  #named(name: string): UpstreamGroup {
    const group = this.#tenant.groups.get(name);
    if (group !== undefined) return group;
    const known = [...this.#tenant.groups.keys()].join(", ") || "none";
    throw new SluiceError(
      "script_result",
      `upstreamPeer: expected an upstream group of tenant ${this.#tenant.name} (${known}), ` +
        `got ${JSON.stringify(name.slice(0, 64))}`,
    );
  }
}

const NONE: ReadonlySet<string> = new Set();

function parseChoice(choice: string): unknown {
  try {
    return JSON.parse(choice);
  } catch {
    throw new SluiceError("script_result", "upstreamPeer: expected JSON");
  }
}

const PEER_KEYS = new Map([
  ["address", "string"],
  ["connectTimeoutMs", "number"],
  ["responseTimeoutMs", "number"],
  ["idleTimeoutMs", "number"],
  ["transport", "string"],
  ["tls", "boolean"],
  ["sni", "string"],
]);

function peerOf(chosen: unknown, { name: tenant, egress }: Tenant): Peer {
  const options = new Map(Object.entries(chosen ?? {}));
  for (const [key, value] of options) {
    if (PEER_KEYS.get(key) === typeof value) continue;
    const known = [...PEER_KEYS.keys()].join(", ");
    throw bad(`expected a peer of ${known}, got ${key}`);
  }
  const number = (key: string): number | undefined => {
    const value = options.get(key);
    return typeof value === "number" ? value : undefined;
  };
  const transport = options.get("transport") ?? "sluice";
  if (transport !== "sluice" && transport !== "undici") throw bad("unknown transport");
  const peer = toPeer(`${options.get("address") ?? ""}`, {
    transport,
    connectTimeoutMs: number("connectTimeoutMs"),
    responseTimeoutMs: number("responseTimeoutMs"),
    idleTimeoutMs: number("idleTimeoutMs"),
    tls: tlsOf(options),
    tenant,
    egress,
  });
  if (peer === null) {
    throw bad("expected { address: host:port } with timeouts in whole ms, and a name as sni");
  }
  return peer;
}

/** Always verified, by Node's roots: what a script trusts is not the script's to say. */
function tlsOf(options: ReadonlyMap<string, unknown>): PeerTlsConfig | undefined {
  const sni = options.get("sni");
  if (options.get("tls") === true) {
    return { sni: typeof sni === "string" ? sni : null, credentials: DEFAULT_CREDENTIALS };
  }
  if (sni !== undefined) throw bad("expected tls: true with sni, got sni alone");
  return undefined;
}

const bad = (message: string): SluiceError =>
  new SluiceError("script_result", `upstreamPeer: ${message}`);
