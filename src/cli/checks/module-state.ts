// Module-level variables that a hook changes, and properties of the object that has the hooks. They
// look shared and are not: each isolate has its own, and a worker, a cell or a reload is another
// isolate.

import type { AnyNode, Program } from "acorn";
import { memberName, membersWithHooks } from "./members.ts";
import {
  boundNames,
  childrenOf,
  isFunction,
  localNames,
  type Place,
  type Syntax,
} from "./syntax.ts";

export interface StateWarning extends Place {
  readonly message: string;
}

/** @param isEntry  hooks are in its default export; of another file, any export may be called */
export function moduleStateWarnings(syntax: Syntax, isEntry: boolean): StateWarning[] {
  return new Walk(syntax).run(rootsOf(syntax.program, isEntry));
}

/** Where code that runs for a request begins. */
function rootsOf(program: Program, isEntry: boolean): AnyNode[] {
  return program.body.flatMap((node): AnyNode[] => {
    if (node.type === "ExportDefaultDeclaration") return [node.declaration];
    if (isEntry || node.type !== "ExportNamedDeclaration") return [];
    return node.declaration ? [node.declaration] : node.specifiers.map(({ local }) => local);
  });
}

/** Methods that change the collection they are called on. */
const MUTATORS: ReadonlySet<string> = new Set([
  ...["push", "pop", "shift", "unshift", "splice", "sort", "reverse", "fill", "copyWithin"],
  ...["set", "add", "delete", "clear"],
]);
const COLLECTIONS: ReadonlySet<string> = new Set(["Map", "Set", "WeakMap", "WeakSet", "Array"]);

class Walk {
  /** By name: what a module-level variable starts as. */
  readonly #variables = new Map<string, AnyNode | null>();
  readonly #functions = new Map<string, AnyNode>();
  readonly #reached = new Set<AnyNode>();
  readonly #warnings = new Map<string, StateWarning>();
  /** Objects and classes with hooks around the node that is looked at: what `this` may be. */
  #owners = 0;
  readonly #syntax: Syntax;

  constructor(syntax: Syntax) {
    this.#syntax = syntax;
    for (const node of syntax.program.body) {
      const isExport = node.type === "ExportNamedDeclaration";
      this.#declare(isExport ? (node.declaration ?? node) : node);
    }
  }

  #declare(node: AnyNode): void {
    const isNamed = node.type === "FunctionDeclaration" || node.type === "ClassDeclaration";
    if (isNamed && node.id) this.#functions.set(node.id.name, node);
    if (node.type !== "VariableDeclaration") return;
    for (const { id, init } of node.declarations) {
      for (const name of boundNames(id)) this.#variables.set(name, init ?? null);
      // a function, or an object of functions: it runs where its name is used
      if (id.type === "Identifier" && init) this.#functions.set(id.name, init);
    }
  }

  run(roots: readonly AnyNode[]): StateWarning[] {
    for (const root of roots) this.#visit(root, []);
    return [...this.#warnings.values()];
  }

  /** @param locals  names of the functions around; empty: this runs when the module is loaded */
  #visit(node: AnyNode, locals: readonly ReadonlySet<string>[]): void {
    const inner = isFunction(node) ? [...locals, localNames(node)] : locals;
    if (node.type === "Identifier") this.#reach(node.name, locals);
    if (locals.length > 0) this.#look(node, locals);
    const members = membersWithHooks(node);
    if (members !== null) this.#owners++;
    for (const member of members ?? []) {
      this.#variables.set(`this.${memberName(member)}`, member.value ?? null);
    }
    for (const child of childrenOf(node)) {
      // what a constructor does is done when the script starts
      if (!isConstructor(child)) this.#visit(child, inner);
    }
    if (members !== null) this.#owners--;
  }

  /** What a name stands for runs too. */
  #reach(name: string, locals: readonly ReadonlySet<string>[]): void {
    const target = this.#functions.get(name);
    if (target === undefined || isLocal(name, locals) || this.#reached.has(target)) return;
    this.#reached.add(target);
    this.#visit(target, []);
  }

  #look(node: AnyNode, locals: readonly ReadonlySet<string>[]): void {
    if (node.type === "AssignmentExpression") this.#change(node.left, locals);
    else if (node.type === "UpdateExpression") this.#change(node.argument, locals);
    else if (node.type === "UnaryExpression" && node.operator === "delete") {
      this.#change(node.argument, locals);
    } else if (node.type === "CallExpression" && node.callee.type === "MemberExpression") {
      const { object, property } = node.callee;
      if (property.type !== "Identifier" || !MUTATORS.has(property.name)) return;
      const name = rootName(object);
      if (name !== null && this.#isCollection(name, object)) this.#warn(name, node, locals);
    }
  }

  /** A target of an assignment: a name, a member of one, or a pattern of them. */
  #change(target: AnyNode, locals: readonly ReadonlySet<string>[]): void {
    if (target.type === "ObjectPattern" || target.type === "ArrayPattern") {
      for (const name of boundNames(target)) this.#warn(name, target, locals);
      return;
    }
    const name = rootName(target);
    if (name !== null) this.#warn(name, target, locals);
  }

  /** `counter("x").set(1)` is no change of ours: only what is plainly a collection counts. */
  #isCollection(name: string, object: AnyNode): boolean {
    const init = this.#variables.get(name) ?? null;
    if (init === null) return false;
    if (init.type === "ArrayExpression") return true;
    if (init.type === "ObjectExpression") return object.type === "MemberExpression";
    if (init.type !== "NewExpression" || init.callee.type !== "Identifier") return false;
    return COLLECTIONS.has(init.callee.name);
  }

  #warn(name: string, node: AnyNode, locals: readonly ReadonlySet<string>[]): void {
    const isOwn = name.startsWith(THIS);
    const isKnown = isOwn ? this.#owners > 0 : this.#variables.has(name) && !isLocal(name, locals);
    if (!isKnown || this.#warnings.has(name)) return;
    const { line, column } = this.#syntax.placeOf(node);
    const what = isOwn ? "a property of what has the hooks" : "a module-level variable";
    const message =
      `${name} changes while requests are served, but ${what} is private to one isolate and ` +
      "vanishes with it: for a number that all share, use counter()";
    this.#warnings.set(name, { line, column, message });
  }
}

const isLocal = (name: string, locals: readonly ReadonlySet<string>[]): boolean =>
  locals.some((names) => names.has(name));

const THIS = "this.";

/** `a` of `a.b[c]`, `this.a` of `this.a.b`. */
function rootName(node: AnyNode): string | null {
  if (node.type === "Identifier") return node.name;
  if (node.type !== "MemberExpression") return null;
  const { object, property } = node;
  if (object.type !== "ThisExpression") return rootName(object);
  if (property.type === "PrivateIdentifier") return `${THIS}#${property.name}`;
  return property.type === "Identifier" ? `${THIS}${property.name}` : null;
}

const isConstructor = (node: AnyNode): boolean =>
  node.type === "MethodDefinition" && node.kind === "constructor";
