// Of which proxies figures are shown, where several share a store: of all of them, unless the
// address names one.

import { signal } from "@preact/signals";
import type { Status } from "./answers.ts";
import { route } from "./router.ts";

/** One that was asked for its part of an answer. */
export type AskedNode = NonNullable<Status["nodes"]>[number];

/** Its id; empty: all of them. */
export const chosenNode = (): string => route.value.query.get("node") ?? "";

/** A call, of those that are meant. A proxy that is alone answers for itself. */
export function ofNodes(path: string): string {
  const nodes = chosenNode();
  return `${path}${path.includes("?") ? "&" : "?"}nodes=${encodeURIComponent(nodes || "all")}`;
}

/** All there are, as an answer of all of them has said last. */
export const knownNodes = signal<readonly AskedNode[]>([]);

/** Whether figures are of several. */
export const isOfMany = (): boolean => chosenNode() === "" && knownNodes.value.length > 1;

export function noteNodes(nodes: readonly AskedNode[]): void {
  const names = (all: readonly AskedNode[]): string =>
    all.map(({ id, name }) => `${id} ${name}`).join();
  if (names(nodes) !== names(knownNodes.peek())) knownNodes.value = nodes;
}
