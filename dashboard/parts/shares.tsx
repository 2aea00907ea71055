// Who gets which version, as the API confirmed it: a bar, steps for the newest, and the way back.

import { useState } from "preact/hooks";
import { call } from "../base/api.ts";
import { may } from "../base/session-state.ts";
import type { Deployment, Traffic } from "../types.ts";
import { Confirm } from "./confirm.tsx";
import { MayButton } from "./may.tsx";

const STEPS = [0, 5, 25, 50, 100] as const;

interface SharesProps {
  readonly tenant: string;
  readonly traffic: Traffic;
  /** Of what is seen of it. */
  readonly etag: string | null;
  readonly deployments: readonly Deployment[];
  readonly reload: () => void;
  /** Begins to roll back to this version. */
  readonly roll: (version: number) => void;
}

export function Shares({ tenant, traffic, etag, deployments, reload, roll }: SharesProps) {
  const { stickyBy, rollbackTo } = traffic;
  const versions = oldestFirst(traffic);
  const [wanted, setWanted] = useState<number | null>(null);
  const fresh = Math.max(0, ...deployments.map(({ version }) => version));
  // who is to have what the newest does not: the one that has most
  const stable = versions
    .filter(({ version }) => version !== fresh)
    .toSorted((one, two) => two.percent - one.percent)[0]?.version;
  const before = stable ?? (rollbackTo === null || rollbackTo === fresh ? undefined : rollbackTo);
  const now = versions.find(({ version }) => version === fresh)?.percent ?? null;
  return (
    <section class="shares" aria-labelledby="shares-title">
      <h2 id="shares-title">Who gets which version</h2>
      <Bar traffic={traffic} fresh={fresh} />
      <p>
        {versions.map(({ version, percent }) => (
          <span key={version} class="share">
            <b>v{version}</b> {percent} %{percent === 0 && " (testers)"}
          </span>
        ))}
        <span class="muted">
          Clients are known by {stickyBy.kind} {stickyBy.name ?? ""}
        </span>
      </p>
      <div class="buttons">
        {before !== undefined && (
          <fieldset class="segments" disabled={!may("deployer")}>
            <legend>
              Share of v{fresh}, the rest to v{before}
            </legend>
            {STEPS.map((percent) => (
              <button
                key={percent}
                type="button"
                aria-pressed={now === percent}
                onClick={() => now !== percent && setWanted(percent)}
              >
                {percent} %
              </button>
            ))}
          </fieldset>
        )}
        {rollbackTo !== null && (
          <MayButton least="deployer" class="danger" onClick={() => roll(rollbackTo)}>
            Roll back to v{rollbackTo}…
          </MayButton>
        )}
      </div>
      {wanted !== null && before !== undefined && (
        <Confirm
          title={`Give v${fresh} ${wanted} % of the clients`}
          action={`Give it ${wanted} %`}
          said={`v${fresh} has ${wanted} % of the clients of ${tenant}: every worker deals by it.`}
          close={() => setWanted(null)}
          run={async () => {
            const body = { versions: sharesOf(fresh, wanted, before), stickyBy };
            const options = { method: "PUT", body, ifMatch: etag };
            await call(`/tenants/${encodeURIComponent(tenant)}/traffic`, options);
            reload();
          }}
        >
          <p>
            Now: {spoken(traffic)}. Then: v{fresh} gets {wanted} %, v{before} gets {100 - wanted} %.
          </p>
        </Confirm>
      )}
    </section>
  );
}

/** A bar that is empty would say nothing. */
function Bar({ traffic, fresh }: { traffic: Traffic; fresh: number }) {
  const versions = oldestFirst(traffic);
  if (versions.every(({ percent }) => percent === 0)) {
    return <p>No client gets any: no script runs for them.</p>;
  }
  return (
    <div class="share-bar" role="img" aria-label={spoken(traffic)}>
      {versions.map(({ version, percent }) => (
        <span
          key={version}
          class={version === fresh && versions.length > 1 ? "part canary" : "part"}
          style={{ width: `${percent}%` }}
        />
      ))}
    </div>
  );
}

/** What is to be replaced before what replaces it. */
const oldestFirst = ({ versions }: Traffic): Traffic["versions"] =>
  versions.toSorted((one, two) => one.version - two.version);

export const spoken = (traffic: Traffic): string =>
  oldestFirst(traffic)
    .map(({ version, percent }) => `v${version} ${percent} %`)
    .join(", ");

function sharesOf(fresh: number, percent: number, before: number) {
  if (percent === 100) return [{ version: fresh, percent }];
  return [
    { version: before, percent: 100 - percent },
    { version: fresh, percent },
  ];
}
