// Finds members of objects and classes in a syntax tree: where hooks stand, and which object has
// them.

import type { AnyNode } from "acorn";
import { HOOKS } from "../../wire/phases.ts";
import { childrenOf, isFunction, type Place, type Syntax } from "./syntax.ts";

export type Member = Extract<
  AnyNode,
  { type: "Property" | "MethodDefinition" | "PropertyDefinition" }
>;

export const isMember = (node: AnyNode): node is Member =>
  node.type === "Property" ||
  node.type === "MethodDefinition" ||
  node.type === "PropertyDefinition";

/** As it is read: `name`, `#name`; null: its key is an expression. */
export function memberName({ key, computed }: Member): string | null {
  if (key.type === "Literal") return String(key.value);
  if (key.type === "PrivateIdentifier") return `#${key.name}`;
  return key.type === "Identifier" && !computed ? key.name : null;
}

/** Members of an object or a class that has hooks; null: it has none, or is something else. */
export function membersWithHooks(node: AnyNode): readonly Member[] | null {
  const isOwner = node.type === "ObjectExpression" || node.type === "ClassBody";
  const members = isOwner ? childrenOf(node).filter(isMember) : [];
  return members.some(isHook) ? members : null;
}

const NAMES: ReadonlySet<string> = new Set(HOOKS);

function isHook(member: Member): boolean {
  if (!member.value || !NAMES.has(memberName(member) ?? "")) return false;
  return isFunction(member.value) || member.value.type === "Identifier";
}

/** Where a hook stands, in `definePhases({ … })` or in a class; null: not written there. */
export function placeOfHook({ program, placeOf }: Syntax, hook: string): Place | null {
  const find = (node: AnyNode): AnyNode | null => {
    if (isMember(node) && memberName(node) === hook) return node.key;
    for (const child of childrenOf(node)) {
      const found = find(child);
      if (found !== null) return found;
    }
    return null;
  };
  const key = find(program);
  return key === null ? null : placeOf(key);
}
