// A source file as the tidy test sees it: its imports, functions and types, parsed rather than
// guessed. Types are stripped first, which leaves every other character where it was.

import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { type Comment, type Node, parse } from "acorn";

export interface ImportOf {
  readonly specifier: string;
  /** Erased before the file runs. */
  readonly isType: boolean;
}

export interface FunctionOf {
  readonly line: number;
  readonly lines: number;
}

export interface SourceFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly lines: readonly string[];
  readonly imports: readonly ImportOf[];
  readonly functions: readonly FunctionOf[];
  readonly hasDefaultExport: boolean;
  /** The types alone, without comments, everything else blank: same lines, same columns. */
  readonly types: string;
}

/**
 * Throws where the file has enums, namespaces or parameter properties: those cannot be stripped.
 */
export function readSource(root: string, path: string): SourceFile {
  const text = readFileSync(`${root}/${path}`, "utf8");
  // no parser here knows JSX: of such a file the lines and type imports are looked at
  const hasCode = !/\.(?:d\.ts|tsx)$/.test(path);
  const code = hasCode ? stripTypeScriptTypes(text, { mode: "strip" }) : "";
  const comments: Comment[] = [];
  const tree = parse(code, {
    ecmaVersion: "latest",
    sourceType: "module",
    allowHashBang: true,
    locations: true,
    onComment: comments,
  });
  const bare = withoutComments(text, comments);
  const nodes = [...walk(tree)];
  const values = nodes.flatMap(importOf).map((specifier) => ({ specifier, isType: false }));
  return {
    path,
    lines: text.replace(/\n$/, "").split("\n"),
    imports: [...values, ...typeImports(bare, values)],
    functions: functionsAmong(nodes),
    hasDefaultExport: nodes.some(({ type }) => type === "ExportDefaultDeclaration"),
    types: path.endsWith(".tsx") ? "" : typesOf(bare, code),
  };
}

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const child of Object.values(node).flat()) {
    if (isNode(child)) yield* walk(child);
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && "start" in value;

/** `import … from`, `export … from` and `import(…)` with a fixed name. */
function importOf(node: Node): string[] {
  if (!/^(?:Import|Export)/.test(node.type) || !("source" in node)) return [];
  const { source } = node;
  return isNode(source) && "value" in source && typeof source.value === "string"
    ? [source.value]
    : [];
}

/** Every function but the bodies of suites, which are lists of tests. */
function functionsAmong(nodes: readonly Node[]): FunctionOf[] {
  const suites = new Set(nodes.flatMap(suiteBodies));
  const isFunction = /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/;
  return nodes.flatMap((node) => {
    if (!isFunction.test(node.type) || !node.loc || suites.has(node)) return [];
    const { start, end } = node.loc;
    return [{ line: start.line, lines: end.line - start.line + 1 }];
  });
}

function suiteBodies(node: Node): Node[] {
  if (node.type !== "CallExpression" || !("callee" in node) || !("arguments" in node)) return [];
  const { callee, arguments: parts } = node;
  const isSuite =
    isNode(callee) && "name" in callee && /^(?:describe|suite)$/.test(`${callee.name}`);
  return isSuite && Array.isArray(parts) ? parts.filter(isNode) : [];
}

function withoutComments(text: string, comments: readonly Comment[]): string {
  let bare = text;
  for (const { start, end } of comments) {
    const blank = text.slice(start, end).replace(/[^\n]/g, " ");
    bare = bare.slice(0, start) + blank + bare.slice(end);
  }
  return bare;
}

/** `import type … from`, `export type … from`, and `import("…")` inside a type. */
function typeImports(bare: string, values: readonly ImportOf[]): ImportOf[] {
  const known = new Set(values.map(({ specifier }) => specifier));
  const statements = bare.matchAll(/\b(?:import|export)\s+type\s[^;"]*?\sfrom\s*"([^"]+)"/g);
  const inline = bare.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g);
  return [...statements, ...inline]
    .map((match) => match[1] ?? "")
    .filter((specifier) => !known.has(specifier))
    .map((specifier) => ({ specifier, isType: true }));
}

/** What the strip made blank, without the comments that stand between types. */
function typesOf(bare: string, code: string): string {
  let types = "";
  for (let index = 0; index < bare.length; index++) {
    const isErased = code[index] === undefined || /\s/.test(code[index] ?? "");
    types += isErased || bare[index] === "\n" ? bare[index] : " ";
  }
  const blank = (text: string): string => text.replace(/[^\n]/g, " ");
  return types.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, blank).replace(/"[^"\n]*"|'[^'\n]*'/g, blank);
}
