// How several proxies do, as one answer: sums of what is going on, and what any of them says is
// wrong.

import type { Fault } from "./faults.ts";
import { earliest, total } from "./summed.ts";

/** Of one of them, as far as it is summed up. */
export interface NodeStatus {
  readonly startedAt: string;
  readonly ready: boolean;
  readonly workers: number;
  readonly tenants: number;
  readonly cells: number;
  readonly isolates: number;
  readonly connections: number;
  readonly requestsActive: number;
  readonly faults: readonly NodeFault[];
  readonly requests: number;
  readonly errors: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly scriptMs: number;
  readonly durations: { readonly boundsMs: readonly number[]; readonly counts: readonly number[] };
}

interface NodeFault extends Fault {
  /** Who says so; left out: all of them. */
  readonly nodes?: readonly string[] | undefined;
}

interface Part<T> {
  readonly name: string;
  readonly value: T;
}

/** What is not summed up is the first one's. */
export function statusOfNodes<T extends NodeStatus>(parts: readonly [Part<T>, ...Part<T>[]]): T {
  const [{ value: first }] = parts;
  if (parts.length === 1) return first;
  const all = parts.map(({ value }) => value);
  const { boundsMs } = first.durations;
  // one of another release may have other buckets, which these cannot be added to
  const sameBuckets = all.filter(({ durations }) => isSame(durations.boundsMs, boundsMs));
  return {
    ...first,
    startedAt: earliest(all.map(({ startedAt }) => startedAt)),
    ready: all.every(({ ready }) => ready),
    tenants: Math.max(...all.map(({ tenants }) => tenants)),
    workers: total(all, ({ workers }) => workers),
    cells: total(all, ({ cells }) => cells),
    isolates: total(all, ({ isolates }) => isolates),
    connections: total(all, ({ connections }) => connections),
    requestsActive: total(all, ({ requestsActive }) => requestsActive),
    faults: faultsOfNodes(parts),
    requests: total(all, ({ requests }) => requests),
    errors: total(all, ({ errors }) => errors),
    bytesReceived: total(all, ({ bytesReceived }) => bytesReceived),
    bytesSent: total(all, ({ bytesSent }) => bytesSent),
    scriptMs: total(all, ({ scriptMs }) => scriptMs),
    durations: {
      boundsMs,
      counts: first.durations.counts.map((_, bucket) =>
        total(sameBuckets, ({ durations }) => durations.counts[bucket] ?? 0),
      ),
    },
  };
}

const isSame = (one: readonly number[], two: readonly number[]): boolean =>
  one.length === two.length && one.every((value, at) => value === two[at]);

/** Each once, errors first, with those who say so unless all of them do. */
function faultsOfNodes(parts: readonly Part<NodeStatus>[]): NodeFault[] {
  const said = parts.flatMap(({ name, value }) => value.faults.map((fault) => ({ name, fault })));
  const byText = Map.groupBy(said, ({ fault: { severity, tenant, text } }) =>
    JSON.stringify([severity, tenant, text]),
  );
  return [...byText.values()]
    .flatMap(([one, ...more]) => {
      if (one === undefined) return [];
      const { severity, tenant, text } = one.fault;
      const isOfAll = more.length + 1 >= parts.length;
      const nodes = [one, ...more].map(({ name }) => name);
      return [{ severity, tenant, text, ...(isOfAll ? {} : { nodes }) }];
    })
    .toSorted((one, two) => Number(isWarning(one)) - Number(isWarning(two)));
}

const isWarning = ({ severity }: Fault): boolean => severity === "warning";
