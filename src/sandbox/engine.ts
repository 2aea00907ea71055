// The one file that knows isolated-vm: an isolate with our runtime and one script in it, entered
// through three functions; and the watchdog's isolate. No object of the library is ever given to a
// script, and nothing but strings, numbers and plain buffers comes out.

import { createRequire } from "node:module";
import type Library from "isolated-vm";
import { CONTROL, KILLED, sharedBytes, type Windows, windowsOf } from "../wire/control.ts";
import type { FrameWriter } from "../wire/frame.ts";
import { WINDOW_WORDS } from "../wire/records.ts";
import { CompiledParts } from "./compiled-parts.ts";
import { loadedAlone } from "./engine-lock.ts";
import { assertEngine } from "./engine-version.ts";
import { extrasFor } from "./extras.ts";
import { asText, FrameFault } from "./frame-text.ts";
import { collectAtExit } from "./garbage-collector.ts";
import { guarded } from "./guarded-script.ts";
import { Holdings } from "./holdings.ts";
import { type HostValue, hostPort } from "./host-port.ts";
import type { IsolateOptions, IsolateSize } from "./isolate-options.ts";
import { type LoadResult, readLoad } from "./load-result.ts";
import { processorMs } from "./processor-ms.ts";
import { START_BUDGETS_MAX, startError } from "./start.ts";
import type { Timeout } from "./trace.ts";
import type { ScriptValues } from "./values.ts";
import { wholeBuffer } from "./whole-buffer.ts";

const loadPackage = createRequire(import.meta.url);
assertEngine(String(loadPackage("isolated-vm/package.json").version));
const ivm: typeof Library = loadedAlone(() => loadPackage("isolated-vm"));
collectAtExit();

/** Names in stack traces; the source map starts from the script's. */
const SCRIPT_NAME = "script.js";
const RUNTIME_NAME = "sluice:runtime";
/** Of its limit: fresh ones hold a few MB. */
const STARVED_SHARE = 0.25;

type Entry = Library.Reference<(...args: never[]) => unknown>;
type Entries = Readonly<Record<"turn" | "take" | "bytes" | "setValues" | "load", Entry>>;

let alive = 0;

/** How many isolates of scripts this thread has that were not disposed of. */
export const isolatesAlive = (): number => alive;

export class ScriptIsolate {
  readonly shared = new SharedArrayBuffer(sharedBytes(WINDOW_WORDS));
  readonly windows: Windows = windowsOf(this.shared, WINDOW_WORDS);
  readonly loaded: LoadResult;
  /** Of the processor, that its start took. */
  readonly startedMs: number;
  /** Wakes whoever watches over the time that calls take. */
  rouse: () => void = () => {};
  readonly #isolate: Library.Isolate;
  readonly #memoryBytes: number;
  readonly holdings: Holdings;
  readonly #entries: Entries;
  /** Of the flags and secrets that it has; -1: none yet. */
  #valuesRevision = -1;
  #isOver = false;

  /**
   * Throws LateStart, or what the library throws, if the isolate cannot even start. `watch` is told
   * before the script begins, and ends it after its time; null: the wall clock does.
   */
  constructor(options: IsolateOptions, watch: ((isolate: ScriptIsolate) => void) | null = null) {
    this.#memoryBytes = options.memoryMiB * 1_048_576;
    this.#isolate = new ivm.Isolate({ memoryLimit: options.memoryMiB });
    this.holdings = new Holdings(options);
    alive += 1;
    const budgets = watch === null ? 1 : START_BUDGETS_MAX;
    const wallMs = options.startupWallMs ?? budgets * options.startupMs;
    const startMs = processorMs();
    try {
      watch?.(this);
      this.#entries = this.#begin(options, wallMs);
      const { load } = this.#entries;
      this.loaded = readLoad(asText(load.applySync(undefined, [], { timeout: wallMs })));
      this.startedMs = processorMs() - startMs;
      this.#starting(0);
    } catch (thrown) {
      const isOverrun = this.windows.control[CONTROL.KILLED] === KILLED.OVERRUN;
      this.dispose();
      throw startError(thrown, isOverrun, processorMs() - startMs);
    }
  }

  /** Runs our runtime, and the top level of the script. */
  #begin(options: IsolateOptions, wallMs: number): Entries {
    const context = this.#isolate.createContextSync();
    // another thread may collect garbage at this moment (garbage-collector.ts)
    context.evalSync("globalThis.gc &&= undefined");
    context.global.setSync("__sluicePort", this.#port(options), { copy: true });
    const begin = (part: object, code: string): void => {
      const script = compiledParts.compile(part, (how) =>
        this.#isolate.compileScriptSync(code, { filename: RUNTIME_NAME, ...how }),
      );
      script.runSync(context, { timeout: wallMs });
    };
    begin(options.runtime, options.runtime.kernel);
    for (const extra of extrasFor(options)) begin(extra, extra.code);
    context.global.deleteSync("__sluiceShared");
    const trampoline = context.global.getSync("__sluiceTrampoline", { reference: true });
    context.global.deleteSync("__sluiceTrampoline");
    const entry = (name: keyof Entries): Entry => trampoline.getSync(name, { reference: true });
    const entries: Entries = {
      turn: entry("turn"),
      take: entry("take"),
      bytes: entry("bytes"),
      setValues: entry("setValues"),
      load: entry("load"),
    };
    this.#starting(1);
    const script = { filename: SCRIPT_NAME };
    const compiled = this.#isolate.compileScriptSync(guarded(options.script.code), script);
    compiled.runSync(context, { timeout: wallMs });
    return entries;
  }

  #starting(value: 0 | 1): void {
    Atomics.store(this.windows.control, CONTROL.STARTING, value);
    Atomics.store(this.windows.control, CONTROL.BUSY, value);
    if (value === 1) this.rouse();
  }

  #port(options: IsolateOptions): object {
    const given = hostPort(options, { shared: this.shared, ...this.holdings.given });
    return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, handIn(value)]));
  }

  /** Before a turn: it has these flags and secrets from now on. */
  freshen({ revision, text }: ScriptValues): void {
    if (revision === this.#valuesRevision) return;
    try {
      this.#entries.setValues.applySync(undefined, [text] as never[]);
      this.#valuesRevision = revision;
    } catch {
      // it is gone: the turn that follows finds that out, and knows what to do
    }
  }

  /** Enters with a frame whose records are in the inbox. Returns the text that comes out. */
  turn(frame: FrameWriter, nowMs: number, seed: Int32Array, bound?: Timeout): string {
    this.windows.control.set(seed, CONTROL.SEED);
    const args: unknown[] = [frame.text, nowMs];
    if (frame.bytes.length > 0) args.push(handOver(frame.bytes));
    return asText(this.#entries.turn.applySync(undefined, args as never[], bound));
  }

  /** Goes on with the turn; `again`: the last crossing threw, give what it would have returned. */
  take(again: boolean, bound?: Timeout): string {
    return asText(this.#entries.take.applySync(undefined, [again ? 1 : 0] as never[], bound));
  }

  /** The byte section of what came out last. */
  bytes(): Buffer {
    const length = this.windows.control[CONTROL.OUT_BYTES] ?? 0;
    if (length === 0) return EMPTY;
    const out: unknown = this.#entries.bytes.applySync(undefined, [], { result: { copy: true } });
    // a SharedArrayBuffer would stay shared with the script: it could change after the checks
    if (!(out instanceof ArrayBuffer)) throw new FrameFault("a byte section is no ArrayBuffer");
    return Buffer.from(out);
  }

  get isDisposed(): boolean {
    return this.#isolate.isDisposed;
  }

  size(): IsolateSize {
    if (this.#isolate.isDisposed) return { usedBytes: 0, heldBytes: 0 };
    const heap = this.#isolate.getHeapStatisticsSync();
    const { used_heap_size, total_physical_size, externally_allocated_size: outside } = heap;
    const heldBytes = total_physical_size + heap.malloced_memory + outside;
    return { usedBytes: used_heap_size + outside, heldBytes };
  }

  /**
   * Memory for a buffer could not be had, and it is the script that has it: in a fresh isolate
   * there would be more. One that asks for more than there can be has its error, and no more.
   */
  get isStarved(): boolean {
    return this.size().usedBytes >= this.#memoryBytes * STARVED_SHARE;
  }

  dispose(): void {
    if (!this.#isOver) alive -= 1;
    this.#isOver = true;
    try {
      this.#isolate.dispose();
    } catch {
      // it throws if the watchdog or the memory limit was there first
    }
    this.holdings.release();
  }

  /** The library's handle, for the watchdog alone. */
  handle(): Library.Isolate {
    return this.#isolate;
  }
}

const EMPTY = Buffer.alloc(0);
const compiledParts = new CompiledParts((value) => value instanceof ivm.ExternalCopy);

/** Memory is shared, a function is called back, text is copied. */
function handIn(value: HostValue): unknown {
  if (typeof value === "function") return new ivm.Callback(value);
  return typeof value === "string" ? value : new ivm.ExternalCopy(value).copyInto();
}

/** The byte section in one buffer that the isolate then owns: 20 µs for 64 KB. */
function handOver(parts: readonly Uint8Array[]): unknown {
  const copy = new ivm.ExternalCopy(wholeBuffer(parts), { transferOut: true });
  return copy.copyInto({ release: true, transferIn: true });
}

/** An isolate in the library's thread pool whose loop watches the others (watchdog.ts). */
export class WatcherIsolate {
  readonly #isolate = new ivm.Isolate({ memoryLimit: 16 });
  readonly #add: Entry;
  readonly #loop: Entry;

  /**
   * `code` evaluates to { add(handle, control, …budgets), loop(round) }; it finds the shared
   * buffers as globals of these names.
   */
  constructor(code: string, shared: Readonly<Record<string, SharedArrayBuffer>>) {
    const context = this.#isolate.createContextSync();
    for (const [name, buffer] of Object.entries(shared)) {
      context.global.setSync(name, new ivm.ExternalCopy(buffer).copyInto());
    }
    const entry = context.evalSync(code, { reference: true });
    this.#add = entry.getSync("add", { reference: true });
    this.#loop = entry.getSync("loop", { reference: true });
  }

  add(watched: ScriptIsolate, { hookMs, startupMs }: { hookMs: number; startupMs: number }): void {
    const shared = new ivm.ExternalCopy(watched.shared).copyInto();
    this.#add.applyIgnored(undefined, [watched.handle(), shared, hookMs, startupMs] as never[]);
  }

  /** Resolves when it has ended. */
  async loop(round: number): Promise<void> {
    await this.#loop.apply(undefined, [round] as never[]);
  }

  dispose(): void {
    if (!this.#isolate.isDisposed) this.#isolate.dispose();
  }
}
