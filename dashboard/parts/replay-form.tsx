// Lets a version of the script answer requests that were captured, and shows what is the first
// thing that is not as it was.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { call } from "../base/api.ts";
import { useApi } from "../base/use-api.ts";
import type { History, Replayed } from "../types.ts";
import { MayButton } from "./may.tsx";
import { failed } from "./notices.tsx";

export type Which = { readonly ids: readonly string[] } | { readonly last: number };

export interface Replay {
  readonly version: number;
  readonly replayed: readonly Replayed[];
}

interface ReplayFormProps {
  readonly tenant: string;
  readonly which: Which;
  /** What is on the button. */
  readonly action: string;
  readonly children: (replay: Replay) => ComponentChildren;
}

/** Somebody may deploy the fix meanwhile. */
const EVERY_MS = 5_000;
/** A hundred requests take a minute at most. */
const TIMEOUT_MS = 90_000;

export function ReplayForm({ tenant, which, action, children }: ReplayFormProps) {
  const base = `/tenants/${encodeURIComponent(tenant)}`;
  const history = useApi<History>(`${base}/deployments?limit=50`, EVERY_MS);
  const [chosen, setChosen] = useState<number | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [replay, setReplay] = useState<Replay | null>(null);
  const deployments = history.data?.deployments ?? [];
  const version = chosen ?? deployments[0]?.version ?? null;
  const run = async (): Promise<void> => {
    if (version === null || isBusy) return;
    setIsBusy(true);
    setReplay(null);
    try {
      const options = { method: "POST", body: { ...which, version }, timeoutMs: TIMEOUT_MS };
      const { body } = await call<Omit<Replay, "version">>(`${base}/replays`, options);
      setReplay({ ...body, version });
    } catch (thrown) {
      failed(`Not replayed on v${version}`, thrown);
    }
    setIsBusy(false);
  };
  return (
    <>
      <div class="filters">
        <label>
          On{" "}
          <select
            value={String(version)}
            onChange={(event) => setChosen(Number(event.currentTarget.value))}
          >
            {deployments.map((one) => (
              <option key={one.version} value={String(one.version)}>
                v{one.version} {one.percent === null ? "" : `(${one.percent} %)`}
              </option>
            ))}
          </select>
        </label>
        <MayButton
          least="deployer"
          class="main"
          disabled={version === null || isBusy}
          onClick={() => void run()}
        >
          {isBusy ? "Replaying…" : action}
        </MayButton>
      </div>
      <div role="status">{replay !== null && children(replay)}</div>
    </>
  );
}
