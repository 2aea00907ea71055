// What routes that put together the answers of all proxies have in common.

import * as z from "zod";
import { choice } from "../../base/config/fields.ts";
import { NODE_HEADER, type NodeAnswer, type OtherNodes, type Question } from "../other-nodes.ts";
import { ApiError } from "./problem.ts";

/** Routes of a proxy that may share its store. */
export interface OtherParts {
  /** Null: the store is this proxy's alone. */
  readonly others: OtherNodes | null;
}

/** One proxy of those that were asked. */
export const ASKED = z.object({
  id: z.string(),
  name: z.string(),
  reason: z.string().describe("Why its part is missing; empty: it is not."),
});

export const whichNodes = () =>
  choice(["this", "all"])
    .default("this")
    .describe("all: of every proxy that shares the store, each asked with the caller's token.");

export const whichOrEachNode = () =>
  choice(["this", "all", "each"])
    .default("this")
    .describe("all: as above. each: besides the sums, what each of them says of its own.");

export const MISDIRECTED = { 421: "Another proxy was meant, which had this address before." };

/** Throws an ApiError for what was meant for another proxy. */
export function expectMe(headers: Headers, others: OtherNodes | null): void {
  const meant = headers.get(NODE_HEADER);
  if (meant === null || meant === others?.id) return;
  throw new ApiError(421, "Another proxy was meant: this one has its address by now.");
}

/** @param path  of what each of them is asked for: its own part */
export const questionOf = (headers: Headers, path: string): Question => {
  return { path, authorization: headers.get("authorization") };
};

/** By name, this one too. */
export async function asked(
  others: OtherNodes,
  answers: readonly NodeAnswer<z.ZodType>[],
): Promise<z.output<typeof ASKED>[]> {
  const all = await others.list();
  const own = all.filter(({ id }) => id === others.id).map((node) => ({ node, reason: "" }));
  return [...own, ...answers]
    .map(({ node: { id, name }, reason }) => ({ id, name, reason }))
    .sort((one, two) => (one.name < two.name ? -1 : 1));
}
