// The versions of a tenant's script: who gets which, how they compare, the history, and the way
// back.

import { useState } from "preact/hooks";
import { ofNodes } from "../base/nodes.ts";
import { to } from "../base/router.ts";
import { ago, bytes, safe } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import { Captures } from "../parts/captures.tsx";
import { MayButton } from "../parts/may.tsx";
import { NodeSwitch } from "../parts/node-switch.tsx";
import { Rollback } from "../parts/rollback.tsx";
import { Shares } from "../parts/shares.tsx";
import { State } from "../parts/state.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { VersionComparison } from "../parts/version-comparison.tsx";
import type { Deployment, History, Traffic, VersionStats } from "../types.ts";
import type { PageProps } from "./props.ts";

const EVERY_MS = 5_000;

export function VersionsPage({ tenant }: PageProps) {
  const base = `/tenants/${encodeURIComponent(tenant)}`;
  const history = useApi<History>(`${base}/deployments?limit=50`, EVERY_MS, "change", "faults");
  const traffic = useApi<Traffic>(`${base}/traffic`, EVERY_MS, "change");
  const figures = useApi<VersionStats>(ofNodes(`${base}/versions/stats`), EVERY_MS, "tick");
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
                  <Shares
                    {...{ tenant, deployments, reload }}
                    {...{ traffic: now, etag: traffic.etag, roll: setTarget }}
                  />
                  {target !== null && (
                    <Rollback
                      {...{ tenant, target, reload, traffic: now, etag: traffic.etag }}
                      close={() => setTarget(null)}
                    />
                  )}
                </>
              )}
            </Loaded>
            <NodeSwitch nodes={figures.data?.nodes} />
            {figures.data !== null && (
              <VersionComparison figures={figures.data.versions} deployments={deployments} />
            )}
            <Captures tenant={tenant} />
            <h2>History</h2>
            <Table
              columns={historyColumns(tenant, setTarget)}
              rows={deployments}
              keyOf={({ version }) => version}
              isMarked={({ percent }) => percent !== null}
            />
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

function historyColumns(
  tenant: string,
  roll: (version: number) => void,
): readonly Column<Deployment>[] {
  return [
    {
      title: "Version",
      cell: ({ version }) => (
        <a href={to(["tenants", tenant, "versions", String(version)])}>v{version}</a>
      ),
    },
    {
      title: "When",
      cell: ({ createdAt }) => (
        <time dateTime={createdAt} title={createdAt}>
          {ago(Date.parse(createdAt))}
        </time>
      ),
    },
    { title: "Who", kind: "code", cell: ({ author }) => safe(author, 60) },
    { title: "Message", cell: ({ message }) => safe(message, 120) },
    { title: "Size", kind: "number", cell: (one) => bytes(one.bytes) },
    {
      title: "State",
      cell: ({ state, breaker, reason }) => (
        <>
          <State state={state} /> {breaker !== "closed" && <State state={breaker} />}{" "}
          <span class="muted">{safe(reason, 200)}</span>
        </>
      ),
    },
    {
      title: "Share",
      kind: "number",
      cell: ({ percent }) => (percent === null ? "" : `${percent} %`),
    },
    {
      title: "What can be done",
      kind: "actions",
      cell: ({ version, percent }) => (
        <MayButton
          least="deployer"
          class="quiet"
          disabled={percent === 100}
          onClick={() => roll(version)}
        >
          All to v{version}…
        </MayButton>
      ),
    },
  ];
}
