// What is under way, by its number. Places in an array and not a Map: a Map that is filled and
// emptied for ever moves to a new table every few hundred entries, and keeps what was under way at
// each move from the collector (sandbox/call-table.ts). Here nothing moves but in a table that
// grows. Both sides of the wall use this file.
//
// Each stands as near as can be behind its own place. Those of numbers that follow each other lie
// far apart: a thousand that stay would else be a row that all who come later go through.
//
//     ids 1 2 3 in 16 places:   · · · 2 · · · · · 1 · · · 3 · ·

const { imul } = Math;
const { parse } = JSON;

const PLACES_MIN = 16;
/** 32 bits less those of the places: what is left of a product then is a place. */
const SHIFT = 28;
/** 2 ** 32 divided by the golden ratio. */
const SPREAD = 0x9e37_79b1;

export class IdTable<T extends { readonly id: number }> {
  #places: (T | null)[] = empty(PLACES_MIN);
  #shift = SHIFT;
  #size = 0;
  readonly #seed: number;

  /** @param seed  a stranger who does not know it cannot tell which numbers share a place */
  constructor(seed = 0) {
    this.#seed = seed;
  }

  get size(): number {
    return this.#size;
  }

  /** Null: there is none of that number. */
  get(id: number): T | null {
    return this.#places[this.#placeOf(id)] ?? null;
  }

  /** It takes the place of one that has its number. */
  set(one: T): void {
    if ((this.#size + 1) * 2 > this.#places.length) this.#grow();
    const place = this.#placeOf(one.id);
    if (this.#places[place] === null) this.#size++;
    this.#places[place] = one;
  }

  /** Null: there was none. */
  delete(id: number): T | null {
    const places = this.#places;
    const place = this.#placeOf(id);
    const one = places[place] ?? null;
    if (one === null) return null;
    places[place] = null;
    this.#size--;
    this.#closeUp(place);
    return one;
  }

  /** `visit` adds and removes none. */
  forEach(visit: (one: T) => void): void {
    for (let place = 0; place < this.#places.length; place++) {
      const one = this.#places[place] ?? null;
      if (one !== null) visit(one);
    }
  }

  /** Its own place. */
  #ownOf(id: number): number {
    return imul(id ^ this.#seed, SPREAD) >>> this.#shift;
  }

  /** Where it is, or is to be. */
  #placeOf(id: number): number {
    const places = this.#places;
    const last = places.length - 1;
    for (let place = this.#ownOf(id); ; place = (place + 1) & last) {
      const one = places[place] ?? null;
      if (one === null || one.id === id) return place;
    }
  }

  /** Those behind an empty place move into it, unless they would stand before their own. */
  #closeUp(from: number): void {
    const places = this.#places;
    const last = places.length - 1;
    let gap = from;
    for (let place = (gap + 1) & last; ; place = (place + 1) & last) {
      const one = places[place] ?? null;
      if (one === null) return;
      const own = this.#ownOf(one.id);
      if (((place - own) & last) < ((place - gap) & last)) continue;
      places[gap] = one;
      places[place] = null;
      gap = place;
    }
  }

  #grow(): void {
    const before = this.#places;
    this.#places = empty(before.length * 2);
    this.#shift--;
    for (let place = 0; place < before.length; place++) {
      const one = before[place] ?? null;
      if (one !== null) this.#places[this.#placeOf(one.id)] = one;
    }
  }
}

/** As JSON, which defines what others would set: scripts may have setters for arrays' indexes. */
function empty<T>(count: number): (T | null)[] {
  let nulls = "null";
  for (let half = 1; half < count; half *= 2) nulls += `,${nulls}`;
  return parse(`[${nulls}]`);
}
