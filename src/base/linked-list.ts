// What stands in a list of which any member can leave at once. The members are the links: a list
// that is filled and emptied for ever makes no garbage.

export interface Link<T> {
  before: T | null;
  after: T | null;
}

export class LinkedList<T extends Link<T>> {
  #first: T | null = null;
  #last: T | null = null;

  get first(): T | null {
    return this.#first;
  }

  /** At the end. It is in no list. */
  add(one: T): void {
    one.before = this.#last;
    if (this.#last === null) this.#first = one;
    else this.#last.after = one;
    this.#last = one;
  }

  /** It is in this list. */
  remove(one: T): void {
    const { before, after } = one;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    one.before = null;
    one.after = null;
  }
}
