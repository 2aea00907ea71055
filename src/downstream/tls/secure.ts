// What is known of a TLS connection once it stands, and whether a request may come on it.

import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { oneLine } from "../../base/certificates/facts.ts";
import { hostNameOf } from "../policy/host.ts";
import type { ChosenContext } from "./contexts.ts";
import type { TlsOwner } from "./owner.ts";

/** What scripts see of it (`session.client.tls`). */
export interface TlsFacts {
  readonly version: string;
  readonly cipher: string;
  /** As the client asked for it; null: it named none. */
  readonly serverName: string | null;
  /** Of the client's certificate; null: it showed none. */
  readonly subject: string | null;
  readonly fingerprint: string | null;
  /** One of the tenant's authorities vouches for the certificate. */
  readonly verified: boolean;
}

export interface Secure {
  readonly serverName: string | null;
  readonly isResumed: boolean;
  /** What both sides have agreed on (RFC 7301). */
  readonly protocol: "h2" | "http/1.1";
  /** Key of the policy for clients' certificates that the connection was made under; "": none. */
  readonly policy: string;
  readonly chosen: Pick<ChosenContext, "certificateOwner" | "covers">;
  readonly facts: TlsFacts;
  /** The socket below: TLS itself can only close, not reset. */
  readonly below: Socket;
}

/** What of a connection says which requests may come on it. */
export type Promised = Pick<Secure, "serverName" | "policy" | "chosen">;

/**
 * Whether a request for that host may come on the connection (RFC 9110 section 7.4).
 *
 * @param owner  who has the host now; null: nobody
 */
export function isFor(
  { serverName, policy, chosen }: Promised,
  host: string,
  owner: Pick<TlsOwner, "id" | "clients"> | null,
): boolean {
  if (policy !== (owner?.clients?.key ?? "")) return false;
  if (serverName === null) return true; // the client named none, so it was promised nothing
  const name = hostNameOf(host);
  if (name === serverName) return true;
  // a tenant's own certificate says nothing of hosts that are others'
  const { certificateOwner, covers } = chosen;
  return (certificateOwner === "" || certificateOwner === owner?.id) && covers(name);
}

export interface PeerCertificate {
  /** Null: it showed none. */
  readonly certificate: X509Certificate | null;
  readonly isVerified: boolean;
}

export const NO_PEER_CERTIFICATE: PeerCertificate = { certificate: null, isVerified: false };

/** Of a connection that asked for one. Node verifies nothing by itself where it accepts by hand. */
export function peerCertificateOf(socket: TLSSocket): PeerCertificate {
  const certificate = socket.getPeerX509Certificate() ?? null;
  if (certificate === null) return NO_PEER_CERTIFICATE;
  return { certificate, isVerified: isVerified(socket) && isValidAt(certificate, Date.now()) };
}

/** A session that goes on says what was so when it began, and each gives a ticket for the next. */
export const isValidAt = (
  { validFromDate, validToDate }: Pick<X509Certificate, "validFromDate" | "validToDate">,
  nowMs: number,
): boolean => validFromDate.getTime() <= nowMs && nowMs <= validToDate.getTime();

/** Where this Node does not say, nobody is verified. */
function isVerified(socket: TLSSocket): boolean {
  const handle: unknown = "ssl" in socket ? socket.ssl : null;
  if (typeof handle !== "object" || handle === null || !("verifyError" in handle)) return false;
  const { verifyError } = handle;
  return typeof verifyError === "function" && !verifyError.call(handle);
}

export function factsOf(
  socket: TLSSocket,
  serverName: string | null,
  { certificate, isVerified: verified }: PeerCertificate,
): TlsFacts {
  return {
    version: socket.getProtocol() ?? "",
    cipher: socket.getCipher()?.name ?? "",
    serverName,
    subject: certificate === null ? null : oneLine(certificate.subject),
    fingerprint: certificate?.fingerprint256 ?? null,
    verified,
  };
}
