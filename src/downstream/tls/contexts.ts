// What OpenSSL needs for a connection: certificates, and keys for its session tickets. Each tenant
// has contexts of its own, so that a session of one opens nothing at another. They are made when a
// name is first asked for: one takes 35 KiB and half a millisecond.

import { constants, createHash, hkdfSync } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import type { ListenerTlsConfig } from "../../base/config/types.ts";
import { LIMITS } from "../../base/limits.ts";
import {
  type Certificate,
  CertificateTable,
  certificateOf,
  covers,
  textOf,
} from "./certificates.ts";
import type { ClientPolicy, TlsOwner } from "./owner.ts";

/** For TLS 1.2, "intermediate" of Mozilla without what has no forward secrecy and no AEAD. */
const CIPHERS = [
  ...["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"],
  ...["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"],
  ...["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"],
  ...["ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"],
].join(":");

/** Tickets outlive one period at most; RFC 8446 section 4.6.1 allows seven days. */
const TICKET_PERIOD_MS = 12 * 3_600_000;
/** Name, HMAC key and AES key. */
const TICKET_KEY_BYTES = 48;

/** What a client is shown. */
export interface ShownCertificates {
  readonly found: readonly Certificate[];
  /** Whose certificate was shown; empty: the listener's. */
  readonly certificateOwner: string;
  /** Whether the certificate that was shown is for that name as well. */
  readonly covers: (name: string) => boolean;
}

export interface ChosenContext extends Omit<ShownCertificates, "found"> {
  readonly context: SecureContext;
  /** Null: clients show no certificate. */
  readonly clients: ClientPolicy | null;
}

export interface ShownBy {
  /** Who has that name. */
  readonly owner: Pick<TlsOwner, "id" | "certificates">;
  /** The certificates of the listener. */
  readonly listeners: CertificateTable;
  readonly nowMs: number;
}

/** One that is valid comes before the owner's own that is not any more. */
export function certificatesFor(serverName: string | null, by: ShownBy): ShownCertificates {
  const named = serverName === null ? null : (find(serverName, by) ?? find(serverName, by, null));
  const { found, certificateOwner } = named ?? { found: by.listeners.first, certificateOwner: "" };
  return { found, certificateOwner, covers: (name) => found.some((one) => covers(one, name)) };
}

/** @param atMs  as `CertificateTable.find` has it */
function find(
  serverName: string,
  { owner, listeners, nowMs }: ShownBy,
  atMs: number | null = nowMs,
): Omit<ShownCertificates, "covers"> | null {
  const own = owner.certificates?.find(serverName, atMs) ?? null;
  if (own !== null) return { found: own, certificateOwner: owner.id };
  const found = listeners.find(serverName, atMs);
  return found === null ? null : { found, certificateOwner: "" };
}

/** Of a context that OpenSSL will not make: whose it would be, and why. */
export type Unusable = (ownerId: string, thrown: unknown) => void;

export class TlsContexts {
  readonly #config: ListenerTlsConfig;
  readonly #certificates: CertificateTable;
  readonly #secret: Uint8Array;
  readonly #unusable: Unusable;
  /** The one that was used last comes last. Null: it cannot be made. */
  readonly #contexts = new Map<string, SecureContext | null>();

  /** @param secret  of which ticket keys are made, the same in all workers */
  constructor(config: ListenerTlsConfig, secret: Uint8Array, unusable: Unusable) {
    this.#config = config;
    this.#certificates = new CertificateTable(config.certificates.map(certificateOf));
    this.#secret = secret;
    this.#unusable = unusable;
  }

  /**
   * Null: there can be no handshake. What was stored by an older release may be too weak for this
   * one's OpenSSL, and that is its tenant's affair alone.
   *
   * @param owner  who has that name, and whose sessions it may resume
   */
  choose(serverName: string | null, owner: TlsOwner, nowMs: number): ChosenContext | null {
    const { clients } = owner;
    const by = { owner, listeners: this.#certificates, nowMs };
    const { found, ...shown } = certificatesFor(serverName, by);
    const period = Math.floor(nowMs / TICKET_PERIOD_MS);
    const hashes = found.map(({ hash }) => hash).join();
    const key = `${period} ${hashes} ${owner.id} ${clients?.key ?? ""}`;
    const known = this.#contexts.get(key);
    const context = known === undefined ? this.#tryToMake(found, owner, period) : known;
    this.#contexts.delete(key);
    this.#contexts.set(key, context);
    for (const oldest of this.#contexts.keys()) {
      if (this.#contexts.size <= LIMITS.tlsContexts) break;
      this.#contexts.delete(oldest);
    }
    return context === null ? null : { context, clients, ...shown };
  }

  #tryToMake(found: readonly Certificate[], owner: TlsOwner, period: number): SecureContext | null {
    try {
      return this.#make(found, owner, period);
    } catch (thrown) {
      this.#unusable(owner.id, thrown);
      return null;
    }
  }

  #make(found: readonly Certificate[], owner: TlsOwner, period: number): SecureContext {
    const { id, clients } = owner;
    // a session that began under another policy for clients is none under this one
    const whose = `${id} ${clients?.key ?? ""}`;
    const info = `ticket ${period}`;
    const ticketKeys = Buffer.from(hkdfSync("sha256", this.#secret, whose, info, TICKET_KEY_BYTES));
    const texts = found.map(textOf);
    return createSecureContext({
      cert: texts.map(({ cert }) => cert),
      key: texts.map(({ key }) => key),
      ...(clients === null ? {} : { ca: clients.ca }),
      minVersion: this.#config.minVersion,
      ciphers: CIPHERS,
      honorCipherOrder: true,
      // HTTP/2 forbids it, and each costs what a handshake does, which is counted and bounded
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      ticketKeys,
      // without one of our own it is made of this process's arguments
      sessionIdContext: createHash("sha256").update(whose).digest("hex").slice(0, 32),
    });
  }
}
