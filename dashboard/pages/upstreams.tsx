// The groups of a tenant's peers, and how each peer stands.

import { useState } from "preact/hooks";
import type { PageProps } from "../app.tsx";
import { call } from "../base/api.ts";
import { count, percent, safe } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import { Confirm } from "../parts/confirm.tsx";
import { State } from "../parts/state.tsx";
import { Empty, Loaded } from "../parts/states.tsx";

const EVERY_MS = 2_000;

interface Peer {
  readonly address: string;
  readonly state: string;
  readonly reason: string;
  readonly weight: number;
  readonly active: number;
  readonly answered: number;
  readonly failed: number;
  readonly ejections: number;
}

interface Group {
  readonly name: string;
  readonly balance: string;
  readonly panic: boolean;
  readonly queued: number;
  readonly peers: readonly Peer[];
}

interface Change {
  readonly group: string;
  readonly peer: string;
  readonly state: "ready" | "draining";
}

export function UpstreamsPage({ tenant }: PageProps) {
  const base = `/tenants/${encodeURIComponent(tenant)}/upstreams`;
  const api = useApi<{ readonly upstreams: readonly Group[] }>(base, EVERY_MS);
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
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Peer</th>
              <th scope="col">State</th>
              <th scope="col" class="number">
                Weight
              </th>
              <th scope="col" class="number">
                Under way
              </th>
              <th scope="col" class="number">
                Attempts
              </th>
              <th scope="col" class="number">
                Failed
              </th>
              <th scope="col" class="number">
                Ejections
              </th>
              <th scope="col">
                <span class="hidden">What can be done</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {group.peers.map((peer) => (
              <tr key={peer.address}>
                <th scope="row" class="code">
                  {safe(peer.address)}
                </th>
                <td>
                  <State state={peer.state} /> <span class="muted">{safe(peer.reason)}</span>
                </td>
                <td class="number">{peer.weight}</td>
                <td class="number">{count(peer.active)}</td>
                <td class="number">{count(peer.answered)}</td>
                <td class={peer.failed > 0 ? "number bad" : "number"}>
                  {percent(peer.failed, peer.answered + peer.failed)}
                </td>
                <td class="number">{count(peer.ejections)}</td>
                <td>
                  <button
                    type="button"
                    class="quiet"
                    onClick={() => {
                      const state = peer.state === "draining" ? "ready" : "draining";
                      ask({ group: group.name, peer: peer.address, state });
                    }}
                  >
                    {peer.state === "draining" ? "Take back…" : "Drain…"}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
