// The peers of a group as the configuration has them, and those that stand for a name of it or were
// added: each with its TLS and its timeouts.

import { isIP } from "node:net";
import { parsePeerAddress } from "../../base/config/address.ts";
import type { PeerConfig, UpstreamConfig } from "../../base/config/types.ts";
import { toPeer, toUnixPeer } from "../peer.ts";
import type { PeerSeats } from "../transport.ts";
import type { GroupPlan } from "./plan.ts";

/** @param owner  whose connections they are, where there may be so and so many */
export function planOf(config: UpstreamConfig, owner: string): GroupPlan {
  const { connectTimeoutMs, responseTimeoutMs, idleTimeoutMs } = config;
  const isToldClients = config.proxyProtocol;
  const common = { connectTimeoutMs, responseTimeoutMs, idleTimeoutMs, isToldClients };
  return {
    peers: config.peers,
    peerAt: (address, as, seats) => {
      const { transport, protocol, tls } = optionsOf(config, as);
      const parsed = parsePeerAddress(address);
      const own = { ...ownSeats(seats, owner), ...common, transport, protocol };
      const options = { ...own, tls: tls === null ? undefined : named(tls, as) };
      const peer =
        parsed === null || parsed.socketPath === null
          ? toPeer(address, options)
          : toUnixPeer(parsed.socketPath, options);
      if (peer === null) throw new Error(`the configuration let through the peer ${address}`);
      return peer;
    },
  };
}

const ownSeats = (seats: PeerSeats | null, owner: string) =>
  seats === null ? {} : { seats: { seats, owner } };

/** Of the peer that it stands for, else the first: a peer that is added is like the others. */
function optionsOf({ peers }: UpstreamConfig, as: string | null): PeerConfig {
  const found = peers.find(({ address }) => address === as) ?? peers[0];
  if (found === undefined) throw new TypeError("a group has a peer");
  return found;
}

type PeerTls = NonNullable<PeerConfig["tls"]>;

/** An address that stands for a name has the name's certificate. */
function named(tls: PeerTls, as: string | null): PeerTls {
  const host = as === null ? null : (parsePeerAddress(as)?.host ?? null);
  return tls.sni !== null || host === null || host === "" ? tls : { ...tls, sni: nameOf(host) };
}

/** An IP address is never sent as SNI (RFC 6066 section 3). */
const nameOf = (host: string): string | null => (isIP(host) === 0 ? host : null);
