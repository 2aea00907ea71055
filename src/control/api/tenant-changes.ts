// Changes of tenants, one or many: all are checked against what there is and against each other,
// with every mistake at once; then all go live and are stored together, or none.

import { NO_TLS_LISTENER } from "../../base/config/checks.ts";
import { formatPath } from "../../base/config/problems.ts";
import { parseTenant } from "../../base/config/tenant.ts";
import type { TenantConfig } from "../../base/config/types.ts";
import { newIdentity } from "../../base/identity.ts";
import { storedScripts } from "../deploy/history.ts";
import { type ClaimedHost, claimedHosts, hostsOf } from "../host-claims.ts";
import { type LiveTenant, NO_CERTIFICATES, NO_SCRIPTS } from "../live.ts";
import type { StoredTenant, TenantChange } from "../store/store.ts";
import { expectLive } from "./go-live.ts";
import { fieldsError } from "./input.ts";
import { NoTenant } from "./no-tenant.ts";
import { type ApiParts, auditOf } from "./parts.ts";
import { ApiError } from "./problem.ts";
import type { Caller } from "./route.ts";
import { settingsInFile } from "./tenant-answers.ts";
import { Mistakes } from "./tenant-mistakes.ts";

export type ChangeParts = Pick<
  ApiParts,
  "store" | "live" | "file" | "caps" | "speaksTls" | "settings" | "counters"
>;

export interface Wish {
  readonly name: string;
  /** It is to be no more. */
  readonly goes: boolean;
  /** As written; of no interest if it goes. */
  readonly settings: unknown;
  /** Throws an ApiError unless it may be made from this revision; null: there is none. */
  readonly expect: (revision: number | null) => void;
}

export interface Made {
  readonly name: string;
  readonly does: "create" | "change" | "delete";
  /** Null: it is gone, or it was a dry run. */
  readonly stored: StoredTenant | null;
}

export interface WishOptions {
  readonly caller: Caller;
  /** Everything but to store it and to serve it. */
  readonly isDryRun: boolean;
  /** The call is about one tenant: what is wrong first is the answer. */
  readonly isOne: boolean;
}

/** A wish that is sound by itself. */
interface Sound extends Wish {
  /** Null: it goes. */
  readonly config: TenantConfig | null;
}

/** A wish as it is to be done. */
interface Planned extends Sound {
  readonly before: StoredTenant | null;
  /** Who it is from now on; null: nobody. */
  readonly tenant: LiveTenant | null;
  /** Whose life it ends; null: nobody's. */
  readonly ended: string | null;
}

/** Throws an ApiError with all that is wrong with any of them; nothing has changed then. */
export async function changeTenants(
  parts: ChangeParts,
  wishes: readonly Wish[],
  { caller, isDryRun, isOne }: WishOptions,
): Promise<readonly Made[]> {
  const { store, live, settings, counters } = parts;
  const mistakes = new Mistakes(isOne);
  const sound = await soundOnes(parts, wishes, mistakes);
  // what is wrong by itself need not wait for the change lock; of many, the rest is looked at too
  if (isOne) mistakes.refuse();
  let planned: readonly Planned[] = [];
  let stored: readonly (StoredTenant | null)[] = [];
  const write = async (): Promise<number> => {
    const written = await store.changeTenants(planned.map((one) => storeChange(one, caller)));
    stored = written.made;
    for (const { ended } of planned) if (ended !== null) counters.forget(ended);
    return written.revision;
  };
  const result = await live.change({
    plan: async (tenants) => {
      planned = await plan(parts, sound, { wishes, mistakes, tenants });
      return new Map(planned.map(({ name, tenant }) => [name, tenant]));
    },
    ...(isDryRun ? {} : { write }),
  });
  expectLive(result);
  for (const { name, ended } of isDryRun ? [] : planned) {
    if (ended !== null) await settings.changed(name, null);
  }
  return planned.map(({ name, tenant, before }, i): Made => {
    const does = tenant === null ? "delete" : before === null ? "create" : "change";
    return { name, does, stored: stored[i] ?? null };
  });
}

async function soundOnes(
  parts: ChangeParts,
  wishes: readonly Wish[],
  mistakes: Mistakes,
): Promise<Sound[]> {
  const sound: Sound[] = [];
  for (const wish of wishes) {
    const { name, goes, settings } = wish;
    const config = await mistakes.of(name, async () =>
      goes ? null : checked(name, settings, parts),
    );
    if (config !== undefined) sound.push({ ...wish, config });
  }
  return sound;
}

interface Around {
  readonly wishes: readonly Wish[];
  readonly mistakes: Mistakes;
  readonly tenants: readonly LiveTenant[];
}

async function plan(
  parts: ChangeParts,
  sound: readonly Sound[],
  { wishes, mistakes, tenants }: Around,
): Promise<Planned[]> {
  const { store, file } = parts;
  const ours = wishes.filter(({ name }) => settingsInFile(file, name) === null);
  const changed = new Set(ours.map(({ name }) => name));
  const others = [...tenants.map(({ config }) => config), ...(await claimsOf(store, tenants))];
  const staying = others.filter(({ name }) => !changed.has(name));
  const wanted = sound.flatMap(({ config }) => (config === null ? [] : [config]));
  const planned: Planned[] = [];
  for (const one of sound) {
    const { name, config, expect } = one;
    await mistakes.of(name, async () => refuseFile(parts, name));
    await mistakes.of(name, async () => expect((await store.tenant(name))?.revision ?? null));
    await mistakes.of(name, async () => {
      if (config !== null) refuseClaimed(claimedHosts(config, [...staying, ...wanted]));
    });
    const found = await mistakes.of(name, () => plannedOf(parts, one, tenants));
    if (found !== undefined) planned.push(found);
  }
  mistakes.refuse();
  return planned;
}

async function plannedOf(
  { store }: ChangeParts,
  one: Sound,
  tenants: readonly LiveTenant[],
): Promise<Planned> {
  const { name, config } = one;
  const before = await store.tenant(name);
  const known = await store.identity(name);
  if (config === null) {
    if (known === null) throw new NoTenant(name);
    return { ...one, before, tenant: null, ended: known };
  }
  const isNew = before === null || known === null;
  const now = tenants.find((tenant) => tenant.config.name === name);
  const scripts = now?.scripts ?? (isNew ? NO_SCRIPTS : await storedScripts(store, name));
  const id = isNew ? newIdentity(name) : known;
  const certificates = (isNew ? undefined : now?.certificates) ?? NO_CERTIFICATES;
  const tenant: LiveTenant = { id, config, origin: "store", scripts, certificates };
  return { ...one, before, tenant, ended: isNew ? known : null };
}

function storeChange({ name, settings, before, tenant }: Planned, caller: Caller): TenantChange {
  const from = before?.revision ?? 0;
  const entry = { tenant: name, target: `tenant ${name}` };
  if (tenant === null) {
    const audit = auditOf(caller, "tenant.delete", { ...entry, detail: { from } });
    return { name, settings: null, expected: from, id: "", audit };
  }
  const written = Object.fromEntries(Object.entries(Object(settings)));
  const detail = { keys: Object.keys(written), hosts: tenant.config.hosts, from };
  const audit = auditOf(caller, "tenant.put", { ...entry, detail });
  return { name, settings: written, expected: from, id: tenant.id, audit };
}

/** Those that do not serve at the moment have their hosts as well. */
async function claimsOf(store: ChangeParts["store"], tenants: readonly LiveTenant[]) {
  const serving = new Set(tenants.map(({ config }) => config.name));
  return (await store.tenants())
    .filter(({ name }) => !serving.has(name))
    .map(({ name, settings }) => ({ name, hosts: hostsOf(settings) }));
}

function checked(name: string, settings: unknown, parts: ChangeParts): TenantConfig {
  const result = parseTenant(name, settings, { caps: parts.caps(), isStored: false });
  if ("mistakes" in result) {
    throw fieldsError(result.mistakes.map(({ path, text }) => ({ field: formatPath(path), text })));
  }
  const { config } = result;
  if (config.clientCertificates?.isRequired !== true || parts.speaksTls()) return config;
  throw fieldsError([{ field: "clientCertificates", text: `${NO_TLS_LISTENER}: ${ADVICE}` }]);
}

/** Listeners are opened at a start. */
const ADVICE = "give one tls in sluice.yaml and hand over or restart, or say mode: optional";

function refuseFile({ file }: Pick<ChangeParts, "file">, name: string): void {
  if (settingsInFile(file, name) === null) return;
  const where = file.path ?? "the configuration";
  throw new ApiError(409, `Tenant ${name} has its settings in ${where}: change them there.`);
}

function refuseClaimed(claimed: readonly ClaimedHost[]): void {
  if (claimed.length === 0) return;
  const errors = claimed.map(({ host, index, owner }) => ({
    field: `hosts[${index}]`,
    text: `expected a host of its own, got ${host}, which is tenant ${owner}'s`,
  }));
  const hosts = claimed.map(({ host }) => host).join(", ");
  throw new ApiError(409, `Another tenant has ${hosts}.`, { errors });
}
