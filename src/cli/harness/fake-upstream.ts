// The far side of a test: a transport whose connections end in the test's own functions. What it
// answers is written and read as HTTP/1.1, so that nothing reaches the proxy that no peer could
// send.

import type { Attempt, RunOptions, Target } from "../../../sdk/test.ts";
import { SluiceError } from "../../base/errors.ts";
import type { Borrower, Borrowing, Peer, Transport } from "../../upstream/transport.ts";
import { FakeConnection, type LiveAttempt } from "./fake-connection.ts";

export class FakeUpstream implements Transport {
  readonly attempts: LiveAttempt[] = [];
  /** What the test's own functions threw: the run rejects with the first. */
  readonly thrown: unknown[] = [];
  readonly #options: RunOptions;
  readonly #groupOf: (peer: Peer) => string | null;

  constructor(options: RunOptions, groupOf: (peer: Peer) => string | null) {
    this.#options = options;
    this.#groupOf = groupOf;
  }

  borrow(peer: Peer, borrower: Borrower): Borrowing {
    const { reused = false } = this.#options;
    return this.#begin(peer, borrower, typeof reused === "function" ? reused : () => reused);
  }

  open(peer: Peer, borrower: Borrower): Borrowing {
    return this.#begin(peer, borrower, () => false);
  }

  #begin(peer: Peer, borrower: Borrower, isReused: (target: Target) => boolean): Borrowing {
    const at = {
      group: this.#groupOf(peer),
      peer: peer.address,
      attempt: this.attempts.length + 1,
    };
    const attempt: LiveAttempt = { ...at, reused: false, failure: null, request: null };
    this.attempts.push(attempt);
    const timer = setImmediate(() => {
      if (this.#tell(attempt, isReused)) this.#connect(attempt, peer, borrower);
      else borrower.onConnectFailed(new SluiceError("internal", "the test's function threw"));
    });
    return { cancel: () => clearImmediate(timer) };
  }

  /** What the test says of it. False: it threw. */
  #tell(attempt: LiveAttempt, isReused: (target: Target) => boolean): boolean {
    try {
      const { connect } = this.#options;
      attempt.failure =
        (typeof connect === "function" ? connect(targetOf(attempt)) : connect) ?? null;
      attempt.reused = isReused(targetOf(attempt));
      return true;
    } catch (thrown) {
      this.thrown.push(thrown);
      return false;
    }
  }

  #connect(attempt: LiveAttempt, peer: Peer, borrower: Borrower): void {
    const { failure } = attempt;
    if (failure === null) borrower.onLent(new FakeConnection(this.#partsOf(attempt), peer));
    else borrower.onConnectFailed(new SluiceError(failure, `the test says ${failure}`));
  }

  #partsOf(attempt: LiveAttempt) {
    const { upstream = {} } = this.#options;
    return {
      attempt,
      answer: typeof upstream === "function" ? upstream : () => upstream,
      threw: (thrown: unknown) => void this.thrown.push(thrown),
    };
  }
}

const targetOf = ({ group, peer, attempt }: Attempt): Target => ({ group, peer, attempt });
