// TLS of a worker's listeners: whether they speak it, and which certificates they show besides
// those of tenants. Also which protocols they speak, and which proxies they trust. A reload may
// change all of it; a listener that is no longer in the file keeps what it has until a handover or
// a restart.

import { isDeepStrictEqual } from "node:util";
import type { Config, ListenerConfig, ListenerTlsConfig } from "../../base/config/types.ts";
import { nameOfIdentity } from "../../base/identity.ts";
import { Challenges } from "../../downstream/acme/challenges.ts";
import { TrustedProxies } from "../../downstream/forwarded.ts";
import { TlsContexts } from "../../downstream/tls/contexts.ts";
import type { Logger } from "../../observe/log.ts";
import { TenantCertificates } from "./tenant-tls.ts";

interface Current {
  readonly config: ListenerTlsConfig;
  readonly contexts: TlsContexts;
}

export class ListenerTls extends TenantCertificates {
  /** Of orders of certificates that are under way. */
  readonly challenges = new Challenges();
  readonly #started: readonly ListenerConfig[];
  readonly #secret: Uint8Array;
  readonly #logger: Logger;
  readonly #current: (Current | null)[];
  readonly #http2: boolean[];
  readonly #proxies: TrustedProxies[];

  /** @param started  the configuration by which the listeners were opened */
  constructor(started: Config, secret: Uint8Array, logger: Logger) {
    super();
    this.#logger = logger;
    this.#started = started.listeners;
    this.#secret = secret;
    this.#current = started.listeners.map(({ tls }) => this.#make(tls));
    this.#http2 = started.listeners.map(({ http2 }) => http2);
    this.#proxies = started.listeners.map(({ proxies }) => new TrustedProxies(proxies));
  }

  /** Connections that come from now on get what this says. */
  configure({ listeners }: Config): void {
    for (const [index, { address, tls: before }] of this.#started.entries()) {
      const isThere = listeners[index]?.address === address;
      const now = isThere ? listeners[index] : listeners.find((one) => one.address === address);
      if (now === undefined) continue;
      this.#http2[index] = now.http2;
      this.#proxies[index] = new TrustedProxies(now.proxies);
      // from TLS to HTTP in the clear, or back, is another listener
      if (before === null || now.tls === null) continue;
      if (isDeepStrictEqual(now.tls, this.#current[index]?.config)) continue;
      this.#current[index] = this.#make(now.tls);
    }
  }

  speaksHttp2(listener: number): boolean {
    return this.#http2[listener] ?? false;
  }

  /** Whether that address says whose its connections are. */
  isProxied(listener: number, address: string): boolean {
    return this.#proxies[listener]?.includes(address) ?? false;
  }

  /** Null: HTTP in the clear. */
  of(listener: number): TlsContexts | null {
    return this.#current[listener]?.contexts ?? null;
  }

  #make(config: ListenerTlsConfig | null): Current | null {
    if (config === null) return null;
    return { config, contexts: new TlsContexts(config, this.#secret, this.#unusable) };
  }

  readonly #unusable = (ownerId: string, thrown: unknown): void => {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    const tenant = nameOfIdentity(ownerId);
    this.#logger.error({ tenant, reason }, "a certificate cannot be used: no handshake with it");
  };
}
