// From the checked keys of a tenant to its policy: networks and hosts taken apart, files read.

import { parseHostPattern, parseNetwork } from "../address.ts";
import { known } from "../known.ts";
import { readPage } from "./error-page-file.ts";
import type { PolicyFile, RouteFile } from "./schema.ts";
import type {
  AccessConfig,
  ErrorPageConfig,
  HttpsConfig,
  PolicyConfig,
  RequestLimitConfig,
  RouteConfig,
  RouteTimeouts,
} from "./types.ts";

/** Null: there is nothing to do, so requests need not be looked at. */
export const resolvePolicy = (file: PolicyFile, folder: string): PolicyConfig | null => {
  const { headers, rewriteLocation, rewriteCookies, access, routes, errorPages } = file;
  const policy = {
    https: resolveHttps(file.https),
    routes: routes.map(resolveRoute),
    headers,
    rewriteLocation,
    rewriteCookies,
    access: resolveAccess(access),
    requestLimit: resolveLimit(file.requestLimit),
    errorPages: Object.entries(errorPages).map(([status, page]) =>
      resolvePage(status, page, folder),
    ),
  };
  const lists = [policy.routes, policy.errorPages, policy.access.allow, policy.access.deny];
  const edits = [headers.request, headers.response];
  const isEmpty =
    policy.https === null &&
    policy.requestLimit === null &&
    !rewriteLocation &&
    !rewriteCookies &&
    lists.every(({ length }) => length === 0) &&
    edits.every(({ set, remove }) => Object.keys(set).length + remove.length === 0);
  return isEmpty ? null : policy;
};

const resolveHttps = ({ redirect, port, hsts }: PolicyFile["https"]): HttpsConfig | null => {
  if (!redirect && hsts === undefined) return null;
  return { redirectPort: redirect ? port : null, hsts: hsts === undefined ? null : hstsOf(hsts) };
};

/** RFC 6797 section 6.1. */
const hstsOf = (hsts: NonNullable<PolicyFile["https"]["hsts"]>): string =>
  `max-age=${hsts.maxAgeSeconds}` +
  (hsts.includeSubDomains ? "; includeSubDomains" : "") +
  (hsts.preload ? "; preload" : "");

const resolveRoute = (route: RouteFile): RouteConfig => ({
  path: route.exact ?? route.path ?? "/",
  isExact: route.exact !== undefined,
  host: route.host === undefined ? "*" : known(parseHostPattern(route.host)),
  methods: route.methods ?? [],
  upstream: route.upstream ?? null,
  redirect: route.redirect ?? null,
  answer: route.answer ?? null,
  newPrefix: route.stripPrefix ? "/" : (route.rewrite?.prefix ?? null),
  timeouts: route.timeouts === undefined ? null : resolveTimeouts(route.timeouts),
  rewriteLocation: route.rewriteLocation ?? null,
  rewriteCookies: route.rewriteCookies ?? null,
  headers: route.headers,
  access: resolveAccess(route.access),
  requestLimit: resolveLimit(route.requestLimit),
});

const resolveLimit = (file: PolicyFile["requestLimit"]): RequestLimitConfig | null =>
  file === undefined ? null : { ...file, burst: file.burst ?? file.requests };

const resolveTimeouts = (file: NonNullable<RouteFile["timeouts"]>): RouteTimeouts => ({
  connectMs: file.connectMs ?? 0,
  firstByteMs: file.firstByteMs ?? 0,
  betweenBytesMs: file.betweenBytesMs ?? 0,
  requestMs: file.requestMs ?? 0,
});

const resolveAccess = ({ allow, deny }: PolicyFile["access"]): AccessConfig => ({
  allow: allow.map((text) => known(parseNetwork(text))),
  deny: deny.map((text) => known(parseNetwork(text))),
});

type PageFile = PolicyFile["errorPages"][string];

const resolvePage = (status: string, page: PageFile, folder: string): ErrorPageConfig => {
  const { file, body, contentType } = page;
  if (file === undefined) return { status, body: body ?? "", contentType };
  const found = readPage(file, folder);
  if ("problem" in found) throw new Error(`Cannot read ${file} again: ${found.problem}`);
  return { status, body: found.text, contentType };
};
