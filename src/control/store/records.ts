// What the store keeps beside tenants and their deployments: its revision, settings of scripts,
// tokens, counters.

import type { CertificateFacts } from "../../base/certificates/facts.ts";

/** Where a store is in its history. */
export interface Revision {
  /** How many changes of what proxies serve there have been. */
  readonly number: number;
  /** Of which history: revisions of two stores say nothing about each other. */
  readonly lineage: string;
}

/** What a change of what proxies serve made, and the revision that it is. */
export interface Written<T> {
  readonly made: T;
  readonly revision: number;
}

export interface Flag {
  readonly name: string;
  /** JSON. */
  readonly value: unknown;
  readonly changedAtMs: number;
}

/** In the clear. */
export interface NamedSecret {
  readonly name: string;
  readonly value: string;
}

export interface SecretSummary {
  readonly name: string;
  readonly changedAtMs: number;
}

export interface CertificateSummary extends CertificateFacts {
  readonly name: string;
  /** Who put it there. */
  readonly origin: CertificateOrigin;
  readonly changedAtMs: number;
}

/** `acme`: ordered from an authority. */
export type CertificateOrigin = "api" | "acme";

/** PEM, both. */
export interface StoredCertificate extends CertificateSummary {
  readonly cert: string;
  readonly key: string;
}

export type Role = "operator" | "deployer" | "reader";

export interface StoredToken {
  readonly id: string;
  readonly role: Role;
  /** Null: every tenant. */
  readonly tenant: string | null;
  readonly createdAtMs: number;
  /** Null: none. */
  readonly expiresAtMs: number | null;
}

export interface CounterSnapshot {
  /** Its identity, since whoever counts may still count for one that is gone. */
  readonly tenant: string;
  readonly name: string;
  readonly value: bigint;
}

export interface Page {
  /** Only what is older than this version or id; null: from the newest. */
  readonly before: number | null;
  readonly limit: number;
}
