// What a tenant's configuration says about a request before any script runs: who is served, which
// route it takes, whether that route answers it. Made ready when the configuration is; a tenant
// without such keys has none, and its requests cost nothing here.

import type { HttpsConfig, PolicyConfig } from "../../base/config/policy/types.ts";
import { SluiceError } from "../../base/errors.ts";
import type { Answer } from "../../sandbox/call.ts";
import type { UpstreamGroup } from "../../upstream/groups.ts";
import { pathOf } from "../../wire/path.ts";
import { SOURCE } from "../../wire/response-sources.ts";
import { type AccessList, toAccessList } from "./access.ts";
import { ErrorPages } from "./error-pages.ts";
import { Prefix } from "./prefix.ts";
import { Redirect } from "./redirect.ts";
import type { RequestLimit, RequestLimits } from "./request-limit.ts";
import { NO_ROUTE, Route } from "./route.ts";
import { AMBIGUOUS, type RoutedRequest, RouteTable } from "./route-table.ts";

/** What becomes of a request. Without error and answer it goes on, to the script if any. */
export interface Decision {
  readonly route: Route | null;
  readonly error: SluiceError | null;
  readonly answer: Answer | null;
  /** Whose the answer is: of SOURCE (src/wire/response-sources.ts). */
  readonly kind: number;
}

/** Of a tenant that says nothing. */
export const GO_ON: Decision = Object.freeze({
  route: null,
  error: null,
  answer: null,
  kind: SOURCE.answer,
});

/** Who asks. */
export interface Asking {
  readonly address: string;
  /** By https, as far as the proxies say that are trusted; of no interest without `https`. */
  readonly isSecure: boolean;
}

/** What a tenant's policy works with. */
export interface PolicyParts {
  /** By name. */
  readonly groups: ReadonlyMap<string, UpstreamGroup>;
  /** Null: nothing is limited. */
  readonly limits: RequestLimits | null;
}

export class Policy {
  /** Null: http:// and https:// are the same. */
  readonly https: HttpsConfig | null;
  readonly #access: AccessList | null;
  readonly #limit: RequestLimit | null;
  readonly #toHttps: Redirect | null;
  /** For answers over https://, where they say more; else the same. */
  readonly #secure: Routes;
  readonly #clear: Routes;

  /** @param parts  of the tenant */
  constructor(config: PolicyConfig, parts: PolicyParts) {
    const { requestLimit } = config;
    this.#limit = requestLimit === null ? null : (parts.limits?.limit(requestLimit, "") ?? null);
    this.https = config.https;
    this.#access = toAccessList(config.access);
    this.#toHttps = redirectOf(config.https);
    this.#clear = new Routes(config, parts, null);
    const hsts = config.https?.hsts ?? null;
    this.#secure = hsts === null ? this.#clear : new Routes(config, parts, hsts);
  }

  /** A request that is refused for other reasons: its answer alone is ours. */
  refuse(error: SluiceError, isSecure: boolean): Decision {
    return { ...GO_ON, route: this.rest(isSecure), error };
  }

  /** For requests that take no route. */
  rest(isSecure: boolean): Route {
    return this.#routes(isSecure).rest;
  }

  /** Whether it is sent to https://, unless it is refused before. */
  isRedirected(request: RoutedRequest, isSecure: boolean): boolean {
    return !isSecure && this.#toHttps !== null && !isChallenge(request);
  }

  decide(request: RoutedRequest, { address, isSecure }: Asking): Decision {
    const routes = this.#routes(isSecure);
    if (this.#access !== null && !this.#access.admits(address)) return forbid(routes.rest);
    const refusal = this.#limit?.refusal(address) ?? null;
    if (refusal !== null) return this.refuse(refusal, isSecure);
    if (this.#toHttps !== null && this.isRedirected(request, isSecure)) {
      return redirected(this.#toHttps, request, routes.rest);
    }
    const found = routes.find(request);
    if (found === AMBIGUOUS) {
      const text = "Cannot route: the path is ambiguous";
      return this.refuse(new SluiceError("path_ambiguous", text), isSecure);
    }
    const route = found ?? routes.rest;
    if (route.access !== null && !route.access.admits(address)) return forbid(route);
    const tooMany = route.limit?.refusal(address) ?? null;
    if (tooMany !== null) return { ...GO_ON, route, error: tooMany };
    if (!route.answers) return { route, error: null, answer: null, kind: SOURCE.answer };
    const kind = route.redirects ? SOURCE.redirect : SOURCE.answer;
    return answered(route, route.answer(request), kind);
  }

  #routes(isSecure: boolean): Routes {
    return isSecure ? this.#secure : this.#clear;
  }
}

class Routes {
  /** For requests that take no route, and errors before one is known. */
  readonly rest: Route;
  readonly #table: RouteTable<Route> | null;

  constructor(config: PolicyConfig, { groups, limits }: PolicyParts, hsts: string | null) {
    const { headers, rewriteLocation, rewriteCookies } = config;
    const pages = config.errorPages.length === 0 ? null : new ErrorPages(config.errorPages);
    const routes = config.routes.map((route) => {
      const group = route.upstream === null ? null : (groups.get(route.upstream) ?? null);
      const rewrites = { rewriteLocation, rewriteCookies };
      return new Route(route, { headers, ...rewrites, group, pages, hsts, limits });
    });
    const rest = { headers, rewriteLocation, rewriteCookies, group: null, pages, hsts };
    this.rest = new Route(NO_ROUTE, { ...rest, limits: null });
    this.#table = routes.length === 0 ? null : new RouteTable(routes);
  }

  find(request: RoutedRequest): Route | typeof AMBIGUOUS | null {
    return this.#table === null ? null : this.#table.find(request);
  }
}

const forbid = (route: Route): Decision => {
  return { ...GO_ON, route, error: new SluiceError("forbidden", NOT_ADMITTED) };
};

const answered = (route: Route, answer: Answer | null, kind: number): Decision => {
  const error = answer === null ? new SluiceError("bad_request", NO_HOST) : null;
  return { route, error, answer, kind };
};

const NO_HOST = "Cannot redirect: expected a Host, got none";
const NOT_ADMITTED = "Cannot serve: the client's address is not admitted";

/** 308 keeps method and body. The host stays the same, as RFC 6797 section 7.2 wants it. */
function redirectOf(https: HttpsConfig | null): Redirect | null {
  const port = https?.redirectPort ?? null;
  if (port === null) return null;
  const to = `https://{host}${port === 443 ? "" : `:${port}`}{target}`;
  return new Redirect({ to, status: 308 }, new Prefix("/"));
}

function redirected(redirect: Redirect, request: RoutedRequest, rest: Route): Decision {
  const to = redirect.to(request);
  const answer = to === null ? null : rest.redirect(redirect.status, to);
  return answered(rest, answer, SOURCE.redirect);
}

/** An authority asks in the clear, before there is a certificate to be redirected to. */
export const isChallenge = ({ target }: Pick<RoutedRequest, "target">): boolean =>
  pathOf(target).startsWith("/.well-known/acme-challenge/");
