// Where the hooks of a script begin, for failures without a stack: what was ended from outside, for
// its time or its memory, cannot say where it was, and neither can V8.

import type { SourceLines, SourcePlace } from "../../control/sourcemap.ts";
import { HOOKS } from "../../wire/phases.ts";

/** What stands before the name of a method, a property or a function, as the bundler writes it. */
const BEFORE = /(?:^|[\n{},;])[ \t]{0,64}(?:async[ \t]+)?(?:function[ \t]+)?$/;
/** And what behind it: a call of one is none. */
const BEHIND = /^[ \t]{0,8}(?:[:=](?!=)|\([^()]{0,200}(?:\([^()]{0,99}\)[^()]{0,99}){0,4}\)\s?\{)/;
/** How much of the text around a name is looked at, … */
const AROUND_CHARS = 1_024;
/** … and how often a name is: a script may repeat it without end. */
const LOOKS_MAX = 64;

export class HookPlaces {
  readonly #source: SourceLines;
  /** In the bundle, from 1, by hook; the text itself is not kept. */
  readonly #places = new Map<string, readonly [line: number, column: number]>();

  constructor(code: string, source: SourceLines) {
    this.#source = source;
    const found = HOOKS.map((hook) => ({ hook, at: definitionOf(code, hook) }));
    let line = 1;
    let lineStart = 0;
    for (const { hook, at } of found.sort((one, two) => one.at - two.at)) {
      if (at === -1) continue;
      for (;;) {
        const end = code.indexOf("\n", lineStart);
        if (end === -1 || end >= at) break;
        line++;
        lineStart = end + 1;
      }
      this.#places.set(hook, [line, at - lineStart + 1]);
    }
  }

  /** In the author's files; null: it is not to be found. */
  of(hook: string): SourcePlace | null {
    const place = this.#places.get(hook);
    return place === undefined ? null : this.#source.locate(...place);
  }
}

/** The last one: the entry comes last in a bundle, and has the hooks that run. -1: none. */
function definitionOf(code: string, hook: string): number {
  let at = code.lastIndexOf(hook);
  for (let looks = 0; at !== -1 && looks < LOOKS_MAX; looks++) {
    const end = at + hook.length;
    const before = code.slice(Math.max(0, at - AROUND_CHARS), at);
    if (BEFORE.test(before) && BEHIND.test(code.slice(end, end + AROUND_CHARS))) return at;
    at = at === 0 ? -1 : code.lastIndexOf(hook, at - 1);
  }
  return -1;
}
