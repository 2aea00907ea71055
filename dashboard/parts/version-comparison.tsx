// The versions that run side by side: a canary beside what it is to replace.

import { count, ms, percent } from "../base/text.ts";
import type { Deployment, VersionFigures } from "../types.ts";
import { type Column, Table } from "./table.tsx";

interface VersionComparisonProps {
  readonly figures: readonly VersionFigures[];
  readonly deployments: readonly Deployment[];
}

interface Running extends Omit<VersionFigures, "version"> {
  readonly name: string;
  readonly share: number;
}

const NONE = { requests: 0, errors: 0, scriptFailures: 0, p50Ms: null, p99Ms: null } as const;

export function VersionComparison({ figures, deployments }: VersionComparisonProps) {
  const running = deployments
    .filter((one) => one.percent !== null)
    .toSorted((one, two) => one.version - two.version);
  if (running.length === 0) return null;
  const newest = Math.max(...running.map(({ version }) => version));
  const rows = running.map(({ version, percent: share }) => {
    const standing = version === newest ? "canary" : "stable";
    const name = running.length === 1 ? `v${version}` : `v${version} ${standing}`;
    const own = figures.find((one) => one.version === version);
    return { ...NONE, ...own, name, share: share ?? 0 };
  });
  return (
    <section aria-labelledby="compared">
      <h2 id="compared">How they do, in the last ten minutes</h2>
      <Table columns={COLUMNS} rows={rows} keyOf={({ name }) => name} />
    </section>
  );
}

const COLUMNS: readonly Column<Running>[] = [
  { title: "Version", cell: ({ name }) => name },
  { title: "Share", kind: "number", cell: ({ share }) => `${share} %` },
  { title: "Requests", kind: "number", cell: ({ requests }) => count(requests) },
  {
    title: "Errors",
    kind: "number",
    isBad: ({ errors }) => errors > 0,
    cell: ({ errors, requests }) => percent(errors, requests),
  },
  {
    title: "Failed hooks",
    kind: "number",
    isBad: ({ scriptFailures }) => scriptFailures > 0,
    cell: ({ scriptFailures }) => count(scriptFailures),
  },
  { title: "p50", kind: "number", cell: ({ p50Ms }) => ms(p50Ms) },
  { title: "p99", kind: "number", cell: ({ p99Ms }) => ms(p99Ms) },
];
