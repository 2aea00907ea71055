// TLS towards peers: prepares once what a peer demands of it. opening.ts connects; tls-sessions.ts
// knows which sessions can be resumed.

import { constants, createHash } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import type { TlsCredentials } from "../base/config/types.ts";

/** What a script's peer gets, and a configured one that says `tls: true`. */
export const DEFAULT_CREDENTIALS: TlsCredentials = {
  verify: true,
  minVersion: "TLSv1.2",
  ca: null,
  cert: null,
  key: null,
};

export interface PeerTls {
  /** Sent as SNI and looked for in the certificate; null: the IP address is looked for. */
  readonly serverName: string | null;
  readonly verify: boolean;
  readonly context: SecureContext;
  /** Part of the pool's key: the same for two peers whose connections are interchangeable. */
  readonly identity: string;
}

export function toPeerTls(serverName: string | null, credentials: TlsCredentials): PeerTls {
  let made = MADE.get(credentials);
  if (made === undefined) {
    made = { context: contextOf(credentials), digest: digestOf(credentials) };
    MADE.set(credentials, made);
  }
  const { verify } = credentials;
  const identity = `tls ${serverName ?? ""} ${made.digest}`;
  return { serverName, verify, context: made.context, identity };
}

interface Made {
  readonly context: SecureContext;
  readonly digest: string;
}

/** A context costs a millisecond and holds a store of certificates: one for a whole group. */
const MADE = new WeakMap<TlsCredentials, Made>();

function contextOf({ minVersion, ca, cert, key }: TlsCredentials): SecureContext {
  return createSecureContext({
    minVersion,
    // HTTP/2 forbids it (RFC 9113 section 9.2.1), and what a connection is known by stays so
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(ca === null ? {} : { ca }),
    ...(cert === null || key === null ? {} : { cert, key }),
  });
}

function digestOf({ verify, minVersion, ca, cert, key }: TlsCredentials): string {
  const text = JSON.stringify([verify, minVersion, ca, cert, key]);
  return createHash("sha256").update(text).digest("base64url");
}
