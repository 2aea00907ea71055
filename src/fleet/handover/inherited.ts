// What a process finds when it starts: listening sockets that are open already, handed over by its
// predecessor or passed by systemd (LISTEN_FDS).

import { closeSync } from "node:fs";
import type { Address } from "../../base/config/address.ts";
import type { Config } from "../../base/config/types.ts";
import type { Revision } from "../../control/store/records.ts";
import type { Logger } from "../../observe/log.ts";
import type { CounterValue } from "../../state/counters.ts";
import type { LimitsOfTenant } from "../../state/limit-tables.ts";
import { MemoryCaches } from "../../state/memory-caches.ts";
import type { GroupNews } from "../../upstream/control/group-news.ts";
import type { FromSuccessor, InheritedSocket, ToSuccessor } from "./handover-messages.ts";
import { systemdSockets } from "./systemd.ts";

/** In the environment of a successor: the pid of the process it succeeds. */
export const SUCCEEDS = "SLUICE_SUCCEEDS";

/** A listener of the configuration, and descriptors for it that were there before us. */
export interface ListenerSockets {
  readonly at: Address;
  readonly descriptors: readonly number[];
}

export class Inheritance {
  /** Null: started by nobody of ours. */
  readonly predecessor: number | null;
  readonly counters: readonly CounterValue[];
  readonly limits: readonly LimitsOfTenant[];
  /** What limits of all proxies are told under; null: there is no predecessor. */
  readonly run: string | null;
  readonly groups: readonly GroupNews[];
  /** Of the store, which the predecessor serves; null: there is none. */
  readonly revision: Revision | null;
  /** With what the predecessor has told of it, and tells. */
  readonly caches: MemoryCaches;
  readonly #words: Words;
  readonly #sockets: readonly InheritedSocket[];
  readonly #taken = new Set<number>();

  private constructor(sockets: readonly InheritedSocket[], from: Predecessor | null) {
    this.#sockets = sockets;
    this.predecessor = from?.pid ?? null;
    this.counters = from?.inherit.counters ?? [];
    this.limits = from?.inherit.limits ?? [];
    // a predecessor of an older release does not say
    this.run = from?.inherit.run ?? null;
    this.groups = from?.inherit.groups ?? [];
    // one of an earlier release does not say
    this.revision = from?.inherit.revision ?? null;
    this.caches = from?.caches ?? new MemoryCaches();
    this.#words = from?.words ?? NO_PREDECESSOR;
  }

  /** Waits for what the predecessor has to say, if there is one. */
  static async receive(): Promise<Inheritance> {
    const pid = Number(process.env[SUCCEEDS] ?? 0);
    delete process.env[SUCCEEDS];
    if (pid === 0 || process.send === undefined) {
      return new Inheritance(systemdSockets(process.env, process.pid), null);
    }
    const { promise, resolve } = Promise.withResolvers<Inherit>();
    const caches = new MemoryCaches();
    const words = hear(resolve, caches);
    const inherit = await promise;
    return new Inheritance([...inherit.listeners, inherit.admin], { pid, inherit, caches, words });
  }

  /** Resolves when no request begins at the predecessor any more; at once if there is none. */
  get closed(): Promise<void> {
    return this.#words.closed;
  }

  /** Resolves if the predecessor was told to end before it had handed over. */
  get givenUp(): Promise<void> {
    return this.#words.givenUp;
  }

  /** Resolves when the predecessor has nothing more to say; at once if there is none. */
  get released(): Promise<void> {
    return this.#words.released;
  }

  /** The listeners of the configuration, each with the descriptors there are for it. */
  listeners(config: Config): ListenerSockets[] {
    return config.listeners.map((at) => this.#take(at));
  }

  /** Null: to be opened. */
  admin(config: Config): number | null {
    return this.#take(config.admin).descriptors[0] ?? null;
  }

  #take(at: Address): ListenerSockets {
    const socket = this.#sockets.find(
      ({ configured, descriptors }) =>
        configured === at.address && descriptors.every((fd) => !this.#taken.has(fd)),
    );
    if (socket === undefined) return { at, descriptors: [] };
    for (const fd of socket.descriptors) this.#taken.add(fd);
    return { at: socket.bound, descriptors: socket.descriptors };
  }

  /** Closes what nobody took: clients would wait in a queue that no one empties. */
  closeRest(logger: Logger): void {
    for (const { bound, descriptors } of this.#sockets) {
      const rest = descriptors.filter((fd) => !this.#taken.has(fd));
      if (rest.length === 0) continue;
      logger.warn({ listener: bound.address }, "an inherited socket is not configured: closed");
      for (const fd of rest) closeSync(fd);
    }
  }

  /** The predecessor may stop accepting now. */
  ready({ add, takeOver, over }: StillCounted): void {
    if (this.predecessor === null) return;
    void this.released.then(over);
    process.on("message", (message: ToSuccessor) => {
      if (message.type === "counters") add(message.deltas);
      if (message.type === "limits") takeOver(message.limits);
    });
    tell({ type: "ready" });
    process.channel?.unref();
  }

  failed(message: string): void {
    if (this.predecessor !== null) tell({ type: "failed", message });
  }
}

/** Gets what the predecessor still counts. */
export interface StillCounted {
  readonly add: (deltas: readonly CounterValue[]) => void;
  readonly takeOver: (limits: readonly LimitsOfTenant[]) => void;
  /** It says nothing more, however it has ended. */
  readonly over: () => void;
}

type Inherit = Extract<ToSuccessor, { readonly type: "inherit" }>;

interface Predecessor {
  readonly pid: number;
  readonly inherit: Inherit;
  readonly caches: MemoryCaches;
  readonly words: Words;
}

/** What is heard of the predecessor, from the first moment. */
type Words = Pick<Inheritance, "closed" | "givenUp" | "released">;

const NO_PREDECESSOR: Words = {
  closed: Promise.resolve(),
  givenUp: new Promise(() => {}),
  released: Promise.resolve(),
};

function hear(inherit: (message: Inherit) => void, caches: MemoryCaches): Words {
  const closed = Promise.withResolvers<void>();
  const givenUp = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  process.on("message", (message: ToSuccessor) => {
    if (message.type === "inherit") inherit(message);
    else if (message.type === "cache") caches.takeOver(message.news);
    else if (message.type === "closed") closed.resolve();
    else if (message.type === "given up") givenUp.resolve();
  });
  process.once("disconnect", () => {
    closed.resolve();
    released.resolve();
  });
  return { closed: closed.promise, givenUp: givenUp.promise, released: released.promise };
}

/** The predecessor may be gone already: then nobody needs to know. */
function tell(message: FromSuccessor): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
