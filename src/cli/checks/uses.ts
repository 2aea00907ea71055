// Finds uses of the module `sluice` that cannot be right, as far as the text of a script shows it:
// counters whose names are made while requests are served, strings of `env` that no tenant has, a
// decoder that all requests share.

import type { AnyNode, CallExpression } from "acorn";
import { nearest } from "../../base/config/nearest.ts";
import { childrenOf, isFunction, type Place, type Syntax } from "./syntax.ts";

export interface Use extends Place {
  readonly message: string;
}

/** @param env  names that the tenants of the script have; null: nobody knows */
export function useWarnings(syntax: Syntax, env: ReadonlySet<string> | null): Use[] {
  const names = importedNames(syntax);
  const decoders = moduleDecoders(syntax);
  const found: Use[] = [];
  const visit = (node: AnyNode, isInFunction: boolean): void => {
    const message =
      (isInFunction ? counterProblem(node, names) : null) ??
      (isInFunction ? decoderProblem(node, decoders) : null) ??
      envProblem(node, names, env);
    if (message !== null) found.push({ ...syntax.placeOf(node), message });
    for (const child of childrenOf(node)) visit(child, isInFunction || isFunction(node));
  };
  visit(syntax.program, false);
  return found;
}

/** By the name in this file, what it is of the module. */
function importedNames({ program }: Syntax): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const node of program.body) {
    if (node.type !== "ImportDeclaration" || node.source.value !== "sluice") continue;
    for (const specifier of node.specifiers) {
      if (specifier.type !== "ImportSpecifier" || specifier.imported.type !== "Identifier")
        continue;
      names.set(specifier.local.name, specifier.imported.name);
    }
  }
  return names;
}

function counterProblem(node: AnyNode, names: ReadonlyMap<string, string>): string | null {
  if (node.type !== "CallExpression" || calleeName(node) === null) return null;
  if (names.get(calleeName(node) ?? "") !== "counter") return null;
  const [name] = node.arguments;
  if (name === undefined || name.type === "Literal") return null;
  if (name.type === "TemplateLiteral" && name.expressions.length === 0) return null;
  return (
    "a counter's name is made while requests are served: there is room for so many " +
    "(limits.counters), and what was counted once keeps its room; make counters at the top"
  );
}

function envProblem(
  node: AnyNode,
  names: ReadonlyMap<string, string>,
  env: ReadonlySet<string> | null,
): string | null {
  if (env === null || node.type !== "MemberExpression" || node.computed) return null;
  const { object, property } = node;
  if (object.type !== "Identifier" || names.get(object.name) !== "env") return null;
  if (property.type !== "Identifier" || env.has(property.name)) return null;
  const meant = nearest(property.name, [...env]);
  const hint = meant === null ? "" : `; did you mean ${meant}?`;
  return `env.${property.name} is not among the tenant's env in the configuration${hint}`;
}

/** Module-level variables that hold a TextDecoder. */
function moduleDecoders({ program }: Syntax): ReadonlySet<string> {
  const names = new Set<string>();
  for (const node of program.body) {
    if (node.type !== "VariableDeclaration") continue;
    for (const { id, init } of node.declarations) {
      const isDecoder =
        init?.type === "NewExpression" &&
        init.callee.type === "Identifier" &&
        init.callee.name === "TextDecoder";
      if (isDecoder && id.type === "Identifier") names.add(id.name);
    }
  }
  return names;
}

function decoderProblem(node: AnyNode, decoders: ReadonlySet<string>): string | null {
  if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression") return null;
  const { object, property } = node.callee;
  const isDecode = property.type === "Identifier" && property.name === "decode";
  if (!isDecode || object.type !== "Identifier" || !decoders.has(object.name)) return null;
  if (!isStreaming(node)) return null;
  return (
    `${object.name} keeps the end of one request's chunk for the next one's, as all share it: ` +
    'have bodies whole (bodies: { request: { bufferBytes: … } }), or decode without "stream"'
  );
}

function isStreaming({ arguments: [, options] }: CallExpression): boolean {
  if (options?.type !== "ObjectExpression") return false;
  return options.properties.some(
    (property) =>
      property.type === "Property" &&
      property.key.type === "Identifier" &&
      property.key.name === "stream" &&
      !(property.value.type === "Literal" && property.value.value === false),
  );
}

const calleeName = ({ callee }: CallExpression): string | null =>
  callee.type === "Identifier" ? callee.name : null;
