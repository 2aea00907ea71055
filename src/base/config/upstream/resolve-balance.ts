// From the checked keys of a group to how its peers are chosen and watched.

import type { UpstreamFile } from "./schema.ts";
import type { BalanceConfig, HashConfig } from "./types.ts";

export const resolveBalance = (file: UpstreamFile): BalanceConfig => {
  const { balance, hash, sticky, limits, queue, retryBudget } = file;
  return {
    algorithm: balance,
    hash: resolveHash(hash),
    sticky: sticky === undefined ? null : { ...sticky, maxAgeMs: sticky.maxAgeMs ?? null },
    slowStartMs: file.slowStartMs,
    isEveryAddress: false,
    requestsMax: limits.requests ?? 0,
    connectionsMax: limits.connections ?? 0,
    queue,
    retryBudget: retryBudget ?? null,
  };
};

const resolveHash = ({ by, name = "", boundPercent }: UpstreamFile["hash"]): HashConfig => ({
  by,
  name: by === "header" ? name.toLowerCase() : name,
  boundPercent,
});
