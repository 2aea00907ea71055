// The groups of a tenant's peers, and how each peer stands.

import { useState } from "preact/hooks";
import { call } from "../base/api.ts";
import { count, percent, safe } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import { Confirm } from "../parts/confirm.tsx";
import { MayButton } from "../parts/may.tsx";
import { State } from "../parts/state.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";
import type { UpstreamList } from "../types.ts";
import type { PageProps } from "./props.ts";

const EVERY_MS = 2_000;

type Group = UpstreamList["upstreams"][number];
type Peer = Group["peers"][number];

interface Change {
  readonly group: string;
  readonly peer: string;
  readonly state: "ready" | "draining";
}

export function UpstreamsPage({ tenant }: PageProps) {
  const base = `/tenants/${encodeURIComponent(tenant)}/upstreams`;
  const api = useApi<UpstreamList>(base, EVERY_MS, "tick");
  const [change, setChange] = useState<Change | null>(null);
  return (
    <>
      <Loaded api={api}>
        {({ upstreams }) =>
          upstreams.length === 0 ? (
            <Empty title="This tenant has no upstream groups." />
          ) : (
            upstreams.map((group) => <GroupView key={group.name} group={group} ask={setChange} />)
          )
        }
      </Loaded>
      {change !== null && (
        <Confirm
          title={`${change.state === "draining" ? "Drain" : "Take back"} ${change.peer}`}
          action={change.state === "draining" ? "Drain" : "Take back"}
          said={`${change.peer} is ${change.state}.`}
          close={() => setChange(null)}
          run={async () => {
            const [group, peer] = [change.group, change.peer].map(encodeURIComponent);
            await call(`${base}/${group}/peers/${peer}`, {
              method: "PUT",
              body: { state: change.state },
            });
            api.reload();
          }}
        >
          <p>
            {change.state === "draining"
              ? "It gets no new clients; what is under way goes on."
              : "It gets requests again."}{" "}
            It holds until the process ends.
          </p>
        </Confirm>
      )}
    </>
  );
}

function GroupView({ group, ask }: { group: Group; ask: (change: Change) => void }) {
  return (
    <section aria-label={`Group ${group.name}`}>
      <h2>
        {safe(group.name)} <span class="muted">{safe(group.balance)}</span>{" "}
        {group.panic && <span class="state bad">so few are sound that all are used</span>}{" "}
        {group.queued > 0 && <span class="state warn">{group.queued} wait</span>}
      </h2>
      <Table columns={columnsFor(group, ask)} rows={group.peers} keyOf={({ address }) => address} />
    </section>
  );
}

function columnsFor(
  { name: group }: Group,
  ask: (change: Change) => void,
): readonly Column<Peer>[] {
  return [
    { title: "Peer", kind: "code", cell: ({ address }) => safe(address) },
    {
      title: "State",
      cell: ({ state, reason }) => (
        <>
          <State state={state} /> <span class="muted">{safe(reason)}</span>
        </>
      ),
    },
    { title: "Weight", kind: "number", cell: ({ weight }) => weight },
    { title: "Under way", kind: "number", cell: ({ active }) => count(active) },
    { title: "Attempts", kind: "number", cell: ({ answered }) => count(answered) },
    {
      title: "Failed",
      kind: "number",
      isBad: ({ failed }) => failed > 0,
      cell: ({ answered, failed }) => percent(failed, answered + failed),
    },
    { title: "Ejections", kind: "number", cell: ({ ejections }) => count(ejections) },
    {
      title: "What can be done",
      kind: "actions",
      cell: ({ address: peer, state }) => (
        <MayButton
          least="operator"
          class="quiet"
          onClick={() => ask({ group, peer, state: isOut(state) ? "ready" : "draining" })}
        >
          {isOut(state) ? "Take back…" : "Drain…"}
          <span class="hidden"> {safe(peer)}</span>
        </MayButton>
      ),
    },
  ];
}

/** By somebody's wish, and not for what it answers. */
const isOut = (state: Peer["state"]): boolean =>
  state === "draining" || state === "drained" || state === "disabled";
