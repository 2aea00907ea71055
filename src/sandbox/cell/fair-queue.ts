// Decides whose turn is next in a cell that tenants share: of those that wait, the tenant that has
// used the processor least. A tenant that was idle starts level with the others, so nobody saves
// up time. After a long turn a tenant waits until the others have had as much.
//
//     used  a 40 ms  ▶ b is next: it waits for one piece of a's work, however much of that waits
//           b  3 ms    a goes on while b has nothing to do
//
// Nothing stops a piece of work in the middle. So who has taken more than its time at once, and is
// not alone, pauses for as long: whoever comes meanwhile finds the cell free.

interface Account<T> {
  usedMs: number;
  readonly waiting: T[];
  restUntilMs: number;
  /** When it last had something to do. */
  seenMs: number;
}

/** What a piece of work may take without a pause after it: a turn starts no call after that. */
const FREE_MS = 5;
/** A tenant that had something to do so lately is somebody to make room for. */
const RECENT_MS = 1_000;

export class FairQueue<T> {
  readonly #accounts = new Map<string, Account<T>>();
  readonly #waiting = new Set<Account<T>>();
  /** What whoever went last had used by then: where those begin that were idle. */
  #levelMs = 0;

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  add(tenant: string, work: T, nowMs: number): void {
    const account = this.#accountOf(tenant);
    account.seenMs = nowMs;
    if (account.waiting.length === 0) account.usedMs = Math.max(account.usedMs, this.#levelMs);
    account.waiting.push(work);
    this.#waiting.add(account);
  }

  /** Null: nobody waits, or who waits has to pause. */
  next(nowMs: number): T | null {
    let first: Account<T> | null = null;
    for (const account of this.#waiting) {
      if (account.restUntilMs > nowMs) continue;
      if (first === null || account.usedMs < first.usedMs) first = account;
    }
    if (first === null) return null;
    this.#levelMs = Math.max(this.#levelMs, first.usedMs);
    const work = first.waiting.shift() ?? null;
    if (first.waiting.length === 0) this.#waiting.delete(first);
    return work;
  }

  /** A piece of its work is done. */
  charge(tenant: string, usedMs: number, nowMs: number): void {
    const account = this.#accounts.get(tenant);
    if (account === undefined) return;
    account.usedMs += usedMs;
    account.seenMs = nowMs;
    const isLong = usedMs > FREE_MS;
    if (isLong && this.#hasOthers(account, nowMs)) account.restUntilMs = nowMs + usedMs - FREE_MS;
  }

  /** When the first of those that wait may go. */
  readyMs(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const { restUntilMs } of this.#waiting) first = Math.min(first, restUntilMs);
    return first;
  }

  drop(fits: (work: T) => boolean): void {
    for (const account of this.#waiting) {
      const kept = account.waiting.filter((work) => !fits(work));
      account.waiting.splice(0, account.waiting.length, ...kept);
      if (kept.length === 0) this.#waiting.delete(account);
    }
  }

  /** The tenant is gone, and so is what waits of it. */
  forget(tenant: string): void {
    const account = this.#accounts.get(tenant);
    if (account === undefined) return;
    this.#accounts.delete(tenant);
    this.#waiting.delete(account);
  }

  #accountOf(tenant: string): Account<T> {
    const known = this.#accounts.get(tenant);
    if (known !== undefined) return known;
    const made = { usedMs: 0, waiting: [], restUntilMs: 0, seenMs: 0 };
    this.#accounts.set(tenant, made);
    return made;
  }

  #hasOthers(own: Account<T>, nowMs: number): boolean {
    for (const account of this.#accounts.values()) {
      if (account === own) continue;
      if (account.waiting.length > 0 || nowMs - account.seenMs < RECENT_MS) return true;
    }
    return false;
  }
}
