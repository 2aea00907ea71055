// Names that authors know from browsers, Node or Workers and that a script's realm does not have,
// each with what to use instead.

import { readFileSync } from "node:fs";
import type { AnyNode } from "acorn";
import { sdkTypesPath } from "../../base/entry.ts";
import {
  boundNames,
  childrenOf,
  isFunction,
  localNames,
  type Place,
  type Syntax,
} from "./syntax.ts";

const BYTES = "use Uint8Array, TextEncoder and TextDecoder";
const TIMERS = "use setTimeout, which ends with its hook";
const MEMORY = "no memory is shared here";
const LATER = "not in this release";

/** By name, what to do. */
export const MISSING_GLOBALS: Readonly<Record<string, string>> = {
  Atomics: MEMORY,
  BroadcastChannel: "use counters and flags",
  Buffer: BYTES,
  FileReader: BYTES,
  FinalizationRegistry: "nothing tells here when memory is collected",
  SharedArrayBuffer: MEMORY,
  WeakRef: "nothing tells here when memory is collected",
  WebAssembly: "scripts are JavaScript alone",
  WebSocket: "WebSockets pass through to the upstream",
  Worker: "every worker of the proxy has an isolate of its own",
  XMLHttpRequest: "use fetch",
  __dirname: "a bundle has no files; import what it needs",
  __filename: "a bundle has no files; import what it needs",
  addEventListener: "export default definePhases({ … }) has the hooks",
  caches: LATER,
  clearImmediate: TIMERS,
  document: "there is no page here",
  global: "use globalThis",
  localStorage: "use ctx for a request, and counters for what lasts",
  process: "use env of the module sluice",
  sessionStorage: "use ctx for a request, and counters for what lasts",
  setImmediate: TIMERS,
  window: "use globalThis",
};

export const missingGlobal = (name: string): string =>
  `there is no ${name} in a script: ${MISSING_GLOBALS[name]}`;

export const isMissing = (name: string): boolean =>
  Object.hasOwn(MISSING_GLOBALS, name) && !DECLARED.has(name);

/** What there is, by the types of a script's globals: no entry above says otherwise. */
const DECLARED: ReadonlySet<string> = new Set(
  ["globals", "part-globals"].flatMap((file) =>
    [...readFileSync(sdkTypesPath(file), "utf8").matchAll(/^\s+(?:var|function) (\w+)/gm)].map(
      ([, name]) => name ?? "",
    ),
  ),
);

export interface MissingUse extends Place {
  readonly message: string;
}

/** Each name once: where it is used first. A file that asks for its type knows what it does. */
export function missingGlobalUses({ program, placeOf }: Syntax): MissingUse[] {
  const bound = new Set(namesBoundIn(program));
  const asked = new Set<string>();
  const uses = new Map<string, AnyNode>();
  const visit = (node: AnyNode): void => {
    if (node.type === "UnaryExpression" && node.operator === "typeof") {
      if (node.argument.type === "Identifier") asked.add(node.argument.name);
      return;
    }
    if (node.type === "Identifier" && isMissing(node.name) && !uses.has(node.name)) {
      uses.set(node.name, node);
    }
    for (const child of childrenOf(node)) if (isReference(child, node)) visit(child);
  };
  visit(program);
  return [...uses]
    .filter(([name]) => !bound.has(name) && !asked.has(name))
    .map(([name, node]) => ({ ...placeOf(node), message: missingGlobal(name) }));
}

/** Not the name of a member, nor the key of a property. */
function isReference(node: AnyNode, parent: AnyNode): boolean {
  if (parent.type === "MemberExpression") return node !== parent.property || parent.computed;
  if (parent.type === "Property" || parent.type === "PropertyDefinition") {
    return node !== parent.key || parent.computed || node === parent.value;
  }
  return parent.type !== "MethodDefinition" || node !== parent.key || parent.computed;
}

/** All names that the file binds anywhere: coarse, so that nothing is said of a name of its own. */
function namesBoundIn(node: AnyNode): string[] {
  const own = ((): string[] => {
    if (isFunction(node)) return [...localNames(node)];
    switch (node.type) {
      case "VariableDeclarator":
        return boundNames(node.id);
      case "ClassDeclaration":
        return node.id === null ? [] : [node.id.name];
      case "ImportSpecifier":
      case "ImportDefaultSpecifier":
      case "ImportNamespaceSpecifier":
        return [node.local.name];
      case "CatchClause":
        return node.param ? boundNames(node.param) : [];
      default:
        return [];
    }
  })();
  const named = node.type === "FunctionDeclaration" && node.id ? [node.id.name] : [];
  return [...own, ...named, ...childrenOf(node).flatMap(namesBoundIn)];
}
