// Flags and secrets on their way into a cell: a lane sends them ahead of a turn when the cell does
// not have its newest ones, and the cell keeps them by deployment, for isolates that it makes anew.

import { NO_VALUES, type ScriptValues } from "../values.ts";
import { BLANK, PIPE, type PipeMessage } from "./pipe.ts";

/** Which lane of which deployment. */
type Place = Pick<PipeMessage, "key" | "lane">;

/** In the worker, for one lane. */
export class ValuesSender {
  /** Revision that the cell has from this lane. */
  #sent = -1;

  /** The lane has another cell now. */
  forget(): void {
    this.#sent = -1;
  }

  /** Null: the cell has them. */
  message({ revision, text }: ScriptValues, { key, lane }: Place): PipeMessage | null {
    if (revision === this.#sent) return null;
    this.#sent = revision;
    return { ...BLANK, kind: PIPE.VALUES, key, lane, turn: revision, text };
  }
}

/** In the cell. */
export class CellValues {
  readonly #all = new Map<number, ScriptValues>();

  receive({ key, turn: revision, text }: PipeMessage): void {
    // several workers send them, each on a socket of its own: an older one may come later
    if (revision >= this.of(key).revision) this.#all.set(key, { revision, text });
  }

  of(key: number): ScriptValues {
    return this.#all.get(key) ?? NO_VALUES;
  }

  drop(key: number): void {
    this.#all.delete(key);
  }
}
