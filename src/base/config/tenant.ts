// One tenant whose settings come from the admin API: the same keys and checks as in sluice.yaml,
// without what names a file of this machine.

import * as z from "zod";
import { checkOwnHosts, checkSettings } from "./checks.ts";
import { NAME } from "./fields.ts";
import { checkCaps } from "./limits-schema.ts";
import { type Mistake, show, toMistakes } from "./problems.ts";
import { resolveTenant } from "./resolve.ts";
import { TENANT_SETTINGS } from "./schema.ts";
import { entriesOf, isMapping, itemsOf } from "./shape.ts";
import type { LimitCaps } from "./tenant-limits.ts";
import type { TenantConfig } from "./types.ts";
import { isPem } from "./upstream/tls-files.ts";

export type TenantResult =
  | { readonly config: TenantConfig }
  /** Their paths begin at the settings. */
  | { readonly mistakes: readonly Mistake[] };

export interface ParseOptions {
  readonly caps: LimitCaps;
  /** Caps that came later than the settings cut them; to set more than a cap is a mistake. */
  readonly isStored: boolean;
}

/** @param settings as written: not changed, and kept by nobody here */
export const parseTenant = (
  name: string,
  settings: unknown,
  { caps, isStored }: ParseOptions,
): TenantResult => {
  const written = isMapping(settings) ? { isolation: API_ISOLATION, ...settings } : settings;
  const parsed = TENANT_SETTINGS.safeParse(written);
  const tenant = entriesOf(written);
  const files = fileMistakes(tenant);
  const mistakes = [
    ...(NAME.test(name) ? [] : [badName(name)]),
    ...toMistakes(parsed.error?.issues ?? [], written),
    ...checkOwnHosts(written),
    ...(isStored ? [] : checkCaps(["limits"], tenant.get("limits"), caps)),
    ...files,
    // it reads the files that are named
    ...(files.length === 0 ? checkSettings([], tenant, NO_FOLDER) : []),
  ];
  if (mistakes.length > 0 || !parsed.success) return { mistakes: unique(mistakes) };
  return { config: resolveTenant(name, parsed.data, { folder: NO_FOLDER, caps }) };
};

/** Of what `parseTenant` takes. */
export const tenantJsonSchema = (): object => {
  const { $schema: _, ...schema } = z.toJSONSchema(TENANT_SETTINGS.partial({ isolation: true }), {
    io: "input",
  });
  return schema;
};

/** Whoever comes in through the admin API is not trusted unless its operator says so. */
const API_ISOLATION = "process";

/** Nothing is relative to it: files are refused. */
const NO_FOLDER = "/";

const badName = (name: string): Mistake => ({
  path: [],
  text: `expected a name that matches ${NAME.source}, got ${show(name)}`,
  isKey: false,
});

const TLS_FILES = ["ca", "cert", "key"];

/** Whoever may use the API may not thereby read what this process may read. */
const fileMistakes = (tenant: ReadonlyMap<string, unknown>): Mistake[] => {
  const pages = [...entriesOf(tenant.get("errorPages"))];
  const groups = [...entriesOf(tenant.get("upstreams"))];
  const clients = tenant.get("clientCertificates");
  const isText = isPem(entriesOf(clients).get("ca"));
  return [
    ...(isText ? [] : refuseKeys(["clientCertificates"], clients, ["ca"])),
    ...pages.flatMap(([status, page]) => refuseKeys(["errorPages", status], page, ["file"])),
    ...groups.flatMap(([name, group]) => {
      const path = ["upstreams", name];
      const keys = entriesOf(group);
      return [
        ...refuseKeys([...path, "tls"], keys.get("tls"), TLS_FILES),
        ...itemsOf(keys.get("peers")).flatMap((peer, index) =>
          refuseKeys([...path, "peers", index, "tls"], entriesOf(peer).get("tls"), TLS_FILES),
        ),
      ];
    }),
  ];
};

const refuseKeys = (path: PropertyKey[], value: unknown, keys: readonly string[]): Mistake[] =>
  keys
    .filter((key) => entriesOf(value).has(key))
    .map((key) => ({
      path: [...path, key],
      text: "expected none, as files can be named in sluice.yaml only, got one",
      isKey: false,
    }));

const unique = (mistakes: readonly Mistake[]): readonly Mistake[] => [
  ...new Map(mistakes.map((one) => [JSON.stringify([one.path, one.text]), one])).values(),
];
