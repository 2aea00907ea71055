// The facts of a TLS connection to a peer, for scripts and their logs (Pingora's SslDigest).

import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

export interface TlsDigest {
  /** `TLSv1.3` */
  readonly version: string;
  /** As IANA names it: `TLS_AES_128_GCM_SHA256`. */
  readonly cipher: string;
  /** SHA-256 of the peer's certificate, in hex. */
  readonly certSha256: string;
  /** Of the certificate, in hex. */
  readonly serialNumber: string;
  /** The subject's organization; empty: it names none. */
  readonly organization: string;
}

/** Null: in the clear. To be asked while the connection is open. */
export function tlsDigestOf(socket: Socket): TlsDigest | null {
  if (!(socket instanceof TLSSocket)) return null;
  const certificate = socket.getPeerX509Certificate();
  const cipher = socket.getCipher();
  return {
    version: socket.getProtocol() ?? "",
    cipher: cipher?.standardName ?? "",
    certSha256: certificate?.fingerprint256.replaceAll(":", "").toLowerCase() ?? "",
    serialNumber: certificate?.serialNumber.toLowerCase() ?? "",
    organization: organizationOf(certificate?.subject ?? ""),
  };
}

/** Bounded: a peer that a script chose may name itself at any length. */
const ORGANIZATION_CHARS_MAX = 256;

const organizationOf = (subject: string): string =>
  (/^O=(.*)$/m.exec(subject)?.[1] ?? "").slice(0, ORGANIZATION_CHARS_MAX).toWellFormed();
