// Checks that need more than one key: names that must exist, and names that must be unique. They
// work on the value as it was read, so that these mistakes are reported together with those of the
// schema.

import { statSync } from "node:fs";
import { resolve } from "node:path";
import { checkAcme } from "./acme.ts";
import { parseAddress, parseHostPattern, parsePeerAddress } from "./address.ts";
import type { Path } from "./document.ts";
import { ENV_NAME, NAME } from "./fields.ts";
import { checkCaps } from "./limits-schema.ts";
import { checkPolicy } from "./policy/checks.ts";
import { expectedOneOf, formatPath, type Mistake, show } from "./problems.ts";
import { entriesOf, isMapping, itemsOf } from "./shape.ts";
import { checkBalance, checkProtocol, checkUpstreamTls } from "./upstream/checks.ts";
import { checkAuthorities, checkServedFiles } from "./upstream/tls-files.ts";

/** @param folder what a script's path is relative to */
export const crossCheck = (value: unknown, folder: string): Mistake[] => {
  const tenants = [...entriesOf(entriesOf(value).get("tenants"))];
  return [
    ...checkSecrets(entriesOf(entriesOf(value).get("secrets"))),
    ...checkAcme(entriesOf(value), folder),
    ...checkAuthorities(["node", "ca"], entriesOf(entriesOf(value).get("node")).get("ca"), folder),
    ...repeated("an address of its own", addressClaims(value)),
    ...checkServedFiles(
      ["admin", "tls"],
      entriesOf(entriesOf(value).get("admin")).get("tls"),
      folder,
    ),
    ...itemsOf(entriesOf(value).get("listeners")).flatMap((listener, index) =>
      checkListenerTls(["listeners", index, "tls"], entriesOf(listener), {
        folder,
        isOrdered: entriesOf(value).has("acme"),
      }),
    ),
    ...checkClients(entriesOf(value).get("listeners"), tenants),
    ...repeated(
      "a host of its own",
      tenants.flatMap(([name, tenant]) => hostClaims(["tenants", name, "hosts"], tenant)),
    ),
    ...checkOperator(["operator"], entriesOf(value).get("operator"), folder),
    ...tenants.flatMap(([name, tenant]) => checkTenant(["tenants", name], tenant, folder)),
    ...tenants.flatMap(([name, tenant]) => {
      const limits = entriesOf(tenant).get("limits");
      return checkCaps(["tenants", name, "limits"], limits, entriesOf(value).get("caps"));
    }),
  ];
};

/** For a tenant by itself. */
export const checkOwnHosts = (tenant: unknown): Mistake[] =>
  repeated("a host of its own", hostClaims(["hosts"], tenant));

const mistake = (path: Path, text: string): Mistake => ({ path, text, isKey: false });

/** Something that only one may have: the same `what` twice is a mistake of the second. */
interface Claim {
  readonly path: Path;
  /** In the one spelling; null: not valid, so the schema reports it. */
  readonly what: string | null;
}

const repeated = (expected: string, claims: readonly Claim[]): Mistake[] => {
  const first = new Map<string, Path>();
  const mistakes: Mistake[] = [];
  for (const { path, what } of claims) {
    if (what === null) continue;
    const earlier = first.get(what);
    if (earlier === undefined) {
      first.set(what, path);
      continue;
    }
    const text = `expected ${expected}, got ${show(what)}, which is ${formatPath(earlier)} already`;
    mistakes.push(mistake(path, text));
  }
  return mistakes;
};

interface ListenerOptions {
  readonly folder: string;
  /** Certificates come from an authority. */
  readonly isOrdered: boolean;
}

const checkListenerTls = (
  path: Path,
  listener: ReadonlyMap<string, unknown>,
  { folder, isOrdered }: ListenerOptions,
): Mistake[] => {
  if (!listener.has("tls")) return [];
  const pairs = entriesOf(listener.get("tls")).get("certificates");
  const none = "expected at least one entry, or acme to order certificates from, got none";
  const isEmpty = itemsOf(pairs).length === 0 && (pairs === undefined || Array.isArray(pairs));
  if (isEmpty && !isOrdered) return [mistake([...path, "certificates"], none)];
  return itemsOf(pairs).flatMap((pair, index) =>
    checkServedFiles([...path, "certificates", index], pair, folder),
  );
};

export const NO_TLS_LISTENER =
  "expected a listener with tls, as no client can show one without, got none";

/** Who requires certificates serves nobody in the clear. */
const checkClients = (
  listeners: unknown,
  tenants: readonly (readonly [name: string, tenant: unknown])[],
): Mistake[] => {
  if (itemsOf(listeners).some((listener) => entriesOf(listener).has("tls"))) return [];
  return tenants.flatMap(([name, tenant]) => {
    const clients = entriesOf(tenant).get("clientCertificates");
    if (!isMapping(clients) || entriesOf(clients).get("mode") === "optional") return [];
    return [mistake(["tenants", name, "clientCertificates"], NO_TLS_LISTENER)];
  });
};

const addressClaims = (value: unknown): Claim[] => {
  const file = entriesOf(value);
  const holders: [Path, unknown][] = itemsOf(file.get("listeners")).map((listener, index) => [
    ["listeners", index, "address"],
    listener,
  ]);
  holders.push([["admin", "address"], file.get("admin")]);
  return holders.map(([path, holder]) => {
    const address = addressIn(entriesOf(holder).get("address"));
    // Port 0 is another port each time.
    return { path, what: address?.port === 0 ? null : (address?.address ?? null) };
  });
};

const checkSecrets = (secrets: ReadonlyMap<string, unknown>): Mistake[] =>
  secrets.has("keyFile") && secrets.has("keyEnv")
    ? [mistake(["secrets", "keyEnv"], "expected keyFile or keyEnv, got both")]
    : [];

const hostClaims = (path: Path, tenant: unknown): Claim[] =>
  itemsOf(entriesOf(tenant).get("hosts")).map((host, index) => ({
    path: [...path, index],
    what: typeof host === "string" ? parseHostPattern(host) : null,
  }));

const checkTenant = (path: Path, value: unknown, folder: string): Mistake[] => {
  const tenant = entriesOf(value);
  return [
    ...checkName(path, NAME),
    ...checkSettings(path, tenant, folder),
    ...checkScript([...path, "script"], tenant.get("script"), folder),
    ...(isMapping(value) ? checkPurpose(path, tenant) : []),
  ];
};

const checkOperator = (path: Path, value: unknown, folder: string): Mistake[] => {
  const operator = entriesOf(value);
  return [
    ...checkNames(path, operator, folder),
    ...checkScript([...path, "script"], operator.get("script"), folder),
  ];
};

/** What the settings of a tenant are checked for wherever they come from. */
export const checkSettings = (
  path: Path,
  tenant: ReadonlyMap<string, unknown>,
  folder: string,
): Mistake[] => [
  ...checkNames(path, tenant, folder),
  ...checkPolicy(path, tenant, folder),
  ...checkAuthorities(
    [...path, "clientCertificates", "ca"],
    entriesOf(tenant.get("clientCertificates")).get("ca"),
    folder,
  ),
  ...checkDestination(path, tenant),
];

const checkNames = (path: Path, owner: ReadonlyMap<string, unknown>, folder: string): Mistake[] => [
  ...[...entriesOf(owner.get("env")).keys()].flatMap((name) =>
    checkName([...path, "env", name], ENV_NAME),
  ),
  ...[...entriesOf(owner.get("upstreams"))].flatMap(([name, group]) =>
    checkGroup([...path, "upstreams", name], group, folder),
  ),
];

const checkName = (path: Path, pattern: RegExp): Mistake[] => {
  const name = String(path.at(-1));
  if (pattern.test(name)) return [];
  const text = `expected a name that matches ${pattern.source}, got ${show(name)}`;
  return [{ path, text, isKey: true }];
};

const checkGroup = (path: Path, group: unknown, folder: string): Mistake[] => {
  const claims = itemsOf(entriesOf(group).get("peers")).map((peer, index) => {
    const written = typeof peer === "string" ? peer : entriesOf(peer).get("address");
    return { path: [...path, "peers", index], what: peerIn(written)?.address ?? null };
  });
  return [
    ...checkName(path, NAME),
    ...repeated("a peer of its own", claims),
    ...checkUpstreamTls(path, group, folder),
    ...checkBalance(path, group),
    ...checkProtocol(path, group),
  ];
};

const addressIn = (value: unknown) => (typeof value === "string" ? parseAddress(value) : null);

const peerIn = (value: unknown) => (typeof value === "string" ? parsePeerAddress(value) : null);

const checkScript = (path: Path, script: unknown, folder: string): Mistake[] => {
  if (typeof script !== "string") return [];
  const file = resolve(folder, script);
  const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
  if (isFile) return [];
  return [mistake(path, `expected a file, got ${show(script)}: there is none at ${file}`)];
};

const checkDestination = (path: Path, tenant: ReadonlyMap<string, unknown>): Mistake[] => {
  const upstreams = tenant.get("upstreams") ?? {};
  const wanted = tenant.get("defaultUpstream");
  if (!isMapping(upstreams)) return [];
  const names = Object.keys(upstreams);
  if (typeof wanted === "string" && !names.includes(wanted)) {
    const none = `expected none, as there are no upstreams, got ${show(wanted)}`;
    const text = names.length === 0 ? none : expectedOneOf(names, wanted);
    return [mistake([...path, "defaultUpstream"], text)];
  }
  if (wanted === undefined && names.length > 1) {
    const text = `expected one of ${names.join(", ")}, got nothing`;
    return [mistake([...path, "defaultUpstream"], text)];
  }
  return [];
};

const checkPurpose = (path: Path, tenant: ReadonlyMap<string, unknown>): Mistake[] => {
  const upstreams = tenant.get("upstreams") ?? {};
  if (!isMapping(upstreams) || Object.keys(upstreams).length > 0) return [];
  if (tenant.get("script") !== undefined || itemsOf(tenant.get("routes")).length > 0) return [];
  if (typeof tenant.get("defaultUpstream") === "string") return [];
  return [mistake(path, "expected a script, upstreams or routes, got none")];
};
