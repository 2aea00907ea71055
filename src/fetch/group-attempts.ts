// The peers of one of the tenant's own groups, as one hop of a fetch tries them.

import type { SluiceError } from "../base/errors.ts";
import { type AttemptResult, type Member, resultOf } from "../upstream/group/member.ts";
import type { UpstreamGroup } from "../upstream/groups.ts";
import type { Peer } from "../upstream/transport.ts";

export class GroupAttempts {
  readonly #group: UpstreamGroup;
  /** Null: none. */
  #tried: Set<string> | null = null;
  /** At which an attempt is under way. */
  #member: Member | null = null;
  #startMs = 0;

  constructor(group: UpstreamGroup) {
    this.#group = group;
  }

  /** An attempt at it has begun. Null: every one was tried, or has no room. */
  next(): Peer | null {
    this.over();
    this.#member = this.#group.next(this.#tried ?? NONE);
    this.#startMs = this.#member?.startMs() ?? 0;
    return this.#member?.peer ?? null;
  }

  connected(): void {
    if (this.#member !== null) this.#group.connected(this.#member);
  }

  answered(status: number): void {
    this.#tell(resultOf(status));
  }

  /** The peer has failed, or its connection has, or we have: the error says which. */
  failed({ kind, code }: SluiceError): void {
    if (kind.blame === "upstream" && code !== "upstream_leaving") this.#tell("failed");
  }

  #tell(result: AttemptResult): void {
    this.#member?.tell(result, this.#startMs);
  }

  /** The attempt is over. Idempotent. */
  over(): void {
    this.#member?.leave();
    this.#member = null;
  }

  /** It could not be connected to. True: there is another. */
  connectFailed(error: SluiceError): boolean {
    const member = this.#member;
    if (member === null || error.kind.blame !== "upstream") return false;
    this.failed(error);
    this.#group.connectFailed(member);
    const tried = this.#tried ?? new Set();
    this.#tried = tried.add(member.peer.key);
    this.over();
    return this.#group.peers.some(({ key }) => !tried.has(key));
  }
}

const NONE: ReadonlySet<string> = new Set();
