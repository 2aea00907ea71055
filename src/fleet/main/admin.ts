// Opens the admin listener of a running proxy: the routes of control, wired to what the fleet can
// do.

import type { AdminConfig, Config } from "../../base/config/types.ts";
import { type Admin, startAdmin } from "../../control/admin.ts";
import { Guard } from "../../control/api/guard.ts";
import { type LogParts, logRoutes } from "../../control/api/logs.ts";
import { type OperateParts, operateRoutes } from "../../control/api/operate.ts";
import { operatorRoutes } from "../../control/api/operator-routes.ts";
import { type OverviewParts, overviewRoutes } from "../../control/api/overview.ts";
import { type RequestParts, requestRoutes } from "../../control/api/requests.ts";
import { apiRoutes } from "../../control/api/routes.ts";
import { type SeriesParts, seriesRoutes } from "../../control/api/series.ts";
import { sessionRoutes } from "../../control/api/session.ts";
import { type StatusParts, statusRoutes } from "../../control/api/status.ts";
import { type UsageParts, usageRoutes } from "../../control/api/usage.ts";
import { type Store, StoreError } from "../../control/store/store.ts";
import type { Logger } from "../../observe/log.ts";
import { ServeError } from "../shared/start-errors.ts";
import type { ClusterNode } from "./cluster-node.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { DurableState } from "./durable-state.ts";
import type { FleetLive } from "./live/live.ts";

export interface AdminParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly proxy: StatusParts &
    OperateParts &
    LogParts &
    UsageParts &
    SeriesParts &
    RequestParts &
    Pick<OverviewParts, "overview" | "workers">;
  readonly guard: Guard;
  /** Null: nothing can be changed, so no resource is offered. */
  readonly store: Store | null;
  readonly control: ControlPlane | null;
  /** Among those that share the store; null: nobody shares it. */
  readonly node: ClusterNode | null;
  readonly live: FleetLive;
  readonly durable: DurableState;
  /** Resolves when something may be changed. */
  readonly mayChange: () => Promise<void>;
  /** Of the store, which is served. */
  readonly revision: () => number;
  /** A listening socket that is there already. */
  readonly descriptor: number | undefined;
}

export function openAdmin({
  config,
  logger,
  proxy,
  guard,
  store,
  live,
  control,
  node,
  durable,
  mayChange,
  revision,
  descriptor,
}: AdminParts): Promise<Admin> {
  const file = { path: config.file, settings: () => live.config.tenantSettings };
  const resources =
    store === null || control === null
      ? []
      : apiRoutes({
          ...{
            store,
            live,
            nodes: node?.nodes ?? null,
            file,
            caps: () => live.config.caps,
            tails: proxy.tails,
          },
          ...durable.access,
          ...control.parts,
        });
  const own = [statusRoutes, operateRoutes, logRoutes, usageRoutes].flatMap((of) => of(proxy));
  const breakerOf: OverviewParts["breakerOf"] = control?.breakerOf ?? (() => "closed");
  const sessions = sessionRoutes({ guard, tails: proxy.tails, store });
  const requests = requestRoutes(proxy, live, control?.captures ?? null);
  const series = [...seriesRoutes(proxy, live), ...requests];
  const shared = () => node?.shared ?? null;
  const overview = overviewRoutes({ ...proxy, live, store, breakerOf, shared });
  return startAdmin({
    address: config.admin.address,
    hosts: config.admin.hosts,
    ...(config.admin.tls === null ? {} : { tls: config.admin.tls }),
    ...(descriptor === undefined ? {} : { descriptor }),
    routes: [
      ...own,
      ...sessions,
      ...series,
      ...overview,
      ...resources,
      ...operatorRoutes([...own, ...resources], live),
    ],
    guard,
    mayChange,
    // who has no store changes nothing
    ...(store === null ? {} : { revision }),
    onError: (error) => logger.error({ err: error }, failureOf(error)),
  });
}

const failureOf = (error: unknown): string =>
  error instanceof StoreError
    ? `the store cannot be used: ${error.message}`
    : "a call of the admin API failed";

/** Throws ServeError if the operator's token is none. */
export function guardOf(
  { tokenEnv, hosts }: AdminConfig,
  store: Store | null,
  loginCode: string | null,
): Guard {
  const token = process.env[tokenEnv] ?? "";
  try {
    const given = { tokenEnv, hosts, store, loginCode };
    return new Guard({ token: token === "" ? null : token, ...given });
  } catch (thrown) {
    throw new ServeError(thrown instanceof Error ? thrown.message : String(thrown));
  }
}
