// What another version of the script would have answered to one request: if it was captured, and
// else how such requests are.

import { useState } from "preact/hooks";
import { may } from "../base/session-state.ts";
import { safe } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import type { CaptureList, CaptureSummary, Line, Replayed } from "../types.ts";
import { CaptureDialog, type CaptureStart } from "./capture-dialog.tsx";
import { MayButton } from "./may.tsx";
import { ReplayForm } from "./replay-form.tsx";

interface ReplayProps {
  readonly tenant: string;
  readonly id: string;
  /** Null: nothing is known of it. */
  readonly line: Line | null;
}

const EVERY_MS = 5_000;

export function Replay({ tenant, id, line }: ReplayProps) {
  const path = `/tenants/${encodeURIComponent(tenant)}/captures?request=${encodeURIComponent(id)}`;
  const api = useApi<CaptureList>(may("deployer") ? path : null, EVERY_MS);
  const found = api.data?.captures[0];
  if (api.data === null && api.problem === null && may("deployer")) return null;
  return (
    <section aria-label="Replay">
      <h3>Replay</h3>
      {found === undefined ? (
        <NotCaptured tenant={tenant} line={line} />
      ) : (
        <Captured tenant={tenant} capture={found} />
      )}
    </section>
  );
}

function Captured({ tenant, capture }: { tenant: string; capture: CaptureSummary }) {
  const { id, gap, deployment } = capture;
  if (gap !== null) {
    return <p class="muted">It was captured, but cannot be replayed: the record lacks {gap}.</p>;
  }
  return (
    <>
      <p class="muted">
        {safe(deployment, 40)} answered it. Another version can, without a network: upstreams, clock
        and randomness are as they were.
      </p>
      <ReplayForm tenant={tenant} which={{ ids: [id] }} action="Replay">
        {({ version, replayed }) =>
          replayed.length === 0 ? (
            <p>It is not kept any more.</p>
          ) : (
            replayed.map((one) => <Outcome key={one.id} version={version} replayed={one} />)
          )
        }
      </ReplayForm>
    </>
  );
}

interface OutcomeProps {
  readonly version: number;
  readonly replayed: Replayed;
}

function Outcome({ version, replayed: { result, difference, reason } }: OutcomeProps) {
  if (difference === null) {
    return (
      <div class={result === "same" ? "outcome" : "outcome bad"}>
        {result === "same"
          ? `v${version} answers it as it was.`
          : `It could not be replayed on v${version}: ${safe(reason)}`}
      </div>
    );
  }
  const { part, was, is } = difference;
  return (
    <div class="outcome differs">
      v{version} answers it differently. {reason !== "" && <code>{safe(reason)}</code>}
      <dl class="facts">
        {[
          ["First difference", part],
          ["Was", was],
          ["Is", is],
        ].map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="code">{safe(value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function NotCaptured({ tenant, line }: Omit<ReplayProps, "id">) {
  const [start, setStart] = useState<CaptureStart | null>(null);
  return (
    <>
      <p class="muted">It was not captured, so it cannot be replayed. The next one like it can:</p>
      <MayButton least="deployer" onClick={() => setStart(startLike(line))}>
        Capture requests like it…
      </MayButton>
      {start !== null && (
        <CaptureDialog tenant={tenant} start={start} close={() => setStart(null)} />
      )}
    </>
  );
}

function startLike(line: Line | null): CaptureStart {
  const hasFailed = line !== null && (line.error != null || (line.status ?? 0) >= 500);
  return { path: line?.target?.split("?")[0] ?? "", status: hasFailed ? "error" : "" };
}
