// The connection that a request which is explained would come on: what TLS is told of it, as a
// worker would know it, and whether an upstream is this proxy itself.

import {
  type Address,
  isLoopbackAddress,
  isUnspecifiedAddress,
  parsePeerAddress,
} from "../../base/config/address.ts";
import type { ListenerConfig, ListenerTlsConfig } from "../../base/config/types.ts";
import type { LiveTenant } from "../../control/live.ts";
import { hostNameOf } from "../../downstream/policy/host.ts";
import { CertificateTable, certificateOf } from "../../downstream/tls/certificates.ts";
import { certificatesFor } from "../../downstream/tls/contexts.ts";
import { clientPolicy, NOBODYS, type TlsOwner } from "../../downstream/tls/owner.ts";
import type { Promised } from "../../downstream/tls/secure.ts";
import { isOwnAddress } from "../../upstream/egress.ts";
import { certificateSpecs } from "./live/tenant-certificates.ts";

export interface ConnectionParts {
  /** Of the configuration, … */
  readonly listeners: readonly ListenerConfig[];
  /** … and where they are, in the same order. */
  readonly listening: readonly Address[];
  /** Who has that host; null: nobody. */
  readonly ownerOf: (host: string) => LiveTenant | null;
}

const HTTPS_PORT = 443;

/** Of what serves at one moment: certificates are read once, however many connections there are. */
export class Connections {
  readonly #parts: ConnectionParts;
  readonly #tables = new Map<ListenerTlsConfig, CertificateTable>();

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /**
   * As a client makes it for this URL, whose host is the name that it asks TLS for. Null: it is in
   * the clear, or what ends TLS stands before this proxy.
   */
  for(url: URL): Promised | null {
    if (url.protocol !== "https:") return null;
    const { listeners, listening, ownerOf } = this.#parts;
    const port = url.port === "" ? HTTPS_PORT : Number(url.port);
    const here = listening.findIndex((one) => one.port === port);
    const tls = listeners[here]?.tls ?? listeners.find((one) => one.tls !== null)?.tls ?? null;
    if (tls === null) return null;
    const serverName = serverNameOf(url);
    const owner = tlsOwner(serverName === null ? null : ownerOf(serverName));
    const by = { owner, listeners: this.#tableOf(tls), nowMs: Date.now() };
    const chosen = certificatesFor(serverName, by);
    return { serverName, policy: owner.clients?.key ?? "", chosen };
  }

  #tableOf(tls: ListenerTlsConfig): CertificateTable {
    const known = this.#tables.get(tls);
    if (known !== undefined) return known;
    const made = new CertificateTable(tls.certificates.map(certificateOf));
    this.#tables.set(tls, made);
    return made;
  }
}

/** Addresses are not asked for (RFC 6066 section 3). */
function serverNameOf({ hostname }: URL): string | null {
  const isAddress = hostname.startsWith("[") || /^[\d.]+$/.test(hostname);
  return isAddress ? null : hostNameOf(hostname);
}

function tlsOwner(tenant: LiveTenant | null): TlsOwner {
  if (tenant === null) return NOBODYS;
  const { id, config, certificates } = tenant;
  const own = certificateSpecs(certificates);
  return {
    id,
    certificates: own.length === 0 ? null : new CertificateTable(own),
    clients: clientPolicy(id, config.clientCertificates),
  };
}

/** Whether a connection to that peer is one to this proxy. */
export function leadsHere(peer: string, listening: readonly Address[]): boolean {
  const to = parsePeerAddress(peer);
  if (to === null || to.socketPath !== null) return false;
  return listening.some(({ host, port }) => port === to.port && takes(host, to.host));
}

function takes(listener: string, host: string): boolean {
  if (listener === host) return true;
  if (host === "localhost" && isLoopbackAddress(listener)) return true;
  const isHere = host === "localhost" || isLoopbackAddress(host) || isOwnAddress(host);
  return isUnspecifiedAddress(listener) && isHere;
}
