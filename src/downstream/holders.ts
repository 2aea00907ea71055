// Counts who still uses a tenant in the state in which they began: its exchanges, and the tunnels
// that some become. A reload takes the tenant out of the routing at once, and its isolate only
// when nobody holds it.

import type { Member, MemberPlace } from "../upstream/group/member.ts";
import { Unread } from "./unread.ts";

/** What can be asked to come to its end: a tunnel. */
export interface Closable {
  close(): void;
  /** At once, whatever either side makes of it. */
  abort(): void;
}

export class Holders {
  /** What its clients have not taken yet. */
  readonly unread = new Unread();
  #count = 0;
  /** With whose peer they are; null: with one of no group. */
  readonly #tunnels = new Map<Closable, Member | null>();
  #onFree: (() => void) | null = null;

  get count(): number {
    return this.#count;
  }

  enter(): void {
    this.#count++;
  }

  leave(): void {
    this.#count--;
    if (this.#count === 0) this.#onFree?.();
  }

  /** `free` is called once nobody holds it any more; at once if nobody does. */
  whenFree(free: () => void): void {
    this.#onFree = free;
    if (this.#count === 0) free();
  }

  /** Until disposed of, the tunnel is one that `closeTunnels` ends. It is held by its exchange. */
  admit(tunnel: Closable, member: Member | null): Disposable {
    this.#tunnels.set(tunnel, member);
    return { [Symbol.dispose]: () => this.#tunnels.delete(tunnel) };
  }

  /** @param place  of a peer: those with it alone */
  closeTunnels(place?: MemberPlace): void {
    for (const [tunnel, member] of [...this.#tunnels]) {
      if (place === undefined || member?.isAt(place) === true) tunnel.close();
    }
  }

  abortTunnels(): void {
    for (const tunnel of [...this.#tunnels.keys()]) tunnel.abort();
  }
}
