// Lists what is wrong now, the worst first, for an on-call person who looks once.

import type { Overview } from "../../observe/overview.ts";
import { descriptorsOf } from "../../observe/process-figures.ts";
import type { Minute } from "../../observe/series.ts";
import { type NodeList, stateOf } from "../nodes.ts";
import { isInTheClear } from "../other-nodes.ts";
import type { Store } from "../store/store.ts";
import { unlessUnreachable } from "../store/store-error.ts";
import { type StateParts, stateOfTenant } from "./tenant-state.ts";

export interface Fault {
  /** `error`: requests fail for it; `warning`: they will, or somebody should know. */
  readonly severity: "error" | "warning";
  /** Null: the whole proxy's. */
  readonly tenant: string | null;
  readonly text: string;
}

export interface FaultParts extends StateParts {
  /** Null: nothing is kept, so no version was taken back. */
  readonly store: Pick<Store, "audit"> | null;
  /** Of each tenant. */
  readonly minutes: () => ReadonlyMap<string, Minute>;
  /** Null: the store is this proxy's alone. */
  readonly shared: () => SharedStore | null;
}

/** What is known of a store that several proxies share, without asking it. */
export interface SharedStore {
  /** Of this proxy. */
  readonly name: string;
  /** Since when it has not answered; null: it does. */
  readonly lostAtMs: number | null;
  /** Since when nothing newer is known than what was copied last; null: all there is is known. */
  readonly staleSinceMs: number | null;
  /** Why what it answers cannot be copied; null: it can. */
  readonly refusal: string | null;
  readonly list: NodeList;
}

/** @param notReady  why it is not; null: it is */
export async function faultsOf(
  parts: FaultParts,
  overview: Overview,
  notReady: string | null,
): Promise<readonly Fault[]> {
  const own: Fault[] = notReady === null ? [] : [error(null, `not ready: ${notReady}`)];
  const found = [
    ...own,
    ...parts.live.tenants().flatMap(({ config }) => ofTenant(parts, config.name, overview)),
    ...failing(parts.minutes()),
    ...closed(overview),
    ...ofShared(parts.shared()),
    ...(await takenBack(parts.store)),
    ...expiring(overview),
    ...descriptors(),
    ...lost(overview),
  ];
  return found.toSorted((one, two) => Number(isWarning(one)) - Number(isWarning(two)));
}

const isWarning = ({ severity }: Fault): boolean => severity === "warning";
const error = (tenant: string | null, text: string): Fault => ({ severity: "error", tenant, text });
const warning = (tenant: string | null, text: string): Fault => {
  return { severity: "warning", tenant, text };
};

function ofTenant(parts: StateParts, name: string, { breakersOpen }: Overview): Fault[] {
  const { state, reason } = stateOfTenant(parts, name);
  if (state === "serves") {
    const isOpen = (breakersOpen.get(name) ?? 0) > 0;
    return isOpen ? [error(name, "a version is out of service: its breaker is open")] : [];
  }
  const text = `${state.replaceAll("-", " ")}: ${reason}`;
  return [state === "suspended" ? warning(name, text) : error(name, text)];
}

/** As the alert SluiceErrors has it (deploy/prometheus), … */
const FAILING_SHARE = 0.05;
/** … of so many that it is no chance. */
const REQUESTS_MIN = 20;

function failing(minutes: ReadonlyMap<string, Minute>): Fault[] {
  return [...minutes].flatMap(([tenant, { requests, errors }]) => {
    if (requests < REQUESTS_MIN || errors <= requests * FAILING_SHARE) return [];
    const share = Math.round((errors * 100) / requests);
    return [error(tenant, `${share} % of ${requests} requests of the last minute failed`)];
  });
}

const closed = ({ clientsClosed }: Overview): Fault[] =>
  clientsClosed === 0
    ? []
    : [
        error(
          null,
          `${clientsClosed} clients' connections of the last minute were closed unanswered: no ` +
            "room (limits.connections, ulimit -n), or overload",
        ),
      ];

/** Those that are drained are so on purpose. */
function ofShared(shared: SharedStore | null): Fault[] {
  if (shared === null) return [];
  const { lostAtMs, refusal, list } = shared;
  if (lostAtMs !== null) {
    const since = new Date(lostAtMs).toISOString();
    return [warning(null, `the store has not answered since ${since}: nothing can be changed`)];
  }
  if (refusal !== null) return [warning(null, `the store cannot be copied: ${refusal}`)];
  const late = list.nodes.flatMap((node) => {
    const { state, reason } = stateOf(node, list);
    if (state === "refused") return [warning(null, `${node.name} refuses a change: ${reason}`)];
    if (state !== "stale") return [];
    return [warning(null, `${node.name} has not reported for ${secondsText(node.silentMs)}`)];
  });
  return [...late, ...overheard(list)];
}

/** Proxies that the others ask with tokens which anybody on the way can read. */
function overheard({ nodes }: NodeList): Fault[] {
  const clear = nodes.filter(({ isLive, address }) => isLive && isInTheClear(address));
  if (clear.length === 0 || nodes.length < 2) return [];
  const names = clear.slice(0, NAMES_MAX).map(({ name }) => name);
  const more = clear.length > names.length ? ` and ${clear.length - names.length} more` : "";
  const text = `tokens go through the network in the clear to ${names.join(", ")}${more}`;
  return [warning(null, `${text}: give their admin addresses TLS`)];
}

const NAMES_MAX = 5;

const secondsText = (ms: number): string => `${Math.round(ms / 1_000)} s`;

/** How long one that was taken back is worth a look. */
const TAKEN_BACK_MS = 3_600_000;
const LINES_MAX = 200;
const TAKEN_BACK = "traffic.rollback.automatic";

async function takenBack(store: FaultParts["store"]): Promise<Fault[]> {
  if (store === null) return [];
  const page = { before: null, limit: LINES_MAX };
  const lines = (await unlessUnreachable(store.audit({ tenant: null }, page))) ?? [];
  const sinceMs = Date.now() - TAKEN_BACK_MS;
  return lines
    .filter(({ action, atMs }) => action === TAKEN_BACK && atMs >= sinceMs)
    .map(({ tenant, target, detail, atMs }) => {
      const reason = typeof detail.reason === "string" ? `: ${detail.reason}` : "";
      return warning(tenant, `${target} was taken back ${minutesAgo(atMs)}${reason}`);
    });
}

const minutesAgo = (atMs: number): string => `${Math.floor((Date.now() - atMs) / 60_000)} min ago`;

const DAY_S = 86_400;
/** As the log warns of them. */
const WARNED_DAYS = 14;

function expiring({ certificates }: Overview): Fault[] {
  return [...certificates].flatMap(([name, atS]) => {
    const days = Math.floor((atS - Date.now() / 1000) / DAY_S);
    if (days >= WARNED_DAYS) return [];
    if (days < 0) return [error(null, `the certificate of ${name} has expired`)];
    return [warning(null, `the certificate of ${name} expires in ${days} days`)];
  });
}

const DESCRIPTORS_SHARE = 0.8;

function descriptors(): Fault[] {
  const { open, max } = descriptorsOf();
  if (open === null || max === null || open < max * DESCRIPTORS_SHARE) return [];
  return [warning(null, `${open} of ${max} file descriptors are open (ulimit -n)`)];
}

const lost = ({ logDropped }: Overview): Fault[] =>
  logDropped === 0
    ? []
    : [warning(null, `${logDropped} lines of the log were lost: a slow reader, or a full disk`)];
