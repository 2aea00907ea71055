// All traffic to another version: shows first what differs, and what changes for whom.

import { call } from "../base/api.ts";
import { useApi } from "../base/use-api.ts";
import type { DeploymentFiles, Traffic } from "../types.ts";
import { Confirm } from "./confirm.tsx";
import { DiffView } from "./diff-view.tsx";
import { spoken } from "./shares.tsx";

interface RollbackProps {
  readonly tenant: string;
  readonly target: number;
  readonly traffic: Traffic;
  /** Of what is seen of it. */
  readonly etag: string | null;
  readonly reload: () => void;
  readonly close: () => void;
}

export function Rollback(props: RollbackProps) {
  const { tenant, target, traffic, etag, reload, close } = props;
  const base = `/tenants/${encodeURIComponent(tenant)}`;
  const from = Math.max(...traffic.versions.map(({ version }) => version));
  const old = useApi<DeploymentFiles>(`${base}/deployments/${from}`);
  const fresh = useApi<DeploymentFiles>(`${base}/deployments/${target}`);
  return (
    <Confirm
      title={`All traffic of ${tenant} to v${target}`}
      action={`All to v${target}`}
      isDangerous
      said={`v${target} has all of the traffic of ${tenant}: every worker serves it.`}
      close={close}
      run={async () => {
        const options = { method: "POST", body: { version: target }, ifMatch: etag };
        await call(`${base}/rollback`, options);
        reload();
      }}
    >
      <p>
        Now: {spoken(traffic)}. Then v{target} gets 100 %. Requests that have begun end on the
        version they began with.
      </p>
      {old.data !== null && fresh.data !== null && (
        <details open>
          <summary>
            What differs from v{from} to v{target}
          </summary>
          <DiffView old={old.data.files} fresh={fresh.data.files} />
        </details>
      )}
    </Confirm>
  );
}
