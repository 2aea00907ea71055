// Looks for one thing that any of the proxies may have: here first, and elsewhere if it is not.

import type * as z from "zod";
import type { OtherNodes } from "../other-nodes.ts";
import { expectMe, questionOf, type Wanted } from "./of-nodes.ts";

export interface FoundAmong<T> {
  /** `name` is empty where it is this proxy. Null: none of those that answer has it. */
  readonly found: { readonly name: string; readonly value: T } | null;
  /** Those that do not answer. */
  readonly silent: readonly string[];
}

const NOWHERE = { found: null, silent: [] };

/** @param own  null: it is not here */
export async function findAmong<S extends z.ZodType>(
  others: OtherNodes | null,
  wanted: Wanted<S>,
  own: () => Promise<z.output<S> | null>,
): Promise<FoundAmong<z.output<S>>> {
  const { nodes, headers, path, schema } = wanted;
  expectMe(headers, others);
  const isHere = nodes === "this" || nodes === "all" || nodes === others?.id;
  const here = isHere ? await own() : null;
  if (here !== null) return { found: { name: "", value: here }, silent: [] };
  if (others === null || nodes === "this" || nodes === others.id) return NOWHERE;
  const all = await others.list();
  const asked = nodes === "all" ? all : all.filter(({ id }) => id === nodes);
  const answers = await others.ask(asked, questionOf(wanted, path), schema);
  for (const { node, value } of answers) {
    if (value !== null) return { found: { name: node.name, value }, silent: [] };
  }
  const silent = answers.filter(({ reason }) => !saysNo(reason)).map(({ node }) => node.name);
  return { found: null, silent };
}

/** It has answered that it has none. */
const saysNo = (reason: string): boolean => reason.startsWith("404 ");
