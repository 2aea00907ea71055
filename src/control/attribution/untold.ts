// Whether the engine may run code of a script that no place in its text shows: the `then` of an
// object of the script's own that a promise is resolved with. A script with such an object names
// `then` or `Proxy` somewhere in its text. One that makes promises by another name (a subclass, a
// variable), whose executors nothing wraps, names `Promise` where it gives it that name.

import type { AnyNode, Expression, MemberExpression } from "acorn";

/** A `then` of the script's own, an object that answers to any name, and what makes promises. */
const LEADS_THERE: ReadonlySet<unknown> = new Set(["then", "Proxy", "Promise"]);

/**
 * Each of the names counts, as a word and as a string, wherever it stands; and is taken off again
 * where it gives nobody a `then`, which is read there, and makes no promise but one whose executor
 * is wrapped.
 */
export function untoldBy(node: AnyNode): number {
  switch (node.type) {
    case "Identifier":
      return LEADS_THERE.has(node.name) ? 1 : 0;
    case "Literal":
      return LEADS_THERE.has(node.value) ? 1 : 0;
    case "TemplateElement":
      return LEADS_THERE.has(node.value.cooked) ? 1 : 0;
    case "UnaryExpression":
      return node.operator === "typeof" && isPromise(node.argument) ? -1 : 0;
    case "BinaryExpression":
      return isLook(node) ? -1 : 0;
    case "CallExpression":
      return isListOfNames(node) ? 1 : 0;
    case "MemberExpression":
      return isThenOf(node) || isStatic(node) ? -1 : 0;
    case "NewExpression":
      return executorOf(node) === null ? 0 : -1;
    default:
      return 0;
  }
}

/** Methods of the constructor, each of which sdk/runtime/promises.ts stands behind. */
const STATICS: ReadonlySet<string> = new Set([
  "all",
  "allSettled",
  "any",
  "race",
  "reject",
  "resolve",
  "try",
  "withResolvers",
]);

const isPromise = (node: AnyNode): boolean => node.type === "Identifier" && node.name === "Promise";

type BinaryNode = Extract<AnyNode, { type: "BinaryExpression" }>;

/** `a instanceof Promise`, `"then" in a` */
const isLook = ({ operator, left, right }: BinaryNode): boolean =>
  operator === "in"
    ? left.type === "Literal" && left.value === "then"
    : operator === "instanceof" && isPromise(right);

type CallNode = Extract<AnyNode, { type: "CallExpression" }>;

const NAMED_IN_LIST = /\b(?:then|Proxy|Promise)\b/;

/** `"then,catch".split(",")`, as minifiers write lists of names. */
function isListOfNames({ callee }: CallNode): boolean {
  if (callee.type !== "MemberExpression" || plainName(callee) !== "split") return false;
  const { object } = callee;
  return object.type === "Literal" && NAMED_IN_LIST.test(String(object.value));
}

const isStatic = (node: MemberExpression): boolean =>
  isPromise(node.object) && STATICS.has(plainName(node));

/** `promise.then` */
export const isThenOf = (node: AnyNode): boolean =>
  node.type === "MemberExpression" && plainName(node) === "then";

/** Of the property; empty: it is worked out. */
const plainName = ({ computed, property }: MemberExpression): string =>
  !computed && property.type === "Identifier" ? property.name : "";

type NewNode = Extract<AnyNode, { type: "NewExpression" }>;

/** What a promise is made with; null: no promise is, or what with cannot be seen. */
export function executorOf({ callee, arguments: given }: NewNode): Expression | null {
  const [run] = given;
  if (run === undefined || run.type === "SpreadElement") return null;
  return namesPromise(callee) ? run : null;
}

/** Or it is what compilers of async functions write: `new (P || (P = Promise))(run)`. */
function namesPromise(callee: Expression): boolean {
  switch (callee.type) {
    case "Identifier":
      return callee.name === "Promise";
    case "ParenthesizedExpression":
      return namesPromise(callee.expression);
    case "AssignmentExpression":
    case "LogicalExpression":
      return namesPromise(callee.right);
    default:
      return false;
  }
}
