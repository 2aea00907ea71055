// The proxies that share a store: what each serves, how far it is behind, and whether load
// balancers are to leave it alone.

import { useState } from "preact/hooks";
import { call } from "../base/api.ts";
import { count, counted, duration, percent, safe } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import { Confirm } from "../parts/confirm.tsx";
import { MayButton } from "../parts/may.tsx";
import { State } from "../parts/state.tsx";
import { Loaded } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { Tile } from "../parts/tile.tsx";
import type { Node, NodeList, Status } from "../types.ts";

const EVERY_MS = 2_000;

export function NodesPage() {
  const api = useApi<NodeList>("/nodes", EVERY_MS);
  const [asked, setAsked] = useState<Node | null>(null);
  // the store is this proxy's alone
  if (api.data === null && api.problem?.status === 404) return <Alone />;
  return (
    <>
      <Loaded api={api}>
        {(list) => (
          <>
            <p class={list.stale ? "problem" : "muted"}>
              {list.stale
                ? "The store does not answer: this is what was known last. All of them serve on."
                : `The store is at revision ${count(list.newest)}.`}
            </p>
            <Table columns={columnsFor(list, setAsked)} rows={list.nodes} keyOf={({ id }) => id} />
          </>
        )}
      </Loaded>
      {asked !== null && (
        <Drain node={asked} close={() => setAsked(null)} reload={() => api.reload()} />
      )}
    </>
  );
}

function Alone() {
  const api = useApi<Status>("/status", EVERY_MS, "tick", "faults");
  return (
    <Loaded api={api}>
      {({ ready, version, startedAt, workers, cells, isolates, pid, node, faults }) => (
        <>
          <p>
            This proxy is the only one: its store is its own. Several share a store in PostgreSQL,
            as <code>docs/cluster.md</code> says.
          </p>
          <dl class="tiles">
            <Tile name="State" value={ready ? "ready" : "not ready"} isBad={!ready}>
              {faults.length === 0 ? "nothing is wrong" : counted(faults.length, "fault")}
            </Tile>
            <Tile name="Version" value={version}>
              Node {node}, process {pid}
            </Tile>
            <Tile name="Runs since" value={duration(Date.now() - Date.parse(startedAt))} />
            <Tile name="Workers" value={count(workers)}>
              {counted(isolates, "isolate")} in them
            </Tile>
            <Tile name="Cells" value={count(cells)}>
              processes that run scripts
            </Tile>
          </dl>
        </>
      )}
    </Loaded>
  );
}

function columnsFor({ newest }: NodeList, ask: (node: Node) => void): readonly Column<Node>[] {
  return [
    {
      title: "Node",
      cell: ({ name, self }) => (
        <>
          {safe(name, 100)} {self && <span class="muted">this one</span>}
        </>
      ),
    },
    {
      title: "State",
      cell: ({ state, drained, reason }) => (
        <>
          <State state={state} /> {drained && <State state="drained" />}{" "}
          <span class="muted">{safe(reason, 200)}</span>
        </>
      ),
    },
    { title: "Sluice", cell: ({ version }) => safe(version, 40) },
    {
      title: "Serves up to",
      kind: "number",
      isBad: ({ lag }) => lag > 0,
      cell: ({ revision, lag }) =>
        lag === 0
          ? count(revision)
          : `${count(revision)} of ${count(newest)}, ${count(lag)} behind`,
    },
    {
      title: "Reported",
      kind: "number",
      cell: ({ silentMs }) => `${duration(Math.max(0, silentMs))} ago`,
    },
    { title: "Requests", kind: "number", cell: ({ requests }) => count(requests) },
    {
      title: "Errors",
      kind: "number",
      isBad: ({ errors }) => errors > 0,
      cell: ({ errors, requests }) => percent(errors, requests),
    },
    { title: "Active", kind: "number", cell: ({ requestsActive }) => count(requestsActive) },
    { title: "Connections", kind: "number", cell: ({ connections }) => count(connections) },
    {
      title: "Runs since",
      kind: "number",
      cell: ({ startedAt }) => duration(Math.max(0, Date.now() - Date.parse(startedAt))),
    },
    {
      title: "What can be done",
      kind: "actions",
      cell: (node) => (
        <MayButton least="operator" class="quiet" onClick={() => ask(node)}>
          {node.drained ? "Take back…" : "Drain…"}
          <span class="hidden"> {safe(node.name, 100)}</span>
        </MayButton>
      ),
    },
  ];
}

interface DrainProps {
  readonly node: Node;
  readonly close: () => void;
  readonly reload: () => void;
}

function Drain({ node: { id, name, drained }, close, reload }: DrainProps) {
  const shown = safe(name, 100);
  return (
    <Confirm
      title={`${drained ? "Take back" : "Drain"} ${shown}`}
      action={drained ? "Take back" : "Drain"}
      isDangerous={!drained}
      said={`${shown} says ${drained ? "that it is ready" : "that it is not ready"} within 3 s.`}
      close={close}
      run={async () => {
        await call(`/nodes/${id}/${drained ? "resume" : "drain"}`, { method: "POST" });
        reload();
      }}
    >
      <p>
        {drained
          ? "Load balancers that ask for its readiness give it requests again."
          : "It says that it is not ready, so that load balancers give its requests to others. " +
            "Whatever comes all the same is served. This holds after a restart too."}
      </p>
    </Confirm>
  );
}
