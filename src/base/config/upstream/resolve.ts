// From the checked keys of a group to what the upstream side sees of it: each peer with what it
// takes over from its group, certificates read.

import { parsePeerAddress } from "../address.ts";
import { known } from "../known.ts";
import type { PeerConfig, PeerTlsConfig, UpstreamConfig } from "../types.ts";
import { resolveBalance, resolveEjection, resolveHealth } from "./resolve-balance.ts";
import type { PeerFile, TlsFile, UpstreamFile } from "./schema.ts";
import { readPem } from "./tls-files.ts";
import type { ResolveConfig } from "./types.ts";

export const resolveUpstream = (
  name: string,
  upstream: UpstreamFile,
  folder: string,
): UpstreamConfig => {
  const { peers, transport, protocol, tls } = upstream;
  const { connectTimeoutMs, responseTimeoutMs, idleTimeoutMs } = upstream;
  // Once for all its peers: what is made of the credentials is then shared too.
  const group = { transport, protocol, tls: resolveTls(tls, folder) };
  return {
    name,
    peers: peers.map((peer) => resolvePeer(peer, group, folder)),
    ...{ connectTimeoutMs, responseTimeoutMs, idleTimeoutMs },
    resolve: resolveNames(upstream.resolve),
    proxyProtocol: upstream.proxyProtocol,
    balance: resolveBalance(upstream),
    health: resolveHealth(upstream),
    ejection: resolveEjection(upstream),
    panicPercent: upstream.panicPercent,
  };
};

const resolveNames = (file: UpstreamFile["resolve"]): ResolveConfig | null => {
  if (file === false) return null;
  return { servers: file === true ? [] : (file.servers ?? []) };
};

const resolvePeer = (
  peer: PeerFile,
  group: Pick<PeerConfig, "transport" | "protocol" | "tls">,
  folder: string,
): PeerConfig => {
  if (typeof peer === "string") {
    return { ...known(parsePeerAddress(peer)), weight: 1, priority: 0, ...group };
  }
  const { address, weight, priority, transport, tls } = peer;
  return {
    ...known(parsePeerAddress(address)),
    weight,
    priority,
    transport: transport ?? group.transport,
    protocol: group.protocol,
    tls: tls === undefined ? group.tls : resolveTls(tls, folder),
  };
};

const resolveTls = (tls: TlsFile, folder: string): PeerTlsConfig | null => {
  if (tls === false) return null;
  const { sni, verify = true, minVersion = "TLSv1.2", ...files } = tls === true ? EMPTY : tls;
  return {
    sni: sni?.toLowerCase() ?? null,
    credentials: {
      verify,
      minVersion,
      ca: readPem(files.ca, folder),
      cert: readPem(files.cert, folder),
      key: readPem(files.key, folder),
    },
  };
};

const EMPTY: Partial<Exclude<TlsFile, boolean>> = {};
