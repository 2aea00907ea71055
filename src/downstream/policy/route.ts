// One route, made ready: what is done to its requests and their responses. What a tenant does to
// requests that no route takes has the same form, a route without a place in the table.

import type {
  PolicyConfig,
  RequestLimitConfig,
  RouteConfig,
  RouteTimeouts,
} from "../../base/config/policy/types.ts";
import type { RequestParts } from "../../phases/exchange.ts";
import type { Answer } from "../../sandbox/call.ts";
import type { UpstreamGroup } from "../../upstream/groups.ts";
import { setField } from "../../wire/headers.ts";
import { errorAnswer, type Failure } from "../error-page.ts";
import { type AccessList, toAccessList } from "./access.ts";
import { withoutCookieDomains } from "./cookie-domain.ts";
import type { ErrorPages } from "./error-pages.ts";
import { type HeaderEdits, toHeaderEdits, withOwnLines } from "./header-edits.ts";
import { type AnsweredRequest, LocationRewrite } from "./location.ts";
import { Prefix, replacePrefix } from "./prefix.ts";
import { Redirect, type RedirectRequest } from "./redirect.ts";
import type { RequestLimit, RequestLimits } from "./request-limit.ts";
import type { RouteKey } from "./route-table.ts";

export class Route implements RouteKey {
  readonly path: string;
  readonly isExact: boolean;
  readonly host: string;
  readonly methods: readonly string[];
  readonly access: AccessList | null;
  /** Null: the tenant's default. */
  readonly group: UpstreamGroup | null;
  readonly #hsts: string | null;
  /** Null: as the group has them. */
  readonly timeouts: RouteTimeouts | null;
  /** Null: clients may ask as often as they like. */
  readonly limit: RequestLimit | null;
  readonly #redirect: Redirect | null;
  readonly #answer: Answer | null;
  readonly #prefix: Prefix;
  readonly #newPrefix: string | null;
  readonly #request: HeaderEdits | null;
  readonly #response: HeaderEdits | null;
  readonly #location: LocationRewrite | null;
  readonly #rewritesCookies: boolean;
  readonly #pages: ErrorPages | null;

  constructor(config: RouteConfig, parts: RouteParts) {
    const { path, isExact, host, methods, headers } = config;
    this.path = path;
    this.isExact = isExact;
    this.host = host;
    this.methods = methods;
    this.access = toAccessList(config.access);
    this.group = parts.group;
    this.#hsts = parts.hsts;
    this.timeouts = config.timeouts;
    this.#prefix = new Prefix(path);
    this.#newPrefix = config.newPrefix;
    this.#request = toHeaderEdits([parts.headers.request, headers.request]);
    this.#response = toHeaderEdits([parts.headers.response, headers.response]);
    this.#redirect = config.redirect === null ? null : new Redirect(config.redirect, this.#prefix);
    this.#answer = this.#toAnswer(config.answer);
    this.#location =
      (config.rewriteLocation ?? parts.rewriteLocation)
        ? new LocationRewrite(path, isExact, config.newPrefix)
        : null;
    this.#rewritesCookies = config.rewriteCookies ?? parts.rewriteCookies;
    this.#pages = parts.pages;
    const { requestLimit } = config;
    this.limit = requestLimit === null ? null : limitOf(config, requestLimit, parts.limits);
  }

  #toAnswer(config: RouteConfig["answer"]): Answer | null {
    if (config === null) return null;
    const { status, contentType, body } = config;
    let own = "";
    for (const [name, value] of Object.entries(config.headers)) own = setField(own, name, value);
    if (body !== "") own = setField(own, "Content-Type", contentType);
    return { status, headers: withOwnLines(this.editResponse(""), own), body: Buffer.from(body) };
  }

  get answers(): boolean {
    return this.#answer !== null || this.#redirect !== null;
  }

  get redirects(): boolean {
    return this.#redirect !== null;
  }

  /** The route's own answer; null: it has none for this request. */
  answer(request: RedirectRequest): Answer | null {
    if (this.#redirect === null) return this.#answer;
    const to = this.#redirect.to(request);
    return to === null ? null : this.redirect(this.#redirect.status, to);
  }

  redirect(status: number, to: string): Answer {
    const headers = setField(this.editResponse(""), "Location", to);
    return { status, headers, body: NO_BYTES };
  }

  /** What is sent upstream of a request. A target that left the route's path stays as it is. */
  editRequest({ method, target, headers }: RequestParts, came: string): RequestParts {
    const edited = this.#request === null ? headers : this.#request.apply(headers);
    if (this.#newPrefix === null || target !== came) return { method, target, headers: edited };
    const replaced = replacePrefix(target, this.#prefix, this.#newPrefix);
    return { method, target: replaced, headers: edited };
  }

  /** Headers that are the configuration's, as `foldedName` has them. */
  get requestNames(): ReadonlySet<string> {
    return this.#request?.names ?? NO_NAMES;
  }

  get responseNames(): ReadonlySet<string> {
    return this.#response?.names ?? NO_NAMES;
  }

  /** What an origin has answered. */
  editOrigins(headers: string, request: AnsweredRequest): string {
    const located = this.#location?.apply(headers, request) ?? headers;
    return this.editResponse(this.#rewritesCookies ? withoutCookieDomains(located) : located);
  }

  editResponse(headers: string): string {
    return this.#response === null ? headers : this.#response.apply(headers);
  }

  /**
   * What holds for every answer, whoever made it. A client acts on the first line of the name (RFC
   * 6797 section 8.1), so what an origin or a script says goes.
   */
  closing(headers: string): string {
    return this.#hsts === null ? headers : setField(headers, HSTS, this.#hsts);
  }

  /** The proxy's own answer to a failure. */
  errorAnswer(failure: Failure, id: string): Answer {
    const answer = this.#pages?.answer(failure, id) ?? errorAnswer(failure, id);
    if (this.#response === null) return answer;
    return { ...answer, headers: withOwnLines(this.#response.apply(""), answer.headers) };
  }
}

const HSTS = "Strict-Transport-Security";
const NO_BYTES = Buffer.alloc(0);
const NO_NAMES: ReadonlySet<string> = new Set();

/** What a route has from its tenant. */
export interface RouteParts {
  readonly headers: PolicyConfig["headers"];
  readonly rewriteLocation: boolean;
  readonly rewriteCookies: boolean;
  readonly group: UpstreamGroup | null;
  readonly hsts: string | null;
  readonly pages: ErrorPages | null;
  readonly limits: RequestLimits | null;
}

/** The same for a route over http:// and https://: its name says which it is. */
const limitOf = (
  { host, path, isExact, methods }: RouteConfig,
  config: RequestLimitConfig,
  limits: RequestLimits | null,
): RequestLimit | null => {
  const where = `${host === "*" ? "" : host}${path}${isExact ? "$" : ""}`;
  return limits?.limit(config, [...methods, where].join(" ")) ?? null;
};

const NO_EDITS = { set: {}, remove: [] };

/** Of a tenant's requests that no route takes. */
export const NO_ROUTE: RouteConfig = {
  path: "/",
  isExact: false,
  host: "*",
  methods: [],
  upstream: null,
  redirect: null,
  answer: null,
  newPrefix: null,
  timeouts: null,
  rewriteLocation: null,
  rewriteCookies: null,
  headers: { request: NO_EDITS, response: NO_EDITS },
  access: { allow: [], deny: [] },
  requestLimit: null,
};
