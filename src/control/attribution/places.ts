// Finds, with acorn, the places where a script's code gives up the thread and goes on later. Each
// value that is awaited there must pass through a function of the runtime, which remembers whose
// code it is. The text is edited by insertions alone; everything else of it stays as it was.
//
//     await load(1)                await $await(load(1))
//     for await (const a of list)  for await (const a of $iterate(list))
//     return load(1)               return $return(load(1))
//     new Promise(run)             new Promise($promise(run))
//
// What the engine runs by itself has no such place (untold.ts).

import { type AnyNode, type Expression, type Node, type Options, Parser } from "acorn";
import { executorOf, isThenOf, untoldBy } from "./untold.ts";

declare module "acorn" {
  interface Parser {
    /** Of the function that is being read. */
    readonly inAsync: boolean;
    readonly inGenerator: boolean;
    finishNode(node: Node, type: string): AnyNode;
    declareName(name: string, kind: number, at: number): void;
    /** For each target of an assignment, also within a pattern. */
    checkLValSimple(target: AnyNode, kind?: number, clashes?: object): void;
  }
}

/** A function of the runtime (sdk/runtime/attribution.ts) around an expression of the script. */
export const WRAPPERS = ["await", "iterate", "return", "promise"] as const;
export type Wrapper = (typeof WRAPPERS)[number];

/** From `start` to `end` of the text. */
export interface Wrapping {
  readonly start: number;
  readonly end: number;
  readonly by: Wrapper;
  /** `a, b` without brackets around it, which would be two arguments. */
  readonly isList: boolean;
}

export interface Places {
  readonly wrappings: readonly Wrapping[];
  /** Names of the script that begin as those of the wrappers do. */
  readonly taken: ReadonlySet<string>;
  /** The engine may run code of it that no wrapper is told of. */
  readonly hasUntold: boolean;
}

/** What the names of wrappers begin with. */
export const PREFIX = "$";

/** Raised for what runs, and cannot be attributed. `at` is an offset in the text. */
export class UnattributableError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** Throws acorn's SyntaxError, or UnattributableError. */
export const placesIn = (code: string): Places => new PlaceFinder(code).find();

interface Found {
  readonly wrappings: Wrapping[];
  readonly taken: Set<string>;
  /** How often it has a name that may lead there. */
  untold: number;
}

const OPTIONS: Options = {
  ecmaVersion: "latest",
  sourceType: "script",
  strict: true,
  preserveParens: true,
  checkPrivateFields: false,
};

class PlaceFinder extends Parser {
  readonly #found: Found = { wrappings: [], taken: new Set(), untold: 0 };

  constructor(code: string) {
    super(OPTIONS, code);
  }

  find(): Places {
    this.parse();
    const { wrappings, taken, untold } = this.#found;
    return { wrappings, taken, hasUntold: untold > 0 };
  }

  override finishNode(node: Node, type: string): AnyNode {
    const finished = super.finishNode(node, type);
    if (NOTED.has(type)) note(finished, this, this.#found);
    return finished;
  }

  override checkLValSimple(target: AnyNode, kind?: number, clashes?: object): void {
    if (isThenOf(target)) this.#found.untold++;
    super.checkLValSimple(target, kind, clashes);
  }

  /** The engine says what is declared twice; acorn's lists would be searched from end to end. */
  override declareName(): void {}
}

const NOTED: ReadonlySet<string> = new Set<AnyNode["type"]>([
  "ArrowFunctionExpression",
  "AwaitExpression",
  "BinaryExpression",
  "CallExpression",
  "ForOfStatement",
  "Identifier",
  "Literal",
  "MemberExpression",
  "NewExpression",
  "ReturnStatement",
  "TemplateElement",
  "UnaryExpression",
  "VariableDeclaration",
  "YieldExpression",
]);

/** The function around a node. */
type Around = Pick<Parser, "inAsync" | "inGenerator">;

function note(node: AnyNode, around: Around, found: Found): void {
  const { wrappings, taken } = found;
  found.untold += untoldBy(node);
  const wrap = ({ type, start, end }: Expression, by: Wrapper): void => {
    wrappings.push({ start, end, by, isList: type === "SequenceExpression" });
  };
  switch (node.type) {
    case "Identifier":
      if (node.name.startsWith(PREFIX)) taken.add(node.name);
      break;
    case "AwaitExpression":
      wrap(node.argument, "await");
      break;
    case "ForOfStatement":
      if (node.await) wrap(node.right, "iterate");
      break;
    case "YieldExpression":
      if (around.inAsync && node.argument) wrap(node.argument, node.delegate ? "iterate" : "await");
      break;
    case "ReturnStatement":
      if (around.inAsync && node.argument) {
        wrap(node.argument, around.inGenerator ? "await" : "return");
      }
      break;
    case "ArrowFunctionExpression":
      if (node.async && node.body.type !== "BlockStatement") wrap(node.body, "return");
      break;
    case "NewExpression": {
      const run = executorOf(node);
      if (run !== null) wrap(run, "promise");
      break;
    }
    case "VariableDeclaration":
      if (node.kind !== "await using") break;
      throw new UnattributableError("await using is not possible in a bundle", node.start);
  }
}
