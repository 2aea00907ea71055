// Borrowers that wait for one connection in the making, since it will be able to lend to all of
// them: a burst of requests to a peer of HTTP/2 opens one connection, not one for each.

import type { SluiceError } from "../base/errors.ts";
import { HTTP2_LIMITS } from "../http2/limits.ts";
import type { Borrower, Borrowing, LentExchange, LoginKeeper, Peer } from "./transport.ts";

/** Opens connections, and lends what there is. */
export interface Lenders {
  borrow(peer: Peer, borrower: Borrower, logins: LoginKeeper | null): Borrowing;
  open(peer: Peer, borrower: Borrower, logins: LoginKeeper | null): Borrowing;
}

/** Those that wait for one connection. */
class Joint implements Borrower {
  readonly waiting = new Set<Waiter>();
  /** For whose peer it is made. */
  opener: Waiter | null = null;
  borrowing: Borrowing | null = null;
  readonly #over: () => void;

  constructor(over: () => void) {
    this.#over = over;
  }

  onLent(lent: LentExchange): void {
    this.#over();
    const all = [...this.waiting];
    this.waiting.clear();
    // the exchange has the times of who began; all others borrow one that has their own
    if (this.opener !== null && all[0]?.isAs(this.opener) === true) {
      all.shift()?.borrower.onLent(lent);
    } else lent.release();
    for (const waiter of all) waiter.borrow();
  }

  /** Nobody waits any more. */
  abandon(): void {
    this.#over();
    this.borrowing?.cancel();
  }

  onConnectFailed(error: SluiceError): void {
    this.#over();
    const all = [...this.waiting];
    this.waiting.clear();
    for (const waiter of all) waiter.fail(error);
  }
}

class Waiter implements Borrowing {
  readonly borrower: Borrower;
  readonly #lenders: Lenders;
  readonly #peer: Peer;
  readonly #logins: LoginKeeper | null;
  #joint: Joint | null;
  #own: Borrowing | null = null;
  #isOver = false;

  constructor(joint: Joint, lenders: Lenders, { peer, borrower, logins }: WaiterBegin) {
    this.#joint = joint;
    this.#lenders = lenders;
    this.#peer = peer;
    this.#logins = logins;
    this.borrower = borrower;
    joint.waiting.add(this);
  }

  /** The connection is there: an exchange of it, or of another if it has no room any more. */
  borrow(): void {
    this.#joint = null;
    if (this.#isOver) return;
    this.#own = this.#lenders.borrow(this.#peer, this.borrower, this.#logins);
  }

  /** What was lent to that one may as well have been lent to this one. */
  isAs(other: Waiter): boolean {
    return this === other || (this.#peer === other.#peer && this.#peer.proxy === null);
  }

  fail(error: SluiceError): void {
    this.#joint = null;
    if (!this.#isOver) this.borrower.onConnectFailed(error);
  }

  cancel(): void {
    this.#isOver = true;
    this.#own?.cancel();
    const joint = this.#joint;
    this.#joint = null;
    if (joint === null || !joint.waiting.delete(this) || joint.waiting.size > 0) return;
    joint.abandon();
  }
}

interface WaiterBegin {
  readonly peer: Peer;
  readonly borrower: Borrower;
  readonly logins: LoginKeeper | null;
}

export class Joined {
  readonly #lenders: Lenders;
  /** By the key of their peer, and how long they wait: when that is up, it is for all of them. */
  readonly #joints = new Map<string, Joint>();

  constructor(lenders: Lenders) {
    this.#lenders = lenders;
  }

  borrow(peer: Peer, borrower: Borrower, logins: LoginKeeper | null): Borrowing {
    const key = `${peer.key} ${peer.connectTimeoutMs}`;
    const there = this.#joints.get(key);
    const begin = { peer, borrower, logins };
    if (there !== undefined && there.waiting.size < HTTP2_LIMITS.streams) {
      return new Waiter(there, this.#lenders, begin);
    }
    const joint: Joint = new Joint(() => {
      if (this.#joints.get(key) === joint) this.#joints.delete(key);
    });
    this.#joints.set(key, joint);
    const waiter = new Waiter(joint, this.#lenders, begin);
    joint.opener = waiter;
    joint.borrowing = this.#lenders.open(peer, joint, logins);
    return waiter;
  }
}
