// One worker thread as the main thread sees it: started, asked, watched, ended.

import { Worker } from "node:worker_threads";
import { entryUrl } from "../../../base/entry.ts";
import { within } from "../../../base/within.ts";
import { LogWindow } from "../../../observe/log-window.ts";
import { ProcessorSampler, threadIn, usedMsOf } from "../../../sandbox/processor-sampler.ts";
import { endCalls, PROCESSOR_BYTES, WATCH_BYTES } from "../../../sandbox/watch-loop.ts";
import type { CellEnds, CellLoad, CellOrder } from "../../shared/cell-messages.ts";
import { PULSE, PULSE_BYTES } from "../../shared/heartbeat.ts";
import type {
  FromWorker,
  Generation,
  Listening,
  ListenSpec,
  LookRequest,
  ToWorker,
  WorkerInit,
  WorkerReply,
  WorkerRequest,
} from "../../shared/messages.ts";
import { changeOf, SERVES_NOTHING } from "../../shared/specs.ts";
import { cachePort } from "./cache-server.ts";
import { LastCounted, LOOK_MS } from "./last-counted.ts";
import { Silence } from "./silence.ts";
import type { ThreadOutput } from "./thread-output.ts";
import type { HookMasks, SlotThread } from "./worker-slot.ts";

/**
 * How long a thread has to end by itself: it closes what is open, which takes milliseconds, or
 * seconds where the machine has no time for it.
 */
const END_MS = 5_000;
/** The same from outside: what is stuck in a native loop does not end at all. */
const TERMINATE_MS = 2_000;

type Own = "index" | "caches" | "logWindow" | "pulse" | "processor" | "watch";
export type ThreadInit = Omit<WorkerInit, Own>;

interface Waiting {
  readonly resolve: (reply: WorkerReply) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerThread implements SlotThread {
  readonly index: number;
  /** Resolves with the reason when the thread is gone. */
  readonly ended: Promise<string>;
  readonly #worker: Worker;
  readonly #pulseBuffer = new SharedArrayBuffer(PULSE_BYTES);
  readonly #pulse = new Int32Array(this.#pulseBuffer);
  readonly #processor = new SharedArrayBuffer(PROCESSOR_BYTES);
  readonly #watch = new SharedArrayBuffer(WATCH_BYTES);
  readonly #sampler = new ProcessorSampler(this.#processor);
  /** Of its heart. */
  readonly silence = new Silence({
    beat: () => Atomics.load(this.#pulse, PULSE.BEAT),
    usedMs: () => usedMsOf(threadIn(this.#processor)),
    nowMs: () => performance.now(),
  });
  /** What it has counted, as it says itself. */
  readonly counted = new LastCounted(() => this.#ask({ type: "count" }));
  readonly #window = new LogWindow();
  readonly #output: ThreadOutput;
  readonly #waiting = new Map<number, Waiting>();
  #listening: readonly Listening[] = [];
  /** What the worker has, as far as it was told. */
  #serving = SERVES_NOTHING;
  #sent = 0;
  #reason = "it exited";
  #gone: Error | null = null;

  constructor(index: number, init: ThreadInit, output: ThreadOutput) {
    this.index = index;
    this.#output = output;
    const caches = cachePort(output.caches);
    const own = { index, caches, logWindow: this.#window.shared, pulse: this.#pulseBuffer };
    const watched = { processor: this.#processor, watch: this.#watch };
    const workerData: WorkerInit = { ...init, ...own, ...watched };
    const options = { workerData, transferList: [caches] };
    this.#worker = new Worker(entryUrl("fleet/worker/worker-entry"), options);
    this.#worker.on("message", (message: FromWorker) => this.#receive(message));
    this.ended = new Promise((resolve) => {
      this.#worker.on("error", (error: Error) => {
        this.#reason = error.stack ?? error.message;
      });
      this.#worker.on("exit", () => {
        this.#sampler.stop();
        this.#fail();
        resolve(this.#reason);
      });
    });
  }

  /** Where it listens, in the order of the configuration. */
  get listening(): readonly Listening[] {
    return this.#listening;
  }

  /** It has ended, or is about to: nothing is to be expected of it any more. */
  get isGone(): boolean {
    return this.#gone !== null;
  }

  async prepare(generation: Generation, cells: readonly CellLoad[]): Promise<HookMasks> {
    const change = { ...changeOf(this.#serving, generation), cells };
    const reply = await this.#ask({ type: "prepare", change });
    return reply.type === "prepared" ? reply.hooks : new Map();
  }

  async commit(generation: Generation): Promise<void> {
    await this.#ask({ type: "commit", number: generation.number });
    this.#serving = generation;
  }

  async abandon(number: number): Promise<void> {
    await this.#ask({ type: "abandon", number });
  }

  async listen(listeners: readonly ListenSpec[]): Promise<readonly Listening[]> {
    const reply = await this.#ask({ type: "listen", listeners });
    if (reply.type === "listening") this.#listening = reply.listening;
    return this.#listening;
  }

  /** About cells. Rejects if the thread is gone. */
  async obey(order: CellOrder): Promise<CellEnds | null> {
    const reply = await this.#ask({ type: "cells", order });
    return reply.type === "cells" ? reply.ends : null;
  }

  /** Null: it did not reply in time. */
  async look(request: LookRequest): Promise<WorkerReply | null> {
    const asked = this.#ask(request).catch(() => null);
    return await within(LOOK_MS, asked);
  }

  /** Resolves when it knows; a worker that has ended need not. */
  async tell(news: WorkerRequest): Promise<void> {
    await this.#ask(news).catch(() => undefined);
  }

  /** Resolves when no request begins there any more, or it is gone. */
  async close(graceMs: number, closesTunnels: boolean): Promise<void> {
    await this.#ask({ type: "close", graceMs, closesTunnels }).catch(() => undefined);
  }

  /** After `close`. Resolves when its last exchange is over, or it is gone. */
  async drain(): Promise<void> {
    await this.#ask({ type: "drain" }).catch(() => undefined);
  }

  /** It is stuck: what it was asked it was asked in vain, and what it will be. */
  giveUp(): void {
    this.#reason = "it is stuck";
    this.#fail();
  }

  async closeTunnels(): Promise<void> {
    await this.#ask({ type: "close tunnels" }).catch(() => undefined);
  }

  /**
   * It is asked, and ends by itself. `terminate` takes memory away under what still runs for it in
   * other threads, so it is for one that does not reply. False: not even that has ended it.
   */
  async end(): Promise<boolean> {
    endCalls(this.#watch);
    void this.#ask({ type: "end" }).catch(() => undefined);
    return await this.#endsInTime();
  }

  async #endsInTime(): Promise<boolean> {
    if ((await within(END_MS, this.ended)) !== null) return true;
    const worker = this.index;
    this.#output.logger.warn({ worker }, "a worker did not end by itself: it is terminated");
    void this.#worker.terminate();
    return (await within(TERMINATE_MS, this.ended)) !== null;
  }

  /** Of a script whose top level it runs; 0: of none. */
  startMs(): number {
    return Atomics.load(this.#pulse, PULSE.START_MS);
  }

  tenantIndex(): number {
    return Atomics.load(this.#pulse, PULSE.TENANT) - 1;
  }

  #ask(request: WorkerRequest): Promise<WorkerReply> {
    const number = ++this.#sent;
    return new Promise((resolve, reject) => {
      if (this.#gone !== null) return reject(this.#gone);
      this.#waiting.set(number, { resolve, reject });
      const message: ToWorker = { number, request };
      this.#worker.postMessage(message);
    });
  }

  #receive(message: FromWorker): void {
    if (message.type === "log") {
      this.#window.giveBack(message.text.length);
      this.#output.sink.write(message.text);
      return;
    }
    if (message.type === "cells") return this.#output.onCells(this.index, message.news);
    if (message.type === "health") return this.#output.onHealth(this.index, message.reports);
    if (message.type === "tail") return this.#output.onTail(message.news);
    if (message.type === "captured") return this.#output.onCaptured(message.news);
    if (message.type === "spans") return this.#output.onSpans(message.news);
    if (message.type === "counted") return this.counted.take(message.snapshot);
    if (message.type === "failing") {
      this.#reason = message.reason;
      this.#fail();
      void this.#endsInTime();
      return;
    }
    const waiting = this.#waiting.get(message.number);
    this.#waiting.delete(message.number);
    if (message.type === "reply") waiting?.resolve(message.reply);
    else waiting?.reject(new Error(message.message));
  }

  /** Nothing is to be expected of it any more. */
  #fail(): void {
    const error = new Error(`worker ${this.index} ended: ${this.#reason}`);
    this.#gone = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
