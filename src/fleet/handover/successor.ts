// The process that takes over from this one. It has the same command line, starts from the files
// that are there now, and inherits our listening sockets. The sockets are never closed and opened
// again: closing one resets the connections that wait in its queue.

import { type ChildProcess, spawn } from "node:child_process";
import { LIMITS } from "../../base/limits.ts";
import { within } from "../../base/within.ts";
import type { CacheNews } from "../../state/cache-messages.ts";
import type { CounterValue } from "../../state/counters.ts";
import type { LimitsOfTenant } from "../../state/limit-tables.ts";
import type {
  FromSuccessor,
  HandoverPayload,
  InheritedSocket,
  ToSuccessor,
} from "./handover-messages.ts";
import { SUCCEEDS } from "./inherited.ts";

/** Standard input, output and error, and the channel; ours come after them. */
const FIRST_DESCRIPTOR = 4;

export class Successor {
  readonly pid: number;
  /** Resolves when it is gone. */
  readonly #ended: Promise<true>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.#ended = new Promise((resolve) => child.once("exit", () => resolve(true)));
  }

  /**
   * Resolves when it serves. Rejects, and it is gone, if it does not in time. Once aborted it ends,
   * whether it serves by then or not. `begun` may tell it what there is in memoryCache.
   */
  static async start(
    payload: HandoverPayload,
    signal: AbortSignal,
    begun: (tell: (news: CacheNews) => void) => void,
  ): Promise<Successor> {
    const descriptors: number[] = [];
    const moved = (socket: InheritedSocket): InheritedSocket => ({
      ...socket,
      descriptors: socket.descriptors.map((fd) => FIRST_DESCRIPTOR - 1 + descriptors.push(fd)),
    });
    const listeners = payload.listeners.map(moved);
    const admin = moved(payload.admin);
    const args = [...process.execArgv, ...process.argv.slice(1)];
    const child = spawn(process.execPath, args, {
      stdio: ["inherit", "inherit", "inherit", "ipc", ...descriptors],
      serialization: "advanced",
      env: { ...process.env, [SUCCEEDS]: String(process.pid) },
    });
    const successor = new Successor(child);
    const ready = readiness(child);
    signal.addEventListener("abort", () => successor.#tell({ type: "given up" }));
    successor.#tell({
      type: "inherit",
      listeners,
      admin,
      counters: payload.counters,
      limits: payload.limits,
      run: payload.run,
      groups: payload.groups,
      revision: payload.revision,
    });
    begun((news) => successor.#tell({ type: "cache", news }));
    try {
      await ready;
      return successor;
    } catch (thrown) {
      child.kill("SIGKILL");
      throw thrown;
    }
  }

  /** No request begins here any more. */
  closed(): void {
    this.#tell({ type: "closed" });
  }

  addCounters(deltas: readonly CounterValue[]): void {
    if (deltas.length > 0) this.#tell({ type: "counters", deltas });
  }

  takeLimits(limits: readonly LimitsOfTenant[]): void {
    if (limits.length > 0) this.#tell({ type: "limits", limits });
  }

  /** It is on its own now. Resolves when all that was told has left. */
  async release(): Promise<void> {
    if (this.#child.connected) {
      await new Promise<void>((resolve) => {
        const nothing: ToSuccessor = { type: "counters", deltas: [] };
        this.#child.send(nothing, () => resolve());
      });
      this.#child.disconnect();
    }
    this.#child.unref();
  }

  /** It was given up, and released: it ends by itself, or not in time. */
  async end(): Promise<void> {
    if ((await within(LIMITS.handoverMs, this.#ended)) === null) this.#child.kill("SIGKILL");
  }

  #tell(message: ToSuccessor): void {
    // it may be gone: what that means is decided elsewhere
    if (this.#child.connected) this.#child.send(message, () => {});
  }
}

function readiness(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = `it was not ready within ${LIMITS.handoverMs} ms`;
  const timer = setTimeout(() => reject(new Error(late)), LIMITS.handoverMs);
  child.on("message", (message: FromSuccessor) => {
    if (message.type === "ready") resolve();
    else reject(new Error(message.message));
  });
  child.on("error", reject);
  child.on("exit", (status, signal) => reject(new Error(`it ended with ${signal ?? status}`)));
  return promise.finally(() => clearTimeout(timer));
}
