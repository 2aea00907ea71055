// The iterator over a list that `entries`, `keys` and `values` of a web object return. It inherits
// from the realm's Iterator, so that `.map`, `.toArray` and the rest are there.

export class ListIterator<Item, Shown> extends Iterator<Shown, undefined, undefined> {
  readonly #items: readonly Item[];
  readonly #show: (item: Item) => Shown;
  #next = 0;

  constructor(items: readonly Item[], show: (item: Item) => Shown) {
    super();
    this.#items = items;
    this.#show = show;
  }

  override next(): IteratorResult<Shown, undefined> {
    const item = this.#items[this.#next++];
    if (item === undefined) return { done: true, value: undefined };
    return { done: false, value: this.#show(item) };
  }
}
