// What a tenant's configuration says about a request before any script runs: who is served, which
// route it takes, whether that route answers it. Made ready when the configuration is; a tenant
// without such keys has none, and its requests cost nothing here.

import type { PolicyConfig } from "../../base/config/policy/types.ts";
import { SluiceError } from "../../base/errors.ts";
import type { Answer } from "../../sandbox/call.ts";
import type { UpstreamGroup } from "../../upstream/groups.ts";
import { type AccessList, toAccessList } from "./access.ts";
import { ErrorPages } from "./error-pages.ts";
import { NO_ROUTE, Route } from "./route.ts";
import { AMBIGUOUS, RouteTable, type Wanted } from "./route-table.ts";

/** What becomes of a request. Without error and answer it goes on, to the script if any. */
export interface Decision {
  readonly route: Route | null;
  readonly error: SluiceError | null;
  readonly answer: Answer | null;
}

/** Of a tenant that says nothing. */
export const GO_ON: Decision = Object.freeze({ route: null, error: null, answer: null });

export class Policy {
  /** For requests that take no route, and errors before one is known. */
  readonly #rest: Route;
  readonly #access: AccessList | null;
  readonly #table: RouteTable<Route> | null;

  /** @param groups  the tenant's, by name */
  constructor(config: PolicyConfig, groups: ReadonlyMap<string, UpstreamGroup>) {
    const { headers, rewriteLocation } = config;
    const pages = config.errorPages.length === 0 ? null : new ErrorPages(config.errorPages);
    const routes = config.routes.map((route) => {
      const group = route.upstream === null ? null : (groups.get(route.upstream) ?? null);
      return new Route(route, { headers, rewriteLocation, group, pages });
    });
    this.#rest = new Route(NO_ROUTE, { headers, rewriteLocation, group: null, pages });
    this.#access = toAccessList(config.access);
    this.#table = routes.length === 0 ? null : new RouteTable(routes);
  }

  /** A request that is refused for other reasons: its answer alone is ours. */
  refuse(error: SluiceError): Decision {
    return { route: this.#rest, error, answer: null };
  }

  /** @param address  of the client */
  decide(request: Wanted, address: string): Decision {
    if (this.#access !== null && !this.#access.admits(address)) return this.#forbid(this.#rest);
    const found = this.#table === null ? null : this.#table.find(request);
    if (found === AMBIGUOUS) {
      return this.refuse(new SluiceError("path_ambiguous", "Cannot route: the path is ambiguous"));
    }
    const route = found ?? this.#rest;
    if (route.access !== null && !route.access.admits(address)) return this.#forbid(route);
    if (!route.answers) return { route, error: null, answer: null };
    const answer = route.answer(request);
    const error = answer === null ? new SluiceError("bad_request", NO_HOST) : null;
    return { route, error, answer };
  }

  #forbid(route: Route): Decision {
    return { route, error: new SluiceError("forbidden", NOT_ADMITTED), answer: null };
  }
}

const NO_HOST = "Cannot redirect: expected a Host, got none";
const NOT_ADMITTED = "Cannot serve: the client's address is not admitted";
