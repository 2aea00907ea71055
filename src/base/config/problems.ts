// Turns what the schema reports into lines that a person can act on:
//
//     sluice.yaml:7:9: tenants.demo.limits.hookMs: expected an integer from 10 to 10000, got "fast"

import type * as z from "zod";
import type { ConfigDocument, Path, Position } from "./document.ts";
import { nearest } from "./nearest.ts";
import { valueAt } from "./shape.ts";

export interface Problem extends Position {
  readonly file: string;
  /** `tenants.demo.hosts[0]`; empty: the file as a whole. */
  readonly where: string;
  /** `expected …, got …` */
  readonly text: string;
}

/** A mistake, before its place in the file is known. */
export interface Mistake {
  readonly path: Path;
  readonly text: string;
  /** The key itself is wrong, rather than its value. */
  readonly isKey: boolean;
}

const SHOWN_CHARS_MAX = 60;

export const formatProblem = ({ file, line, column, where, text }: Problem): string =>
  `${file}:${line}:${column}: ${where === "" ? "" : `${where}: `}${text}`;

export const toProblem = (mistake: Mistake, document: ConfigDocument, file: string): Problem => {
  const { path, text, isKey } = mistake;
  const position = isKey ? document.locateKey(path) : document.locate(path);
  return { file, ...position, where: formatPath(isKey ? path.slice(0, -1) : path), text };
};

export const formatPath = (path: Path): string => {
  let formatted = "";
  for (const segment of path) {
    if (typeof segment === "number") formatted += `[${segment}]`;
    else if (/^[\w-]+$/.test(String(segment))) formatted += `.${String(segment)}`;
    else formatted += `[${show(String(segment))}]`;
  }
  return formatted.replace(/^\./, "");
};

export const toMistakes = (issues: readonly z.core.$ZodIssue[], value: unknown): Mistake[] =>
  issues.flatMap((issue) => {
    const { path } = issue;
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => unknownKey([...path, key], issue.message));
    }
    const inner = issue.code === "invalid_union" ? meantBranch(issue.errors) : undefined;
    if (inner !== undefined) {
      return toMistakes(
        inner.map((one) => ({ ...one, path: [...path, ...one.path] })),
        value,
      );
    }
    return [{ path, text: `expected ${issue.message}, got ${showAt(value, path)}`, isKey: false }];
  });

/** `one of stable, beta, got "stabel" (did you mean stable?)` */
export const expectedOneOf = (known: readonly string[], got: string): string => {
  const near = nearest(got, known);
  const hint = near === null ? "" : ` (did you mean ${near}?)`;
  return `expected one of ${known.join(", ")}, got ${show(got)}${hint}`;
};

export const show = (value: unknown): string => {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object" && value !== null) return "a mapping";
  if (typeof value !== "string") return String(value);
  const cut = value.length > SHOWN_CHARS_MAX ? `${value.slice(0, SHOWN_CHARS_MAX)}…` : value;
  return JSON.stringify(cut);
};

const unknownKey = (path: Path, known: string): Mistake => ({
  path,
  text: expectedOneOf(known.split(", "), String(path.at(-1))),
  isKey: true,
});

// Of the shapes that a value may have, the one whose outer type it has: its mistakes are the
// useful ones.
const meantBranch = (branches: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined => {
  const meant = branches.filter((issues) =>
    issues.every(
      ({ path, code }) => path.length > 0 || (code !== "invalid_type" && code !== "invalid_value"),
    ),
  );
  return meant.length === 1 ? meant[0] : undefined;
};

// The values under env, and of headers, may be secrets: problems end up in logs.
const showAt = (value: unknown, path: Path): string => {
  const found = valueAt(value, path);
  const isPrivate = ["env", "set", "headers"].includes(String(path.at(-2)));
  if (!isPrivate || found === undefined || found === null) return show(found);
  return Array.isArray(found) ? "a list" : `a ${typeof found}`;
};
