// The names of a tenant's limits, their rules, and how many isolates know each by its number: no
// other name gets the number until they are gone. Changes are made under the table's lock. Reading
// needs no lock: a name counts once its length is there, which is written last.

import { ALGORITHM, type LimitRule } from "../wire/limits/algorithms.ts";
import {
  LIMIT_HEAD,
  LIMIT_NAME_BYTES,
  LIMIT_NAMES_MAX,
  type LimitMemory,
  PARAMETER_WORDS,
} from "../wire/limits/layout.ts";
import { ruleOf } from "../wire/limits/slots.ts";
import { OVER_LIMIT } from "./counter-slots.ts";

export interface LimitNameParts {
  readonly names: Uint8Array;
  readonly holders: Int32Array;
}

export interface NameOwner {
  /** Whether requests under way still hold something of that number's limit. */
  isHeld(id: number): boolean;
  /** The number is another limit's from now on. */
  forget(id: number): void;
}

export class LimitNames {
  readonly #memory: LimitMemory;
  readonly #names: Buffer;
  readonly #holders: Int32Array;
  readonly #owner: NameOwner;

  constructor(memory: LimitMemory, { names, holders }: LimitNameParts, owner: NameOwner) {
    this.#memory = memory;
    this.#names = Buffer.from(names.buffer, names.byteOffset, names.length);
    this.#holders = holders;
    this.#owner = owner;
  }

  /** Numbers that have a name. */
  ids(): number[] {
    const ids = Array.from({ length: LIMIT_NAMES_MAX }, (_, i) => i + 1);
    return ids.filter((id) => this.of(id) !== "");
  }

  /** Empty: there is none of that number. */
  of(id: number): string {
    const at = (id - 1) * LIMIT_NAME_BYTES;
    return this.#names.toString("latin1", at + 1, at + 1 + (this.#names[at] ?? 0));
  }

  /** Of one that counts by time, and of one in flight: a script may have both of a name. */
  all(name: string): number[] {
    return this.ids().filter((id) => this.of(id) === name);
  }

  /** One isolate more knows the number, or one less. */
  hold(id: number, by: 1 | -1): void {
    this.#holders[id - 1] = (this.#holders[id - 1] ?? 0) + by;
  }

  /** Made if it is new; `OVER_LIMIT`: there are `most`. */
  idOf(name: string, rule: LimitRule, most: number): number {
    const known = this.#find(name, rule);
    if (known > 0) {
      this.#setRule(known, rule);
      return known;
    }
    const id = this.#free(Math.min(most, LIMIT_NAMES_MAX));
    if (id === 0) return OVER_LIMIT;
    this.#setRule(id, rule);
    const at = (id - 1) * LIMIT_NAME_BYTES;
    this.#memory.totals.fill(0n, 2 * (id - 1), 2 * id);
    this.#names.write(name, at + 1, "latin1");
    this.#names[at] = name.length;
    return id;
  }

  /** 0: there is none of that name and kind. */
  #find(name: string, rule: LimitRule): number {
    for (let id = 1; id <= LIMIT_NAMES_MAX; id++) {
      if (this.of(id) === name && isInFlight(ruleOf(this.#memory, id)) === isInFlight(rule)) {
        return id;
      }
    }
    return 0;
  }

  /** One without a name, or whose name no isolate has any more; 0: there is none. */
  #free(most: number): number {
    const ids = this.ids();
    if (ids.length < most) {
      for (let id = 1; id <= LIMIT_NAMES_MAX; id++) if (!ids.includes(id)) return id;
    }
    const { head } = this.#memory;
    // in turn: where a cell holds the names, no holder here tells those in use from others, and two
    // of them would take one number from each other for ever
    const last = head[LIMIT_HEAD.NUMBER] ?? 0;
    const inTurn = [...ids.filter((id) => id > last), ...ids.filter((id) => id <= last)];
    const idle = inTurn.find((id) => this.#holders[id - 1] === 0 && !this.#owner.isHeld(id));
    if (idle === undefined) return 0;
    head[LIMIT_HEAD.NUMBER] = idle;
    this.#names[(idle - 1) * LIMIT_NAME_BYTES] = 0;
    this.#owner.forget(idle);
    return idle;
  }

  #setRule(id: number, { algorithm, limit, windowMs, burst }: LimitRule): void {
    this.#memory.parameters.set([algorithm, limit, windowMs, burst], (id - 1) * PARAMETER_WORDS);
  }
}

export const isInFlight = ({ algorithm }: LimitRule): boolean => algorithm === ALGORITHM.inFlight;
