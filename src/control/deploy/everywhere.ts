// Waits until every proxy that shares the store serves a change, or says why it does not. One that
// falls silent is waited for until its lease ends.

import { setTimeout as sleep } from "node:timers/promises";
import { CLUSTER_LIMITS } from "../../base/cluster-limits.ts";
import { type NodeList, type Nodes, stateOf } from "../nodes.ts";

export interface Everywhere {
  readonly list: NodeList;
  /** Each of them that lives serves it. */
  readonly isServed: boolean;
}

/** @param revision  of the store by the change */
export async function everywhere(
  nodes: Nodes,
  revision: number,
  signal: AbortSignal,
): Promise<Everywhere> {
  const { everywhereMs, everywhereLookMs, everywhereLookMsMax } = CLUSTER_LIMITS;
  const untilMs = performance.now() + everywhereMs;
  for (
    let waitMs: number = everywhereLookMs;
    ;
    waitMs = Math.min(waitMs * 2, everywhereLookMsMax)
  ) {
    const list = await nodes.list();
    const states = list.nodes.map((node) => stateOf(node, list, revision).state);
    if (!states.includes("behind") || performance.now() + waitMs > untilMs || signal.aborted) {
      const isServed = states.every((state) => state === "serving" || state === "stale");
      return { list, isServed };
    }
    await sleep(waitMs);
  }
}
