// What routes that put together the answers of all proxies have in common.

import * as z from "zod";
import { text } from "../../base/config/fields.ts";
import type { Node } from "../nodes.ts";
import { NODE_HEADER, type NodeAnswer, type OtherNodes, type Question } from "../other-nodes.ts";
import { ApiError } from "./problem.ts";
import type { Caller } from "./route.ts";

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
type Asked = z.output<typeof ASKED>;

/** Of an answer, where several share a store. */
export const LISTED = z
  .array(ASKED)
  .readonly()
  .optional()
  .describe("With nodes=all, where several share a store: whose part is in it.");

const ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const ALL =
  "all: of every proxy that shares the store, each asked with the caller's token. " +
  "An id: of that one alone.";

export const whichNodes = () =>
  text()
    .regex(new RegExp(`^(?:this|all|${ID})$`), "this, all, or the id of a proxy")
    .default("this")
    .describe(ALL);

export const whichOrEachNode = () =>
  text()
    .regex(new RegExp(`^(?:this|all|each|${ID})$`), "this, all, each, or the id of a proxy")
    .default("this")
    .describe(`${ALL} each: besides the sums, what each of them says of its own.`);

export const MISDIRECTED = { 421: "Another proxy was meant, which had this address before." };
export const NO_PROXY = { 404: "There is no such proxy." };
export const OF_NODES = {
  ...MISDIRECTED,
  502: "The one that was named does not answer, and why.",
};

/** Throws an ApiError for what was meant for another proxy. */
export function expectMe(headers: Headers, others: OtherNodes | null): void {
  const meant = headers.get(NODE_HEADER);
  if (meant === null || meant === others?.id) return;
  throw new ApiError(421, "Another proxy was meant: this one has its address by now.");
}

/** @param path  of what each of them is asked for: its own part */
export const questionOf = (
  { headers, caller }: { readonly headers: Headers; readonly caller: Caller },
  path: string,
): Question => {
  const bearer = caller.bearer === undefined ? null : `Bearer ${caller.bearer()}`;
  return { path, authorization: headers.get("authorization") ?? bearer };
};

/** Those that a call is about, where several share a store. */
interface Meant {
  readonly others: OtherNodes;
  /** One that has not reported yet is on no list. */
  readonly all: readonly Node[];
  /** Whether this proxy is one of them. */
  readonly isOwn: boolean;
}

/**
 * Null: this proxy alone, and its answer says nothing of others. Throws an ApiError: there is no
 * such proxy.
 *
 * @param nodes  as the query says
 */
export async function meantBy(others: OtherNodes | null, nodes: string): Promise<Meant | null> {
  if (nodes === "this" || (others === null && isOfAll(nodes))) return null;
  const listed = (await others?.list()) ?? [];
  const all = isOfAll(nodes) ? listed : listed.filter(({ id }) => id === nodes);
  const isOwn = isOfAll(nodes) || nodes === others?.id;
  if (others !== null && (isOwn || all.length > 0)) return { others, all, isOwn };
  throw new ApiError(404, `There is no proxy ${nodes}: sluice nodes lists them.`);
}

export interface Wanted<S extends z.ZodType> {
  /** As the query says. */
  readonly nodes: string;
  readonly headers: Headers;
  readonly caller: Caller;
  /** Of what each of the others is asked for: its own part. */
  readonly path: string;
  readonly schema: S;
}

/** What one of them has answered. */
interface Part<T> {
  /** Empty: the others were not asked. */
  readonly id: string;
  readonly name: string;
  readonly value: T;
}

export interface Gathered<T> {
  /** This proxy's own first. */
  readonly parts: readonly [Part<T>, ...Part<T>[]];
  /** What they have answered, in the same order. */
  readonly values: readonly [T, ...T[]];
  /** For the answer: who was asked, by name; nothing if that is this proxy alone. */
  readonly listed: { readonly nodes?: readonly Asked[] };
}

/**
 * What is wanted of those that are meant. Throws an ApiError: there is no such proxy, or the one
 * that was named does not answer.
 */
export async function gather<S extends z.ZodType>(
  others: OtherNodes | null,
  wanted: Wanted<S>,
  own: () => Promise<z.output<S>> | z.output<S>,
): Promise<Gathered<z.output<S>>> {
  const { nodes, headers, path, schema } = wanted;
  expectMe(headers, others);
  const meant = await meantBy(others, nodes);
  if (meant === null) return toGathered([{ id: "", name: "", value: await own() }], {});
  const { all, isOwn } = meant;
  const { id } = meant.others;
  const ours = all.filter((one) => one.id === id).map(isThere);
  const parts: Part<z.output<S>>[] = [];
  if (isOwn) parts.push({ id, name: ours[0]?.name ?? "", value: await own() });
  const answers = await meant.others.ask(all, questionOf(wanted, path), schema);
  for (const { node, value } of answers) {
    if (value !== null) parts.push({ id: node.id, name: node.name, value });
  }
  const [first, ...rest] = parts;
  if (first !== undefined) {
    return toGathered([first, ...rest], { nodes: [...ours, ...answers.map(askedOf)].sort(byName) });
  }
  throw noAnswer(answers);
}

export function noAnswer(answers: readonly NodeAnswer<z.ZodType>[]): ApiError {
  const reasons = answers.map(({ node, reason }) => `${node.name}: ${reason}`).join("; ");
  return new ApiError(502, `No proxy that was asked answers: ${reasons}.`);
}

function toGathered<T>(parts: Gathered<T>["parts"], listed: Gathered<T>["listed"]): Gathered<T> {
  const [first, ...rest] = parts;
  return { parts, values: [first.value, ...rest.map(({ value }) => value)], listed };
}

const isOfAll = (nodes: string): boolean => nodes === "all" || nodes === "each";

const isThere = ({ id, name }: Pick<Asked, "id" | "name">): Asked => ({ id, name, reason: "" });

const askedOf = ({ node: { id, name }, reason }: NodeAnswer<z.ZodType>): Asked => {
  return { id, name, reason };
};

const byName = (one: Asked, two: Asked): number => (one.name < two.name ? -1 : 1);
