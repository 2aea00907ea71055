// A bundle as it runs: a function of the runtime's wrappers, with every place in it at which code
// goes on later led through one of them (places.ts). That makes attribution exact: what runs after
// an `await` runs in a slice of the call that awaited, whoever settled what it waited for.
//
//     ($await,$iterate,$return,$promise)=>{
//     (() => { … await $await(load(1)) … })();
//     }
//
// It begins with `$untold?.();` if the engine may run code of it that no wrapper is told of. With
// `?.`, since an older release that shares the store hands in no function of that name.

import { getLineInfo } from "acorn";
import {
  type Places,
  PREFIX,
  placesIn,
  UnattributableError,
  WRAPPERS,
  type Wrapper,
  type Wrapping,
} from "./places.ts";
import { type Insertion, shiftMappings } from "./shifted-map.ts";
import { canAssumeWorst, mayHavePlaces, namesMaybeIn } from "./unread.ts";

export interface Attributed {
  /** An expression: a function that the engine hands the wrappers to. */
  readonly code: string;
  /** Source map as JSON. */
  readonly map: string;
}

/** Why it cannot be: a sentence, and the place in the bundle, both from 1. */
export interface AttributionRefusal {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** What attributed code begins with. */
const MARK = "/*sluice:1*/";
/** The same of a release that writes `$untold` where it is due. */
const SAYS_UNTOLD = `${MARK}/*2*/`;

/**
 * A bundle of the store's, which may be of a time before there was attribution. One that cannot be
 * attributed does not start, and says why.
 */
export function runnable(code: string, map: string): Attributed {
  if (code.startsWith(SAYS_UNTOLD)) return { code, map };
  if (code.startsWith(MARK)) return { code: saying(code), map };
  const result = attribute(code, map);
  if ("code" in result) return result;
  const reason = JSON.stringify(`${result.text}: expected it to be bundled and deployed again`);
  return { code: `${SAYS_UNTOLD}()=>{throw new SyntaxError(${reason})}`, map };
}

/** Of a release before that. No line moves, and no name of ours comes into the script's scope. */
function saying(code: string): string {
  if (!mayHavePlaces(code) || !mayHaveUntold(code)) return code;
  return `${SAYS_UNTOLD}((run)=>(...given)=>{given[4]();run(...given)})(${code})`;
}

/** One that was read when it was uploaded, and cannot be now, may. */
function mayHaveUntold(code: string): boolean {
  try {
    return placesIn(code).hasUntold;
  } catch {
    return true;
  }
}

/** @param map  source map as JSON; empty: there is none */
export function attribute(code: string, map = ""): Attributed | AttributionRefusal {
  try {
    const { wrappings, taken, hasUntold } = placesOf(code);
    const names = freeNames(taken);
    const insertions = insertionsOf(wrappings, names, code);
    const begin = beginOf(names, hasUntold);
    const text = `${SAYS_UNTOLD}${begin}\n${inserted(code, insertions)}\n}`;
    return { code: text, map: map === "" ? "" : mapAfter(map, code, insertions) };
  } catch (error) {
    const refusal = refusalOf(error, code);
    if (refusal === null) throw error;
    return refusal;
  }
}

/** Only where something may be found: most bundles name nothing that leads to a place. */
function placesOf(code: string): Places {
  if (!mayHavePlaces(code)) return unread(code, false);
  try {
    return placesIn(code);
  } catch (error) {
    if (error instanceof UnattributableError || !canAssumeWorst(code)) throw error;
    return unread(code, true);
  }
}

const unread = (code: string, hasUntold: boolean): Places => ({
  wrappings: [],
  taken: namesMaybeIn(code),
  hasUntold,
});

type Names = Readonly<Record<Wrapper | "untold", string>>;

function beginOf(names: Names, hasUntold: boolean): string {
  const wrappers = WRAPPERS.map((by) => names[by]);
  if (!hasUntold) return `(${wrappers})=>{`;
  return `(${wrappers},${names.untold})=>{${names.untold}?.();`;
}

/** Names that the script does not have, so that it neither uses nor hides them. */
function freeNames(taken: ReadonlySet<string>): Names {
  for (let number = 0; ; number++) {
    const name = (by: string): string => `${PREFIX}${by}${number === 0 ? "" : number}`;
    const [awaits, iterates, returns, promises] = WRAPPERS;
    const names = {
      [awaits]: name(awaits),
      [iterates]: name(iterates),
      [returns]: name(returns),
      [promises]: name(promises),
      untold: name("untold"),
    };
    if (!Object.values(names).some((one) => taken.has(one))) return names;
  }
}

interface TextInsertion {
  readonly at: number;
  readonly text: string;
}

/** In the order of the text; where one expression ends and another begins, the end comes first. */
function insertionsOf(wrappings: readonly Wrapping[], names: Names, code: string): TextInsertion[] {
  const insertions: TextInsertion[] = [];
  for (const { start, end, by, isList } of wrappings) {
    // `return{…}` and `await[…]` need no blank, and a name behind them does
    const name = ENDS_WORD.test(code[start - 1] ?? "") ? ` ${names[by]}` : names[by];
    insertions.push({ at: start, text: isList ? `${name}((` : `${name}(` });
    insertions.push({ at: end, text: isList ? "))" : ")" });
  }
  return insertions.sort((one, other) => one.at - other.at || one.text.length - other.text.length);
}

const ENDS_WORD = /[\w$]/;

function inserted(code: string, insertions: readonly TextInsertion[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const { at, text } of insertions) {
    parts.push(code.slice(from, at), text);
    from = at;
  }
  parts.push(code.slice(from));
  return parts.join("");
}

/** What ends a line for the engine, which numbers them. */
const LINE_END = /\r\n?|[\n\u2028\u2029]/g;

/** A map that cannot be read costs places in messages, and nothing else: it stays as it is. */
function mapAfter(json: string, code: string, insertions: readonly TextInsertion[]): string {
  try {
    const map: { readonly mappings: string } = JSON.parse(json);
    // the line of the parameters comes before the first
    const mappings = `;${shiftMappings(map.mappings, linesOf(code, insertions))}`;
    return JSON.stringify({ ...map, mappings });
  } catch {
    return json;
  }
}

function linesOf(code: string, insertions: readonly TextInsertion[]): Map<number, Insertion[]> {
  const byLine = new Map<number, Insertion[]>();
  const ends = code.matchAll(LINE_END);
  let end = ends.next().value;
  let line = 0;
  let lineAt = 0;
  for (const { at, text } of insertions) {
    for (; end !== undefined && end.index < at; end = ends.next().value) {
      line++;
      lineAt = end.index + end[0].length;
    }
    const known = byLine.get(line);
    const insertion = { column: at - lineAt, length: text.length };
    if (known === undefined) byLine.set(line, [insertion]);
    else known.push(insertion);
  }
  return byLine;
}

/** Null: it is no fault of the script's. */
function refusalOf(error: unknown, code: string): AttributionRefusal | null {
  if (error instanceof UnattributableError) return placed(error.message, code, error.at);
  // acorn's reader recurses
  if (error instanceof RangeError) return placed("The bundle is nested too deeply", code, 0);
  if (!(error instanceof SyntaxError) || !("pos" in error)) return null;
  const reason = error.message.replace(/ \(\d+:\d+\)$/, "");
  return placed(`Cannot read the bundle: ${reason}`, code, Number(error.pos));
}

function placed(text: string, code: string, at: number): AttributionRefusal {
  const { line, column } = getLineInfo(code, at);
  return { text, line, column: column + 1 };
}
