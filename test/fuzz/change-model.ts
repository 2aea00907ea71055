// What must be true of a proxy after any changes: its tenants, who gets which version of theirs,
// what they own, and the tokens. A change makes a new world; the old one stays as it was.

export interface Share {
  readonly version: number;
  readonly percent: number;
}

export interface ModelVersion {
  readonly version: number;
  /** What its script answers with. */
  readonly tag: string;
  readonly isDisabled: boolean;
  readonly isOfFile: boolean;
}

export interface ModelTenant {
  /** Hosts of its settings in the API; null: it has none there. */
  apiHosts: readonly string[] | null;
  /** Hosts by the word of the file; null: the file does not name it. */
  fileHosts: readonly string[] | null;
  isSuspended: boolean;
  versions: ModelVersion[];
  traffic: readonly Share[];
  /** Versions that had all of the traffic, the last one last. */
  backs: number[];
  flags: Record<string, string>;
  secrets: Record<string, string>;
  counters: Record<string, number>;
  /** Testers' passes for it, and the versions that they give. */
  passes: Record<string, number>;
  /** How often its script has counted, at most; and at least, if the proxy was not killed since. */
  hits: number;
  /** Its last requests may not have been counted. */
  isLossy: boolean;
}

export interface ModelToken {
  readonly role: "operator" | "deployer" | "reader";
  readonly tenant: string | null;
  /** Null: the answer that had it was lost. */
  readonly secret: string | null;
  readonly id: string | null;
}

/** What the file says of a tenant. */
export interface FileTenant {
  readonly hosts: readonly string[];
  readonly tag: string;
}

export type FileModel = Readonly<Record<string, FileTenant>>;

export interface World {
  /** Those that are in sight. */
  readonly tenants: Record<string, ModelTenant>;
  /** Tenants that the file named once, and nobody does now: kept for when it does again. */
  readonly dormant: Record<string, ModelTenant>;
  tokens: ModelToken[];
  /** Passes for tenants that are gone. */
  deadPasses: string[];
  file: FileModel;
}

export const EMPTY: World = { tenants: {}, dormant: {}, tokens: [], deadPasses: [], file: {} };

export const newTenant = (): ModelTenant => ({
  apiHosts: null,
  fileHosts: null,
  isSuspended: false,
  versions: [],
  traffic: [],
  backs: [],
  flags: {},
  secrets: {},
  counters: {},
  passes: {},
  hits: 0,
  isLossy: false,
});

/** The same world, changed. */
export function changed(world: World, change: (world: World) => void): World {
  const copy = structuredClone(world);
  change(copy);
  return copy;
}

/** Throws if there is none: the caller has looked. */
export function tenantOf(world: World, name: string): ModelTenant {
  const found = world.tenants[name];
  if (found === undefined) throw new TypeError(`the model has no tenant ${name}`);
  return found;
}

export const hostsOf = ({ fileHosts, apiHosts }: ModelTenant): readonly string[] =>
  fileHosts ?? apiHosts ?? [];

/** Whose host it is, also of one that the file hides. */
export const ownerOf = (world: World, host: string): string | undefined =>
  Object.entries(world.tenants).find(([, { apiHosts, fileHosts }]) =>
    [...(apiHosts ?? []), ...(fileHosts ?? [])].includes(host),
  )?.[0];

export const nextVersion = ({ versions }: ModelTenant): number =>
  Math.max(0, ...versions.map(({ version }) => version)) + 1;

export const versionOf = (tenant: ModelTenant, version: number): ModelVersion | undefined =>
  tenant.versions.find((one) => one.version === version);

const serving = (shares: readonly Share[]): Set<number> =>
  new Set(shares.filter(({ percent }) => percent > 0).map(({ version }) => version));

const wholeOf = (shares: readonly Share[]): number | undefined =>
  shares.find(({ percent }) => percent === 100)?.version;

/** @param isRollback  what loses its traffic by it was not good enough */
export function setTraffic(
  tenant: ModelTenant,
  traffic: readonly Share[],
  isRollback = false,
): void {
  const whole = wholeOf(traffic);
  if (isRollback) {
    const lost = serving(tenant.traffic).difference(serving(traffic));
    const target = tenant.backs.indexOf(whole ?? 0);
    tenant.backs = tenant.backs.filter(
      (version, i) => !lost.has(version) && (target === -1 || i <= target),
    );
  }
  if (whole !== undefined && tenant.backs.at(-1) !== whole) {
    tenant.backs = [...tenant.backs.filter((version) => version !== whole), whole];
  }
  tenant.traffic = traffic;
}

/** Where a rollback goes that names no version. */
export function rollbackTo(tenant: ModelTenant): number | null {
  const newest = Math.max(0, ...serving(tenant.traffic));
  const isGood = (version: number) => versionOf(tenant, version)?.isDisabled === false;
  return tenant.backs.findLast((version) => version !== newest && isGood(version)) ?? null;
}

/** A version comes in, with its share taken from the largest ones. */
export function release(
  tenant: ModelTenant,
  made: { readonly tag: string; readonly percent: number; readonly isOfFile?: boolean },
): void {
  const { tag, percent, isOfFile = false } = made;
  const shares = sharesWith(tenant, percent);
  tenant.versions.push({ version: nextVersion(tenant), tag, isDisabled: false, isOfFile });
  setTraffic(tenant, shares);
}

/** The shares that a new version of so many percent makes. */
export function sharesWith(tenant: ModelTenant, percent: number): Share[] {
  const fresh = { version: nextVersion(tenant), percent };
  if (percent === 100) return [fresh];
  const left = tenant.traffic.map((share) => ({ ...share }));
  let wanted = percent;
  for (const share of left.toSorted((one, two) => two.percent - one.percent)) {
    const taken = Math.min(share.percent, wanted);
    share.percent -= taken;
    wanted -= taken;
  }
  const hadNone = (i: number) => tenant.traffic[i]?.percent === 0;
  return [fresh, ...left.filter((share, i) => share.percent > 0 || hadNone(i))];
}

/** The file is read: it names these, and their scripts. */
export function readFile(world: World, file: FileModel): void {
  for (const [name, { hosts, tag }] of Object.entries(file)) {
    const tenant = world.tenants[name] ?? world.dormant[name] ?? newTenant();
    delete world.dormant[name];
    world.tenants[name] = tenant;
    tenant.fileHosts = hosts;
    const last = tenant.versions.findLast(({ isOfFile }) => isOfFile);
    if (last?.tag !== tag) release(tenant, { tag, percent: 100, isOfFile: true });
  }
  for (const [name, tenant] of Object.entries(world.tenants)) {
    if (tenant.fileHosts === null || Object.hasOwn(file, name)) continue;
    tenant.fileHosts = null;
    if (tenant.apiHosts !== null) continue;
    delete world.tenants[name];
    world.dormant[name] = tenant;
  }
  world.file = file;
}

/** It ends, with all that it has. */
export function end(world: World, name: string): void {
  const ended = world.tenants[name] ?? world.dormant[name];
  world.deadPasses.push(...Object.keys(ended?.passes ?? {}));
  delete world.tenants[name];
  delete world.dormant[name];
  world.tokens = world.tokens.filter(({ tenant }) => tenant !== name);
}
