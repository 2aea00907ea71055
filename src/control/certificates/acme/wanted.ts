// For which names certificates are ordered, and when. The table of hosts is the permission: a name
// that is no tenant's is never ordered, whoever asks for it.

import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { type CertificateFacts, coversName } from "../../../base/certificates/facts.ts";
import type { AcmeConfig } from "../../../base/config/acme-types.ts";
import type { LiveTenant } from "../../live.ts";
import type { AcmeOrder } from "../../store/acme-store.ts";

export interface Ordering {
  readonly acme: AcmeConfig;
  readonly tenants: Iterable<LiveTenant>;
  /** Certificates of listeners, which are somebody else's to renew. */
  readonly given: readonly Covering[];
  readonly nowMs: number;
}

type Covering = Pick<CertificateFacts, "names" | "expiresAtMs">;

export interface WantedName {
  /** As the tenant has it: `a.example.com` or `*.example.com`. */
  readonly host: string;
  readonly tenant: string;
  /** Who it is among all that have or had its name. */
  readonly id: string;
  /** From when on it is to be ordered. */
  readonly fromMs: number;
}

/** A third of the lifetime is left then, and up to a twentieth more, another for each name. */
const RENEWED_AT = 2 / 3;
const SPREAD = 1 / 20;

/** Every name that has, or is to have, a certificate by order. */
export function wantedNames({ acme, tenants, given, nowMs }: Ordering): WantedName[] {
  const wanted: WantedName[] = [];
  const serves = ({ names, expiresAtMs }: Covering, host: string): boolean =>
    nowMs < expiresAtMs && isFor(names, host);
  for (const { config, id, certificates } of tenants) {
    if (!config.acme) continue;
    const { name: tenant, hosts } = config;
    const put = certificates.filter(({ origin }) => origin !== "acme");
    const isElsewhere = (host: string): boolean =>
      [...given, ...put.map(({ facts }) => facts)].some((one) => serves(one, host));
    for (const host of hosts) {
      if (!canBeOrdered(host, acme) || isElsewhere(host)) continue;
      const own = certificates.find(({ name }) => name === certificateName(host));
      const isCovered = certificates.some(({ facts }) => serves(facts, host));
      if (own === undefined && isCovered) continue;
      wanted.push({ host, tenant, id, fromMs: own === undefined ? 0 : renewalOf(host, own.facts) });
    }
  }
  return wanted;
}

export interface DueName {
  readonly name: WantedName;
  readonly order: AcmeOrder | undefined;
  /** When it may be ordered. */
  readonly ms: number;
}

/**
 * Which goes first, those that are not due last: what renews a certificate and has not failed yet,
 * then of each tenant a name, of each another. Who has ever new names, or some that fail for ever,
 * takes nobody's place with them.
 *
 * @param orders  by host
 */
export function inTurn(
  names: readonly WantedName[],
  orders: ReadonlyMap<string, AcmeOrder>,
  nowMs: number,
): DueName[] {
  const before = new Map<string, number>();
  const placed = names
    .map((name) => ({ name, order: orders.get(name.host) }))
    .map((one) => ({ ...one, ms: dueMs(one.name, one.order) }))
    .toSorted((a, b) => a.ms - b.ms)
    .map((one) => {
      if (one.ms > nowMs) return { ...one, place: Number.MAX_SAFE_INTEGER };
      const hasFailed = (one.order?.failures ?? 0) > 0;
      if (one.name.fromMs > 0 && !hasFailed) return { ...one, place: 0 };
      const place = (before.get(one.name.id) ?? 0) + 1;
      before.set(one.name.id, place);
      return { ...one, place };
    });
  return placed.toSorted((a, b) => a.place - b.place || a.ms - b.ms);
}

/** When that may be done, given how its order stands. */
const dueMs = ({ fromMs }: WantedName, order: AcmeOrder | undefined): number =>
  order === undefined ? fromMs : Math.max(fromMs, order.nextMs, order.untilMs);

/** Under which its certificate is kept: equal names cannot come of different hosts. */
export function certificateName(host: string): string {
  const sum = createHash("sha256").update(host).digest("hex").slice(0, 12);
  const readable = host.replace("*", "any").replaceAll(/[^a-z0-9]+/g, "-");
  return `acme-${readable.slice(0, 44)}-${sum}`;
}

function renewalOf(host: string, { notBeforeMs, expiresAtMs }: CertificateFacts): number {
  const [byte = 0] = createHash("sha256").update(host).digest();
  const share = RENEWED_AT - (byte / 256) * SPREAD;
  return notBeforeMs + (expiresAtMs - notBeforeMs) * share;
}

/** No authority knows names without a dot; all names below one take a record in the DNS. */
function canBeOrdered(host: string, { dns }: AcmeConfig): boolean {
  if (host === "*" || !host.includes(".") || isIP(host) !== 0) return false;
  return !host.startsWith("*.") || dns !== null;
}

const isFor = (names: readonly string[], host: string): boolean =>
  host.startsWith("*.") ? names.includes(host) : coversName(names, host);
