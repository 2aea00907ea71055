// Checks that need more than one key of a tenant's routes, headers and error pages. Like
// checks.ts, they work on the value as it was read.

import { isFieldValue, isReserved, isToken } from "../../../wire/headers.ts";
import { isHost } from "../../../wire/host.ts";
import { parseHostPattern } from "../address.ts";
import type { Path } from "../document.ts";
import { expectedOneOf, formatPath, type Mistake, show } from "../problems.ts";
import { entriesOf, isMapping, itemsOf } from "../shape.ts";
import { checkErrorPages } from "./error-page-file.ts";

type Mapping = ReadonlyMap<string, unknown>;

/** @param folder what the paths of files are relative to */
export const checkPolicy = (path: Path, tenant: Mapping, folder: string): Mistake[] => {
  const routes = itemsOf(tenant.get("routes")).map((route, index) => ({
    path: [...path, "routes", index],
    value: route,
  }));
  return [
    ...checkHeaders([...path, "headers"], tenant.get("headers")),
    ...checkLimit([...path, "requestLimit"], tenant.get("requestLimit")),
    ...checkErrorPages([...path, "errorPages"], tenant.get("errorPages"), folder),
    ...routes.flatMap((route) => checkRoute(route, tenant)),
    ...checkTwins(routes),
  ];
};

interface Located {
  readonly path: Path;
  readonly value: unknown;
}

const mistake = (path: Path, text: string): Mistake => ({ path, text, isKey: false });

const checkRoute = ({ path, value }: Located, tenant: Mapping): Mistake[] => {
  if (!isMapping(value)) return [];
  const route = entriesOf(value);
  const answer = entriesOf(route.get("answer"));
  return [
    ...expectOneOf(path, route, ["path", "exact"]),
    ...checkAction(path, route),
    ...checkUpstream([...path, "upstream"], route.get("upstream"), tenant),
    ...checkHost([...path, "host"], route.get("host"), tenant),
    ...checkHeaders([...path, "headers"], route.get("headers")),
    ...checkLimit([...path, "requestLimit"], route.get("requestLimit")),
    ...checkSet([...path, "answer", "headers"], answer.get("headers"), ANSWERS_OWN),
    ...checkBody([...path, "answer", "body"], answer),
  ];
};

/** One of the keys, and no other of them. */
const expectOneOf = (path: Path, value: Mapping, keys: readonly string[]): Mistake[] => {
  const given = keys.filter((key) => value.has(key));
  if (given.length === 1) return [];
  const got = given.length === 0 ? "neither" : `${given.join(" and ")}`;
  return [mistake(path, `expected ${keys.join(" or ")}, got ${got}`)];
};

const ACTIONS = ["upstream", "redirect", "answer"];
const REWRITES = ["stripPrefix", "rewrite"];
/** What only a route that forwards can do. */
const OF_FORWARDING = [...REWRITES, "rewriteLocation", "rewriteCookies", "timeouts"];
const DEEDS = [...ACTIONS, ...OF_FORWARDING, "headers", "access", "requestLimit"];

const checkAction = (path: Path, route: Mapping): Mistake[] => {
  const given = (keys: readonly string[]) => keys.filter((key) => route.has(key));
  const [action, second] = given(ACTIONS);
  if (given(DEEDS).length === 0) {
    return [mistake(path, `expected at least one of ${DEEDS.join(", ")}, got none`)];
  }
  if (action !== undefined && second !== undefined) {
    const text = `expected one of ${ACTIONS.join(", ")}, got ${second} besides ${action}`;
    return [{ path: [...path, second], text, isKey: true }];
  }
  const answers = action === "redirect" || action === "answer";
  const [rewrite] = given(answers ? OF_FORWARDING : REWRITES);
  if (rewrite === undefined || (!answers && given(REWRITES).length === 1)) return [];
  const rest = answers ? `a route that forwards, got ${rewrite} besides ${action}` : null;
  const text = `expected ${rest ?? "stripPrefix or rewrite, got both"}`;
  return [{ path: [...path, rewrite], text, isKey: true }];
};

const WEEK_MS = 604_800_000;

const checkLimit = (path: Path, value: unknown): Mistake[] => {
  const limit = entriesOf(value);
  const {
    requests,
    windowMs = 1_000,
    algorithm = "token-bucket",
    burst,
  } = Object.fromEntries(limit);
  if (typeof burst !== "number" || typeof requests !== "number") return [];
  if (algorithm !== "token-bucket") {
    const text = "expected none, as only a token-bucket has one";
    return [{ path: [...path, "burst"], text: `${text}, got ${show(burst)}`, isKey: true }];
  }
  if (typeof windowMs !== "number" || (burst / requests) * windowMs <= WEEK_MS) return [];
  const text = `expected one that drips in within a week, got ${burst}`;
  return [mistake([...path, "burst"], text)];
};

const checkUpstream = (path: Path, wanted: unknown, tenant: Mapping): Mistake[] => {
  const upstreams = tenant.get("upstreams") ?? {};
  if (typeof wanted !== "string" || !isMapping(upstreams)) return [];
  const names = Object.keys(upstreams);
  if (names.includes(wanted)) return [];
  const none = `expected none, as there are no upstreams, got ${show(wanted)}`;
  return [mistake(path, names.length === 0 ? none : expectedOneOf(names, wanted))];
};

/** A host that the tenant does not have never comes here. */
const checkHost = (path: Path, wanted: unknown, tenant: Mapping): Mistake[] => {
  const host = typeof wanted === "string" ? parseHostPattern(wanted) : null;
  if (host === null) return [];
  const hosts = itemsOf(tenant.get("hosts")).map((one) =>
    typeof one === "string" ? parseHostPattern(one) : null,
  );
  const isCovered = hosts.some(
    (one) => one === host || one === "*" || (one?.startsWith("*.") && host.endsWith(one.slice(1))),
  );
  if (isCovered) return [];
  return [mistake(path, `expected one of the tenant's hosts, got ${show(wanted)}`)];
};

const BODYLESS: ReadonlySet<unknown> = new Set([204, 205, 304]);

const checkBody = (path: Path, answer: Mapping): Mistake[] => {
  const status = answer.get("status");
  const body = answer.get("body");
  if (!BODYLESS.has(status) || body === undefined || body === "") return [];
  return [mistake(path, `expected none with status ${String(status)}, got ${show(body)}`)];
};

/** Two routes for the same requests: one of them would never be taken. */
const checkTwins = (routes: readonly Located[]): Mistake[] => {
  const first = new Map<string, Path>();
  const mistakes: Mistake[] = [];
  for (const { path, value } of routes) {
    const what = requestsOf(entriesOf(value));
    if (what === null) continue;
    const earlier = first.get(what);
    if (earlier === undefined) first.set(what, path);
    else {
      const text = `expected requests of its own, got those of ${formatPath(earlier)}`;
      mistakes.push(mistake(path, text));
    }
  }
  return mistakes;
};

const requestsOf = (route: Mapping): string | null => {
  const path = route.get("path");
  const prefix = typeof path === "string" ? path.replace(/\/$/, "") : null;
  if (prefix === null && !route.has("exact")) return null;
  const host = route.get("host");
  const hosts = typeof host === "string" ? parseHostPattern(host) : "*";
  const methods = itemsOf(route.get("methods")).map(String).sort();
  return JSON.stringify([prefix, route.get("exact"), hosts, methods]);
};

/** Names that the proxy writes into each response itself. */
const RESPONSES_OWN: ReadonlySet<string> = new Set(["x-request-id", "date"]);
const ANSWERS_OWN: ReadonlySet<string> = new Set([...RESPONSES_OWN, "content-type"]);
const NONE: ReadonlySet<string> = new Set();

const checkHeaders = (path: Path, headers: unknown): Mistake[] => {
  const sides = [
    { side: "request", own: NONE },
    { side: "response", own: RESPONSES_OWN },
  ];
  return sides.flatMap(({ side, own }) => {
    const edits = entriesOf(entriesOf(headers).get(side));
    return [
      ...checkSet([...path, side, "set"], edits.get("set"), own),
      ...checkRemove([...path, side, "remove"], edits.get("remove"), own),
    ];
  });
};

const checkSet = (path: Path, set: unknown, own: ReadonlySet<string>): Mistake[] => {
  const names = new Set<string>();
  return [...entriesOf(set)].flatMap(([name, value]) => {
    const at = [...path, name];
    const problem = nameProblem(name, own) ?? (names.has(name.toLowerCase()) ? TWICE : null);
    names.add(name.toLowerCase());
    if (problem !== null) {
      return [{ path: at, text: `expected ${problem}, got ${show(name)}`, isKey: true }];
    }
    if (typeof value !== "string") return [];
    // Not shown: it may be a token.
    if (!isFieldValue(value)) return [mistake(at, `expected ${VALUE}, got another text`)];
    const isBadHost = name.toLowerCase() === "host" && !isHost(value);
    return isBadHost ? [mistake(at, "expected host or host:port, got another text")] : [];
  });
};

const TWICE = "each header once";
const VALUE = "a value in latin1, without control characters or blanks at its ends";

const checkRemove = (path: Path, names: unknown, own: ReadonlySet<string>): Mistake[] =>
  itemsOf(names).flatMap((name, index) => {
    if (typeof name !== "string") return [];
    const isHost = name.toLowerCase() === "host";
    const problem = isHost ? "a header that may be left out" : nameProblem(name, own);
    if (problem === null) return [];
    return [mistake([...path, index], `expected ${problem}, got ${show(name)}`)];
  });

const nameProblem = (name: string, own: ReadonlySet<string>): string | null => {
  const lower = name.toLowerCase();
  if (isReserved(lower) || own.has(lower)) return "a header that the proxy does not write itself";
  return isToken(name) ? null : "a header's name";
};
