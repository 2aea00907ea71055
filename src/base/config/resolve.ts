// From a checked file to the configuration that the rest of Sluice sees: addresses taken apart,
// paths made absolute, names in their one spelling, what one key takes over from another filled
// in.

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import {
  type Address,
  type Network,
  parseAddress,
  parseHostPattern,
  parseNetwork,
} from "./address.ts";
import { known } from "./known.ts";
import { resolvePolicy } from "./policy/resolve.ts";
import type { ConfigFile, TenantFile, UpstreamFile } from "./schema.ts";
import type { Config, PeerConfig, TenantConfig, UpstreamConfig } from "./types.ts";

const WORKERS_MAX = 256;

/** Where the file is: its absolute path, and the folder that paths in it are relative to. */
export interface Origin {
  readonly file: string | null;
  readonly folder: string;
}

export const resolveConfig = (file: ConfigFile, origin: Origin): Config => ({
  file: origin.file,
  listeners: file.listeners.map(({ address }) => known(parseAddress(address))),
  admin: known(parseAddress(file.admin.address)),
  workers: file.workers === "auto" ? Math.min(availableParallelism(), WORKERS_MAX) : file.workers,
  log: file.log,
  trustedProxies: file.trustedProxies.map((text): Network => known(parseNetwork(text))),
  timeouts: file.timeouts,
  limits: { ...file.limits, bodyBytes: file.limits.bodyBytes ?? Number.POSITIVE_INFINITY },
  tenants: Object.entries(file.tenants).map(([name, tenant]) =>
    resolveTenant(name, tenant, origin.folder),
  ),
});

const resolveTenant = (name: string, tenant: TenantFile, folder: string): TenantConfig => {
  const upstreams = Object.entries(tenant.upstreams);
  return {
    name,
    hosts: tenant.hosts.map((host) => known(parseHostPattern(host))),
    isolation: tenant.isolation,
    script: tenant.script === undefined ? null : resolve(folder, tenant.script),
    onScriptError: tenant.onScriptError,
    env: tenant.env,
    limits: tenant.limits,
    maxRetries: tenant.maxRetries,
    upstreams: upstreams.map(([group, upstream]) => resolveUpstream(group, upstream)),
    defaultUpstream: tenant.defaultUpstream ?? upstreams[0]?.[0] ?? null,
    policy: resolvePolicy(tenant, folder),
  };
};

const resolveUpstream = (name: string, upstream: UpstreamFile): UpstreamConfig => {
  const { peers, transport, ...timeouts } = upstream;
  return { name, peers: peers.map((peer) => resolvePeer(peer, transport)), ...timeouts };
};

type PeerFile = UpstreamFile["peers"][number];

const resolvePeer = (peer: PeerFile, groupTransport: PeerConfig["transport"]): PeerConfig => {
  if (typeof peer === "string") {
    return { ...peerAddress(peer), weight: 1, transport: groupTransport };
  }
  const { address, weight, transport } = peer;
  return { ...peerAddress(address), weight, transport: transport ?? groupTransport };
};

const peerAddress = (text: string): Address => known(parseAddress(text));
