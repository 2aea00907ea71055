// The upstream groups that a script names, read off its text: what `upstreamPeer` returns as a
// plain string. So a script can be tried without a configuration.

import type { AnyNode } from "acorn";
import { isMember, memberName } from "../checks/members.ts";
import { childrenOf, isFunction, parseScript } from "../checks/syntax.ts";

/** As base/config has it for names. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export async function groupNames(source: string): Promise<string[]> {
  const syntax = await parseScript(source);
  if (syntax === null) return [];
  const names = new Set<string>();
  const find = (node: AnyNode): void => {
    if (isMember(node) && node.value && memberName(node) === "upstreamPeer") {
      for (const name of returned(node.value)) names.add(name);
    }
    for (const child of childrenOf(node)) find(child);
  };
  find(syntax.program);
  return [...names].filter((name) => NAME.test(name));
}

/** Strings that a function returns, `a ? "b" : "c"` included. */
function returned(node: AnyNode): string[] {
  if (isFunction(node) && node.body.type !== "BlockStatement") return strings(node.body);
  if (node.type === "ReturnStatement") return node.argument ? strings(node.argument) : [];
  return childrenOf(node).flatMap(returned);
}

function strings(node: AnyNode): string[] {
  if (node.type === "Literal") return typeof node.value === "string" ? [node.value] : [];
  if (node.type === "ConditionalExpression") {
    return [...strings(node.consequent), ...strings(node.alternate)];
  }
  return node.type === "LogicalExpression" ? [...strings(node.left), ...strings(node.right)] : [];
}
