// A script as a syntax tree of JavaScript, whose nodes know their places in the TypeScript.

import { type AnyNode, type Program, parse } from "acorn";
import { transform } from "esbuild";
import { usingEsbuild } from "../../control/bundle-service.ts";
import { SourceLines } from "../../control/sourcemap.ts";

export interface Place {
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

export interface Syntax {
  readonly program: Program;
  placeOf(node: AnyNode): Place;
}

/** Null: the file cannot be read; whoever bundles it says why. */
export async function parseScript(source: string): Promise<Syntax | null> {
  try {
    const { code, map } = await usingEsbuild(() =>
      transform(source, {
        loader: "ts",
        sourcemap: true,
        sourcefile: "script.ts",
        target: "esnext",
        tsconfigRaw: "{}",
        logLevel: "silent",
      }),
    );
    const lines = new SourceLines(map);
    const options = { ecmaVersion: "latest", sourceType: "module", locations: true } as const;
    return {
      program: parse(code, options),
      placeOf({ loc }) {
        const { line = 1, column = 0 } = loc?.start ?? {};
        const place = lines.locate(line, column + 1);
        return { line: place?.line ?? 1, column: place?.column ?? 1 };
      },
    };
  } catch {
    return null;
  }
}

export function childrenOf(node: AnyNode): AnyNode[] {
  const values: unknown[] = Object.values(node).flat();
  return values.filter(isNode);
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

export type FunctionNode = Extract<
  AnyNode,
  { type: "FunctionDeclaration" | "FunctionExpression" | "ArrowFunctionExpression" }
>;

export function isFunction(node: AnyNode): node is FunctionNode {
  return (
    node.type === "FunctionDeclaration" ||
    node.type === "FunctionExpression" ||
    node.type === "ArrowFunctionExpression"
  );
}

/** Names that a pattern binds: `{ a, b: [c] }` binds a and c. */
export function boundNames(pattern: AnyNode): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        boundNames(property.type === "Property" ? property.value : property.argument),
      );
    case "ArrayPattern":
      return pattern.elements.flatMap((element) => (element === null ? [] : boundNames(element)));
    case "AssignmentPattern":
      return boundNames(pattern.left);
    case "RestElement":
      return boundNames(pattern.argument);
    default:
      return [];
  }
}

/** Names that a function binds itself, blocks in it included, functions in it not. */
export function localNames(node: FunctionNode): Set<string> {
  const names = new Set(node.params.flatMap(boundNames));
  const visit = (inner: AnyNode): void => {
    if (inner.type === "VariableDeclarator") {
      for (const name of boundNames(inner.id)) names.add(name);
    } else if (inner.type === "CatchClause" && inner.param) {
      for (const name of boundNames(inner.param)) names.add(name);
    } else if (inner.type === "FunctionDeclaration" || inner.type === "ClassDeclaration") {
      if (inner.id !== null) names.add(inner.id.name);
    }
    if (!isFunction(inner)) for (const child of childrenOf(inner)) visit(child);
  };
  visit(node.body);
  if (node.type === "FunctionExpression" && node.id) names.add(node.id.name);
  return names;
}
