// Looks for one thing that any of the proxies may have: here first, and elsewhere if it is not.

import type * as z from "zod";
import type { OtherNodes } from "../other-nodes.ts";
import { expectMe, meantBy, noAnswer, questionOf, type Wanted } from "./of-nodes.ts";

export interface FoundAmong<T> {
  /** `name` is empty where it is this proxy. Null: none of those that answer has it. */
  readonly found: { readonly name: string; readonly value: T } | null;
  /** Those that do not answer. */
  readonly silent: readonly string[];
}

const NOWHERE = { found: null, silent: [] };

/**
 * Throws an ApiError: there is no such proxy, or the one that was named does not answer.
 *
 * @param own  null: it is not here
 */
export async function findAmong<S extends z.ZodType>(
  others: OtherNodes | null,
  wanted: Wanted<S>,
  own: () => Promise<z.output<S> | null>,
): Promise<FoundAmong<z.output<S>>> {
  const { nodes, headers, path, schema } = wanted;
  expectMe(headers, others);
  const meant = await meantBy(others, nodes);
  const here = meant?.isOwn === false ? null : await own();
  if (here !== null) return { found: { name: "", value: here }, silent: [] };
  if (meant === null) return NOWHERE;
  const answers = await meant.others.ask(meant.all, questionOf(wanted, path), schema);
  for (const { node, value } of answers) {
    if (value !== null) return { found: { name: node.name, value }, silent: [] };
  }
  const silent = answers.filter(({ reason }) => !saysNo(reason));
  if (!meant.isOwn && silent.length > 0) throw noAnswer(silent);
  return { found: null, silent: silent.map(({ node }) => node.name) };
}

/** It has answered that it has none. */
const saysNo = (reason: string): boolean => reason.startsWith("404 ");
