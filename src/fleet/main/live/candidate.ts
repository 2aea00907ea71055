// What the file and the store together say is to be live: read, checked, bundled, and not live
// yet. Without a store the file is all there is.

import { ownersOf, ownerText } from "../../../base/config/operator.ts";
import type { Config, TenantConfig } from "../../../base/config/types.ts";
import { newIdentity } from "../../../base/identity.ts";
import {
  type FileNews,
  type FileWarning,
  type FoundHooks,
  type Merged,
  mergeFile,
} from "../../../control/deploy/history.ts";
import { type LiveTenant, NO_SCRIPTS } from "../../../control/live.ts";
import type { Revision } from "../../../control/store/records.ts";
import type { Identity, Store } from "../../../control/store/store.ts";
import type { Logger } from "../../../observe/log.ts";
import { NO_REVISION } from "./feed.ts";
import { type FileMemory, unlessLate } from "./file-memory.ts";
import { bundleFileScripts, type FileScript, type FileScripts } from "./generation.ts";
import type { Write } from "./reconciler.ts";
import { type Roster, rosterOf } from "./roster.ts";
import type { TenantCertificates } from "./tenant-certificates.ts";

export interface Candidate {
  readonly config: Config;
  readonly roster: Roster;
  /** At which the store was read. */
  readonly revision: Revision;
  /** Every file that a script was made of. */
  readonly inputs: readonly string[];
  /** Makes durable what is new, of all tenants or of none; once every worker is ready. */
  readonly record: Write;
}

/**
 * `file`: the scripts that the file names are bundled, and news if they are others than before.
 * `store`: what they are made of is not looked at, so that nothing is news.
 */
export type ReadFrom = "file" | "store";

export interface CandidateSources {
  readonly logger: Logger;
  /** Null: there is none. */
  readonly store: Store | null;
  /** Tenants made through the admin API. */
  readonly storedTenants: (config: Config) => Promise<readonly TenantConfig[]>;
  readonly certificates: Pick<TenantCertificates, "of" | "keep">;
  /** Null: the store is this machine's alone. */
  readonly memory: FileMemory | null;
}

/** Throws ServeError with every problem of every script, a line each. */
export async function readCandidate(
  config: Config,
  sources: CandidateSources,
  from: ReadFrom = "file",
): Promise<Candidate> {
  const files = from === "store" ? NO_FILES : await bundleFileScripts(config, sources.logger);
  const found = await candidateOf(config, sources, files);
  // whatever is kept for a tenant goes by who it is: nothing serves before that is settled
  const isSettled = await isClaimed(sources, found.born);
  const { candidate } = isSettled ? await candidateOf(config, sources, files) : found;
  const { memory } = sources;
  if (memory === null) return candidate;
  const record: Write = (hooks) => memory.stored(candidate.record(hooks), from === "file");
  return { ...candidate, record };
}

interface Found {
  readonly candidate: Candidate;
  /** Tenants of the file that nobody knew before. */
  readonly born: readonly Identity[];
}

/** False: nobody else could name them, or it could not be settled now. */
async function isClaimed(
  { store, memory }: CandidateSources,
  born: readonly Identity[],
): Promise<boolean> {
  if (store === null || memory === null || born.length === 0) return false;
  return (await unlessLate(store.claim(born).then(() => true))) ?? false;
}

async function candidateOf(
  config: Config,
  sources: CandidateSources,
  { scripts, inputs }: FileScripts,
): Promise<Found> {
  const { store, logger, memory } = sources;
  // before anything else of it: what changes meanwhile belongs to a later one
  const revision = (await store?.revision()) ?? NO_REVISION;
  const tenants: LiveTenant[] = [];
  const news: FileNews[] = [];
  const born: Identity[] = [];
  const read = new Map<string, string>();
  const take = async (tenant: TenantConfig, origin: LiveTenant["origin"]): Promise<void> => {
    const { id, isNew } = await identityOf(store, tenant.name);
    const script = scripts.get(tenant.name) ?? null;
    const readBefore = memory === null ? undefined : memory.readBefore(id);
    const merged = await mergedScripts(store, tenant.name, { script, readBefore });
    if (script !== null) read.set(id, script.sha256);
    if (merged.older !== null && readBefore === null) warnOfOlder(tenant.name, merged, logger);
    if (isNew) born.push({ tenant: tenant.name, id });
    const certificates = await sources.certificates.of(tenant.name, id);
    tenants.push({ id, config: tenant, origin, scripts: merged.scripts, certificates });
    if (merged.news !== null) news.push(merged.news);
  };
  for (const tenant of ownersOf(config)) await take(tenant, "file");
  for (const tenant of await sources.storedTenants(config)) await take(tenant, "store");
  sources.certificates.keep(new Set(tenants.map(({ id }) => id)));
  const record = async (found: FoundHooks): Promise<number | null> => {
    const warnings = await Promise.all(news.map((one) => one.warning(found)));
    const releases = news.map((one) => one.release(found));
    const isAnyNews = store !== null && (releases.length > 0 || born.length > 0);
    const written = isAnyNews ? await store.release(releases, born) : null;
    // who could not be told of it is told with the next one
    for (const [id, sha256] of read) memory?.wasRead(id, sha256);
    for (const warning of warnings) warnOf(warning, logger);
    return written;
  };
  const candidate = { config, roster: rosterOf(tenants), revision, inputs, record };
  return { candidate, born };
}

const NO_FILES: FileScripts = { scripts: new Map(), inputs: [] };

/** Without a store nothing is kept, and a name is enough. */
async function identityOf(store: Store | null, name: string) {
  const known = store === null ? name : await store.identity(name);
  return { id: known ?? newIdentity(name), isNew: known === null };
}

function warnOf(warning: FileWarning | null, logger: Logger): void {
  if (warning === null) return;
  const { text, ...fields } = warning;
  logger.warn(fields, `the script of ${ownerText(warning.tenant)}: ${text}`);
}

function warnOfOlder(tenant: string, { older, scripts }: Merged, logger: Logger): void {
  const serving = scripts.versions.map(({ version }) => version);
  const text = "another machine's file had a newer one: change the file and reload to go back";
  logger.warn(
    { tenant, version: older, serving },
    `the script of ${ownerText(tenant)} is old; ${text}`,
  );
}

async function mergedScripts(
  store: Store | null,
  tenant: string,
  {
    script,
    readBefore,
  }: { readonly script: FileScript | null; readonly readBefore: string | null | undefined },
): Promise<Merged> {
  if (store === null) {
    const versions = script === null ? [] : [script.version];
    return { scripts: { ...NO_SCRIPTS, versions }, news: null, older: null };
  }
  if (script === null) return await mergeFile(store, tenant, null);
  const { version, entry, sha256, bytes } = script;
  const before = readBefore === undefined ? {} : { readBefore };
  return await mergeFile(store, tenant, { ...version, ...before, tenant, entry, sha256, bytes });
}
