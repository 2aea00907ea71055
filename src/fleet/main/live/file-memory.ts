// What a process that shares its store with others knows of its own file: what it brought live of
// it, and whether all that it says is stored. Another machine may be first, or the store may not
// answer: then it goes live here all the same, and is read once more with what is stored by now.

import { unless } from "../../../control/store/store-error.ts";

export class FileMemory {
  readonly #read = new Map<string, string>();
  #isOwed = false;

  /** What the file says is not stored yet. */
  get isOwed(): boolean {
    return this.#isOwed;
  }

  /** Hash of the script that was brought live last; null: none was. @param id  of the tenant */
  readBefore(id: string): string | null {
    return this.#read.get(id) ?? null;
  }

  wasRead(id: string, sha256: string): void {
    this.#read.set(id, sha256);
  }

  /** Null: it is late. @param isFile  it is all that the file says */
  async stored<T>(work: Promise<T>, isFile: boolean): Promise<T | null> {
    const made = await unlessLate(work.then((value) => ({ value })));
    this.#isOwed = made === null || (this.#isOwed && !isFile);
    return made?.value ?? null;
  }
}

/** Null: another machine was first, or the store does not answer. It is done later, if need be. */
export const unlessLate = <T>(work: Promise<T>): Promise<T | null> =>
  unless(work, ["conflict", "unreachable", "unconfirmed"]);
