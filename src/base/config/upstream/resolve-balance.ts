// From the checked keys of a group to how its peers are chosen and watched.

import type { UpstreamFile } from "./schema.ts";
import type { BalanceConfig, EjectionConfig, HashConfig, HealthConfig } from "./types.ts";

export const resolveBalance = (file: UpstreamFile): BalanceConfig => {
  const { balance, hash, sticky, limits, queue, retryBudget } = file;
  return {
    algorithm: balance,
    hash: resolveHash(hash),
    sticky: sticky === undefined ? null : { ...sticky, maxAgeMs: sticky.maxAgeMs ?? null },
    slowStartMs: file.slowStartMs,
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

export const resolveHealth = ({ health }: UpstreamFile): HealthConfig | null => {
  if (health === undefined) return null;
  const { host, statuses, header, body, ...rest } = health;
  return {
    ...rest,
    host: host ?? null,
    statuses: statuses.map((text) => {
      const [from = "", to = from] = text.split("-");
      return { from: Number(from), to: Number(to) };
    }),
    header: header === undefined ? null : { name: header.name, value: header.value ?? "" },
    body: body ?? null,
  };
};

export const resolveEjection = ({ ejection }: UpstreamFile): EjectionConfig | null => {
  if (ejection === undefined) return null;
  const { successRate, failurePercentage } = ejection;
  return {
    ...ejection,
    successRate: successRate ?? null,
    failurePercentage: failurePercentage ?? null,
  };
};
