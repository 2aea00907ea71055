// The versions that run side by side: a canary beside what it is to replace.

import { count, ms, percent } from "../base/text.ts";
import type { Deployment, VersionFigures } from "../types.ts";

interface VersionComparisonProps {
  readonly figures: readonly VersionFigures[];
  readonly deployments: readonly Deployment[];
}

export function VersionComparison({ figures, deployments }: VersionComparisonProps) {
  const running = deployments.filter((one) => one.percent !== null);
  if (running.length === 0) return null;
  const newest = Math.max(...running.map(({ version }) => version));
  return (
    <section aria-labelledby="compared">
      <h2 id="compared">How they do, in the last ten minutes</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col" class="number">
                Share
              </th>
              <th scope="col" class="number">
                Requests
              </th>
              <th scope="col" class="number">
                Errors
              </th>
              <th scope="col" class="number">
                Failed hooks
              </th>
              <th scope="col" class="number">
                p50
              </th>
              <th scope="col" class="number">
                p99
              </th>
            </tr>
          </thead>
          <tbody>
            {running.map(({ version, percent: share }) => {
              const own = figures.find((one) => one.version === version);
              const isCanary = version === newest && running.length > 1;
              return (
                <tr key={version}>
                  <th scope="row">
                    v{version} {running.length > 1 && (isCanary ? "canary" : "stable")}
                  </th>
                  <td class="number">{share} %</td>
                  <td class="number">{count(own?.requests ?? 0)}</td>
                  <td class={(own?.errors ?? 0) > 0 ? "number bad" : "number"}>
                    {percent(own?.errors ?? 0, own?.requests ?? 0)}
                  </td>
                  <td class={(own?.scriptFailures ?? 0) > 0 ? "number bad" : "number"}>
                    {count(own?.scriptFailures ?? 0)}
                  </td>
                  <td class="number">{ms(own?.p50Ms)}</td>
                  <td class="number">{ms(own?.p99Ms)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
