// sluice.yaml as a YAML document: its value, and where in the text each part of it stands. Of
// YAML it takes what has one obvious meaning: keys are plain names, aliases are few, tags are
// none.

import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import { LIMITS } from "../limits.ts";

/** Names and indices from the root: `["tenants", "demo", "hosts", 0]`. */
export type Path = readonly PropertyKey[];

export interface Position {
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

/** Something wrong with the text itself. */
export interface SyntaxProblem extends Position {
  readonly text: string;
}

export interface ConfigDocument {
  readonly problems: readonly SyntaxProblem[];
  /** Undefined: the text is too broken to say. */
  readonly value: unknown;
  /** Where the value at `path` starts; if there is none, the key of the mapping that lacks it. */
  locate(path: Path): Position;
  /** Where the last key of `path` stands. */
  locateKey(path: Path): Position;
}

export const parseConfigDocument = (text: string): ConfigDocument => {
  const document = parseDocument(text, { prettyErrors: false });
  const at = (offset: number) => positionAt(text, offset);
  const found = syntaxProblems(document, text);
  // A repeated key leaves a value that can be checked further; the last one counts.
  const isReadable = document.errors.every((error) => error.code === "DUPLICATE_KEY");
  const isSound = isReadable && found.length === document.errors.length;
  const value = isSound ? toValue(document, found) : undefined;
  return {
    problems: found.map(([offset, message]) => ({ ...at(offset), text: message })),
    value,
    locate: (path) => at(offsetOf(document, path).value),
    locateKey: (path) => at(offsetOf(document, path).key),
  };
};

// Only problems need it, so no table of lines: the library's own misses some in broken text.
const positionAt = (text: string, offset: number): Position => {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: before.length - lineStart + 1 };
};

type Found = readonly [offset: number, message: string];

const syntaxProblems = (document: Document.Parsed, text: string): Found[] => {
  const found: Found[] = [];
  for (const error of [...document.errors, ...document.warnings]) {
    if (error.code === "TAG_RESOLVE_FAILED") continue; // seen below
    found.push([error.pos[0], sentence(error, text)]);
  }
  let aliases = 0;
  visit(document, {
    Alias: (_key, alias) => {
      aliases += 1;
      if (aliases > LIMITS.configAliases) return visit.BREAK;
      // an empty one is an error of the text, and found
      if (alias.source === "" || alias.resolve(document) !== undefined) return undefined;
      found.push([start(alias), aliasProblem(alias.source)]);
      return undefined;
    },
    Value: (_key, node) => {
      // A tag makes another kind of value of what stands there, such as a Set.
      if (node.tag !== undefined) found.push([start(node), `expected no tag, got ${node.tag}`]);
    },
    Pair: (_key, pair) => {
      if (!isPlainKey(pair)) found.push([start(pair.key), "expected a plain name as key"]);
    },
  });
  return found;
};

const aliasProblem = (source: string): string =>
  source.startsWith(".")
    ? unquoted(`*${source}`)
    : `expected an anchor &${source} before, got none`;

// Host names of any kind begin so, and YAML has another meaning for it.
const unquoted = (text: string): string =>
  `expected "${text}" in quotes: a bare * begins an alias of YAML's`;

// Aliases of aliases can make gigabytes of a few lines: the library counts, and throws.
const toValue = (document: Document.Parsed, found: Found[]): unknown => {
  try {
    return document.toJS({ maxAliasCount: LIMITS.configAliases }) ?? {};
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    found.push([0, `expected at most ${LIMITS.configAliases} uses of aliases, got more`]);
    return undefined;
  }
};

const sentence = (error: YAMLError, text: string): string => {
  if (error.code === "BAD_ALIAS" && /^\*(?:[\s,\]}]|$)/.test(text.slice(error.pos[0]))) {
    return unquoted("*");
  }
  if (error.code !== "DUPLICATE_KEY") return `expected YAML, got an error: ${error.message}`;
  const key = /^[^:\s]*/.exec(text.slice(error.pos[0]))?.[0] ?? "";
  return `expected each key once, got ${JSON.stringify(key)} again`;
};

// `__proto__` would be the one key that never arrives: objects take it for something else.
const isPlainKey = (pair: Pair<unknown, unknown>): boolean =>
  isScalar(pair.key) && pair.key.value !== null && pair.key.value !== "__proto__";

const offsetOf = (document: Document.Parsed, path: Path): { key: number; value: number } => {
  let node: unknown = document.contents;
  let offset = { key: start(node), value: start(node) };
  for (const segment of path) {
    if (isAlias(node)) node = node.resolve(document);
    const child = childOf(node, segment);
    if (child === undefined) return { key: offset.key, value: offset.key };
    node = isPair(child) ? child.value : child;
    const key = isPair(child) ? start(child.key) : start(child);
    offset = { key, value: node === null ? key : start(node) };
  }
  return offset;
};

const childOf = (node: unknown, segment: PropertyKey): unknown => {
  if (isSeq(node)) return node.items[Number(segment)];
  if (!isMap(node)) return undefined;
  // The last one of a repeated key is the one that counts.
  return node.items.findLast(({ key }) => isScalar(key) && String(key.value) === String(segment));
};

const start = (node: unknown): number => {
  if (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) return node.range?.[0] ?? 0;
  return 0;
};
