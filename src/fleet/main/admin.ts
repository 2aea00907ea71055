// Opens the admin listener of a running proxy: the routes of control, wired to what the fleet can
// do.

import type { Address } from "../../base/config/address.ts";
import type { AdminConfig, Config } from "../../base/config/types.ts";
import { type Admin, type AdminClosing, startAdmin } from "../../control/admin.ts";
import { eventRoutes } from "../../control/api/events.ts";
import { explainRoutes } from "../../control/api/explain.ts";
import { type FaultParts, faultsOf } from "../../control/api/faults.ts";
import { Guard } from "../../control/api/guard.ts";
import { type LimitParts, limitRoutes } from "../../control/api/limits.ts";
import { type LogParts, logRoutes } from "../../control/api/logs.ts";
import { type OperateParts, operateRoutes } from "../../control/api/operate.ts";
import { operatorRoutes } from "../../control/api/operator-routes.ts";
import { type OverviewParts, overviewRoutes } from "../../control/api/overview.ts";
import type { ApiParts } from "../../control/api/parts.ts";
import { type RequestParts, requestRoutes } from "../../control/api/requests.ts";
import type { AdminRoute } from "../../control/api/route.ts";
import { apiRoutes } from "../../control/api/routes.ts";
import { type SeriesParts, seriesRoutes } from "../../control/api/series.ts";
import { sessionRoutes } from "../../control/api/session.ts";
import { type StatusParts, statusRoutes } from "../../control/api/status.ts";
import { type UsageParts, usageRoutes } from "../../control/api/usage.ts";
import type { TesterKey } from "../../control/deploy/tester-key.ts";
import { type Store, StoreError } from "../../control/store/store.ts";
import type { Logger } from "../../observe/log.ts";
import { ServeError } from "../shared/start-errors.ts";
import type { ClusterNode } from "./cluster-node.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { DurableState } from "./durable-state.ts";
import { Events } from "./events.ts";
import { Explainer } from "./explain.ts";
import type { FleetLive } from "./live/live.ts";

export interface AdminParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly proxy: StatusParts &
    OperateParts &
    LogParts &
    UsageParts &
    Omit<SeriesParts & RequestParts, "others"> &
    LimitParts &
    Pick<OverviewParts, "overview" | "workers">;
  readonly guard: Guard;
  /** Null: nothing can be changed, so no resource is offered. */
  readonly store: Store | null;
  readonly control: ControlPlane | null;
  /** Among those that share the store; null: nobody shares it. */
  readonly node: ClusterNode | null;
  readonly live: FleetLive;
  readonly durable: DurableState;
  /** What signs testers' passes for a tenant. */
  readonly testerKey: TesterKey;
  /** Our name in Via. */
  readonly pseudonym: string;
  /** Where clients are served. */
  readonly listening: () => readonly Address[];
  /** Resolves when something may be changed. */
  readonly mayChange: () => Promise<void>;
  /** Of the store, which is served. */
  readonly revision: () => number;
  /** A listening socket that is there already. */
  readonly descriptor: number | undefined;
}

export async function openAdmin(parts: AdminParts): Promise<Admin> {
  const { config, logger, proxy, guard, store, live, control, mayChange, descriptor } = parts;
  const faults = faultParts(parts);
  const events = new Events({
    revision: parts.revision,
    faults: async () => await faultsOf(faults, await proxy.overview(), proxy.isReady()),
    series: () => proxy.series.whole("30m"),
  });
  const tails = {
    review: async () => void (await Promise.all([proxy.tails.review(), events.review()])),
  };
  const others = parts.node?.others ?? null;
  const own = [
    ...[statusRoutes, operateRoutes].flatMap((of) => of(proxy)),
    ...[logRoutes, usageRoutes].flatMap((of) => of({ ...proxy, others })),
  ];
  const resources = resourcesOf(parts, tails);
  const { stillOpens } = proxy;
  const admin = await startAdmin({
    address: config.admin.address,
    hosts: config.admin.hosts,
    ...(config.admin.tls === null ? {} : { tls: config.admin.tls }),
    ...(descriptor === undefined ? {} : { descriptor }),
    routes: [
      ...own,
      ...sessionRoutes({ guard, tails, store }),
      ...seriesRoutes({ ...proxy, others }, live),
      ...requestRoutes({ ...proxy, others }, live, control?.captures ?? null),
      ...explainRoutes(explainerOf(parts), live),
      ...limitRoutes(proxy, live, parts.durable.access),
      ...overviewRoutes({ ...proxy, ...faults, others }),
      ...eventRoutes({ events, stillOpens }),
      ...resources,
      ...operatorRoutes([...own, ...resources], live),
    ],
    guard,
    mayChange,
    staleSinceMs: () => parts.node?.staleSinceMs ?? null,
    tenants: () => live.tenants().map((one) => one.config.name),
    // who has no store changes nothing
    ...(store === null ? {} : { revision: parts.revision }),
    onError: (error) => logger.error({ err: error }, failureOf(error)),
  });
  const close = async (closing?: AdminClosing): Promise<void> => {
    events.close();
    await admin.close(closing);
  };
  return { ...admin, close };
}

function explainerOf({ live, store, control, durable, ...parts }: AdminParts): Explainer {
  const { testerKey, pseudonym, listening } = parts;
  const breakerOf = control?.breakerOf ?? (() => "closed");
  const challenges = () => durable.proofs.shown;
  const own = { testerKey, breakerOf, pseudonym, listening, challenges };
  return new Explainer({ live, store, peers: durable.peers, ...own });
}

function faultParts({ live, store, control, node, proxy }: AdminParts): FaultParts {
  const breakerOf: FaultParts["breakerOf"] = control?.breakerOf ?? (() => "closed");
  const minutes = () => proxy.series.minutes();
  return { live, store, breakerOf, minutes, shared: () => node?.shared ?? null };
}

function resourcesOf(parts: AdminParts, tails: ApiParts["tails"]): readonly AdminRoute[] {
  const { config, store, live, control, node, durable } = parts;
  if (store === null || control === null) return [];
  const file = { path: config.file, settings: () => live.config.tenantSettings };
  const caps = () => live.config.caps;
  const among = { nodes: node?.nodes ?? null, others: node?.others ?? null };
  const speaksTls = () => live.config.listeners.some(({ tls }) => tls !== null);
  const own = { store, live, ...among, file, caps, speaksTls, tails };
  return apiRoutes({ ...own, ...durable.access, ...control.parts });
}

const failureOf = (error: unknown): string =>
  error instanceof StoreError
    ? `the store cannot be used: ${error.message}`
    : "a call of the admin API failed";

/** Throws ServeError if the operator's token is none. */
export function guardOf(
  { tokenEnv, hosts }: AdminConfig,
  store: Store | null,
  shownToken: string | null,
): Guard {
  const token = process.env[tokenEnv] ?? "";
  try {
    const given = { tokenEnv, hosts, store, shownToken };
    return new Guard({ token: token === "" ? null : token, ...given });
  } catch (thrown) {
    throw new ServeError(thrown instanceof Error ? thrown.message : String(thrown));
  }
}
