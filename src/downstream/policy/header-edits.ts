// Header edits that the configuration asks for: names to leave out, lines to put in.

import type { HeaderEditsConfig } from "../../base/config/policy/types.ts";
import { appendField, eachField, removeMatching, setField } from "../../wire/headers.ts";
import { foldedName } from "../../wire/lookalikes.ts";

export class HeaderEdits {
  /** Names that go, as `foldedName` has them; those that are set are among them. */
  readonly names: ReadonlySet<string>;
  readonly #lines: string;

  /** Later edits of a name replace earlier ones. */
  constructor(edits: readonly HeaderEditsConfig[]) {
    const last = new Map<string, readonly [name: string, value: string] | null>();
    for (const { set, remove } of edits) {
      for (const name of remove) last.set(name.toLowerCase(), null);
      for (const [name, value] of Object.entries(set)) last.set(name.toLowerCase(), [name, value]);
    }
    this.names = new Set([...last.keys()].map(foldedName));
    let lines = "";
    for (const line of last.values()) if (line !== null) lines = appendField(lines, ...line);
    this.#lines = lines;
  }

  /** Names go in every spelling that some origin takes for them. */
  apply(block: string): string {
    return removeMatching(block, (name) => this.names.has(foldedName(name))) + this.#lines;
  }
}

/** Null: there are none. */
export function toHeaderEdits(edits: readonly HeaderEditsConfig[]): HeaderEdits | null {
  const isEmpty = edits.every(({ set, remove }) => Object.keys(set).length + remove.length === 0);
  return isEmpty ? null : new HeaderEdits(edits);
}

/** `block` with the lines of `own`, each in place of those of its name. */
export function withOwnLines(block: string, own: string): string {
  let whole = block;
  eachField(own, (name, value) => {
    whole = setField(whole, name, value);
  });
  return whole;
}
