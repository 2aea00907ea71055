// What a key is for: what its algorithm allows, and what was wished.

import { syntaxError } from "./fault.ts";
import { includes, type KeyUsage } from "./key.ts";

/** Throws a SyntaxError for one that keys of this kind do not have. */
export function checkUsages(usages: readonly KeyUsage[], allowed: readonly KeyUsage[]): void {
  for (let i = 0; i < usages.length; i++) {
    const usage = usages[i] as KeyUsage;
    if (!includes(allowed, usage)) throw syntaxError(`a key of this kind is not for ${usage}`);
  }
}

/** Those of `usages` that are among `allowed`: a pair of keys shares them out. */
export function usagesAmong(usages: readonly KeyUsage[], allowed: readonly KeyUsage[]): KeyUsage[] {
  const among: KeyUsage[] = [];
  for (let i = 0; i < usages.length; i++) {
    const usage = usages[i] as KeyUsage;
    if (includes(allowed, usage)) among[among.length] = usage;
  }
  return among;
}
