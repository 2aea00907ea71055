// Numbers that all proxies of a cluster share are kept under names that no script can give: what
// this proxy has counted, and beside it what all others have. So each of them counts by itself, and
// nothing that it counts is ever changed by what it hears of the others.
//
//     "\x01hits"   what this proxy has counted of hits      "\x02hits"   what all others have

/** For whom a counter or a limit counts. */
export type Scope = "node" | "cluster";

interface Declared {
  readonly name: string;
  /** What is declared, for errors. */
  readonly what: string;
  /** By name: what was declared first. Without a prototype. */
  readonly scopes: Record<string, Scope>;
}

/** Throws TypeError: it is none, or another one was declared for that name. */
export function declareScope({ name, what, scopes }: Declared, given: unknown = "node"): Scope {
  if (given !== "node" && given !== "cluster") {
    throw new TypeError(`${what}: scope: expected "node" or "cluster"`);
  }
  const before = scopes[name] ?? given;
  scopes[name] = before;
  if (before === given) return given;
  const both = `got "${before}" and "${given}"`;
  throw new TypeError(`${what}: expected one scope wherever it is declared, ${both}`);
}

/** How many counters a counter of all proxies takes. */
export const CLUSTER_WEIGHT = 2;

const OWN = "\x01";
const OTHERS = "\x02";

export const ownName = (name: string): string => OWN + name;
export const othersName = (name: string): string => OTHERS + name;

/** The first character of what this proxy has counted for all. */
export const OWN_MARK = OWN.charCodeAt(0);

export interface ScopedName {
  /** As the script has it. */
  readonly name: string;
  readonly scope: Scope;
  /** It is what the others have counted. */
  readonly isOthers: boolean;
}

export function scopedName(kept: string): ScopedName {
  const isOthers = kept[0] === OTHERS;
  if (!isOthers && kept[0] !== OWN) return { name: kept, scope: "node", isOthers };
  return { name: kept.slice(1), scope: "cluster", isOthers };
}

/** Characters of a name, as scripts give it, with the mark before it. */
export const KEPT_NAME = /^[\x01\x02]?[!-~]{1,128}$/;
