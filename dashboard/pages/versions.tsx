// The versions of a tenant's script: who gets which, how they compare, the history, and the way
// back.

import { useState } from "preact/hooks";
import type { PageProps } from "../app.tsx";
import { to } from "../base/router.ts";
import { ago, bytes, safe } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import { MayButton } from "../parts/may.tsx";
import { Rollback } from "../parts/rollback.tsx";
import { Shares } from "../parts/shares.tsx";
import { State } from "../parts/state.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { VersionComparison } from "../parts/version-comparison.tsx";
import type { Deployment, Traffic, VersionFigures } from "../types.ts";

const EVERY_MS = 5_000;

export interface History {
  readonly deployments: readonly Deployment[];
}

export function VersionsPage({ tenant }: PageProps) {
  const base = `/tenants/${encodeURIComponent(tenant)}`;
  const history = useApi<History>(`${base}/deployments?limit=50`, EVERY_MS);
  const traffic = useApi<Traffic>(`${base}/traffic`, EVERY_MS);
  const figures = useApi<{ readonly versions: readonly VersionFigures[] }>(
    `${base}/versions/stats`,
    EVERY_MS,
  );
  const [target, setTarget] = useState<number | null>(null);
  const reload = (): void => {
    traffic.reload();
    history.reload();
  };
  return (
    <Loaded api={history}>
      {({ deployments }) =>
        deployments.length === 0 ? (
          <NoVersion tenant={tenant} />
        ) : (
          <>
            <Loaded api={traffic}>
              {(now) => (
                <>
                  <Shares {...{ tenant, deployments, reload }} traffic={now} roll={setTarget} />
                  {target !== null && (
                    <Rollback
                      {...{ tenant, target, reload }}
                      traffic={now}
                      close={() => setTarget(null)}
                    />
                  )}
                </>
              )}
            </Loaded>
            {figures.data !== null && (
              <VersionComparison figures={figures.data.versions} deployments={deployments} />
            )}
            <h2>History</h2>
            <HistoryTable {...{ tenant, deployments }} roll={setTarget} />
          </>
        )
      }
    </Loaded>
  );
}

const NoVersion = ({ tenant }: { tenant: string }) => (
  <Empty title="This tenant has no script yet.">
    <p>
      <code>sluice deploy main.ts --tenant {tenant}</code> makes the first version.
    </p>
  </Empty>
);

interface HistoryTableProps {
  readonly tenant: string;
  readonly deployments: readonly Deployment[];
  readonly roll: (version: number) => void;
}

function HistoryTable({ tenant, deployments, roll }: HistoryTableProps) {
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">Message</th>
            <th scope="col" class="number">
              Size
            </th>
            <th scope="col">State</th>
            <th scope="col" class="number">
              Share
            </th>
            <th scope="col">
              <span class="hidden">What can be done</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {deployments.map((one) => (
            <tr key={one.version} class={one.percent !== null ? "live" : undefined}>
              <th scope="row">
                <a href={to(["tenants", tenant, "versions", String(one.version)])}>
                  v{one.version}
                </a>
              </th>
              <td>
                <time dateTime={one.createdAt} title={one.createdAt}>
                  {ago(Date.parse(one.createdAt))}
                </time>
              </td>
              <td class="code">{safe(one.author, 60)}</td>
              <td>{safe(one.message, 120)}</td>
              <td class="number">{bytes(one.bytes)}</td>
              <td>
                <State state={one.state} />{" "}
                {one.breaker !== "closed" && <State state={one.breaker} />}{" "}
                <span class="muted">{safe(one.reason, 200)}</span>
              </td>
              <td class="number">{one.percent === null ? "" : `${one.percent} %`}</td>
              <td>
                <MayButton
                  least="deployer"
                  class="quiet"
                  disabled={one.percent === 100}
                  onClick={() => roll(one.version)}
                >
                  All to v{one.version}…
                </MayButton>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
