// Reads what upstreamPeer returned: a group, perhaps with a key for its hash, or a peer of the
// script's own. It comes out of an isolate, so every part of it is checked.

import type { PeerTlsConfig } from "../base/config/types.ts";
import { SluiceError } from "../base/errors.ts";
import type { FetchReach } from "../fetch/fetcher.ts";
import { toPeer } from "../upstream/peer.ts";
import { DEFAULT_CREDENTIALS } from "../upstream/peer-tls.ts";
import type { Peer } from "../upstream/transport.ts";

export interface GroupChoice {
  readonly group: string;
  /** What a hash is to be made of; null: as the group has it. */
  readonly key: string | null;
}

/** A name, or a name with a key. Null: it is a peer. */
export function groupChoiceOf(chosen: unknown): GroupChoice | null {
  if (typeof chosen === "string") return { group: chosen, key: null };
  const options = new Map(Object.entries(chosen ?? {}));
  const group = options.get("group");
  if (group === undefined) return null;
  const key = options.get("key");
  const isAlone = [...options.keys()].every((name) => name === "group" || name === "key");
  if (typeof group !== "string" || !isAlone || (key !== undefined && typeof key !== "string")) {
    throw bad("expected { group, key } of texts, or a peer");
  }
  return { group, key: key ?? null };
}

export function parseChoice(choice: string): unknown {
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
  ["protocol", "string"],
  ["tls", "boolean"],
  ["sni", "string"],
]);

/** Whose script chose it. */
export type Chosen = Pick<FetchReach, "id" | "egress">;

export function peerOf(chosen: unknown, { id: tenant, egress }: Chosen): Peer {
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
  const protocol = options.get("protocol") ?? "http1";
  if (protocol !== "http1" && protocol !== "http2")
    throw bad("expected http1 or http2 as protocol");
  if (protocol === "http2" && transport === "undici") throw bad("undici speaks HTTP/1.1 alone");
  const peer = toPeer(`${options.get("address") ?? ""}`, {
    transport,
    protocol,
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
