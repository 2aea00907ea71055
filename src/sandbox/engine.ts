// The one file that knows isolated-vm: an isolate with our runtime and one script in it, entered
// through three functions; and the watchdog's isolate. No object of the library is ever given to a
// script, and nothing but strings, numbers and plain buffers comes out.

import { createRequire } from "node:module";
import ivm from "isolated-vm";
import { runtimeLimits } from "../base/config/tenant-limits.ts";
import { CONTROL, sharedBytes, type Windows, windowsOf } from "../wire/control.ts";
import type { FrameWriter } from "../wire/frame.ts";
import { WINDOW_WORDS } from "../wire/records.ts";
import { assertEngine } from "./engine-version.ts";
import { FrameFault } from "./frame-text.ts";
import { guarded } from "./guarded-script.ts";
import { HeldSlots } from "./held-slots.ts";
import type { IsolateOptions } from "./isolate-options.ts";
import { LegacyDecoders } from "./legacy-decoders.ts";
import { type LoadResult, readLoad } from "./load-result.ts";
import { processorMs } from "./processor-ms.ts";
import type { ScriptValues } from "./values.ts";

const engine: { version?: unknown } = createRequire(import.meta.url)("isolated-vm/package.json");
assertEngine(String(engine.version));

export interface IsolateSize {
  /** What its objects take, ArrayBuffers included. */
  readonly usedBytes: number;
  /** What it has of the process's memory, its text and windows included. */
  readonly heldBytes: number;
}

/** Name of the script in stack traces; the source map starts from it. */
export const SCRIPT_NAME = "script.js";
export const RUNTIME_NAME = "sluice:runtime";

/** Of its limit: fresh ones hold a few MB. */
const STARVED_SHARE = 0.25;

type EntryName = "turn" | "take" | "bytes" | "setValues" | "load";
type Entry = ivm.Reference<(...args: never[]) => unknown>;

/** Of this thread. */
let alive = 0;

/** How many isolates of scripts this thread has that were not disposed of. */
export const isolatesAlive = (): number => alive;

export class ScriptIsolate {
  readonly shared = new SharedArrayBuffer(sharedBytes(WINDOW_WORDS));
  readonly windows: Windows = windowsOf(this.shared, WINDOW_WORDS);
  readonly loaded: LoadResult;
  /** Wakes whoever watches over the time that calls take. */
  rouse: () => void = () => {};
  readonly #isolate: ivm.Isolate;
  readonly #memoryBytes: number;
  readonly #slots: HeldSlots;
  readonly #turn: Entry;
  readonly #take: Entry;
  readonly #bytes: Entry;
  readonly #setValues: Entry;
  /** Of the flags and secrets that it has; -1: none yet. */
  #valuesRevision = -1;
  #isOver = false;

  /** Throws what the library throws if the isolate cannot even start (memory, time). */
  constructor(options: IsolateOptions) {
    this.#memoryBytes = options.memoryMiB * 1_048_576;
    this.#isolate = new ivm.Isolate({ memoryLimit: options.memoryMiB });
    this.#slots = new HeldSlots(options);
    alive += 1;
    try {
      const { turn, take, bytes, setValues, load } = this.#begin(options);
      this.#turn = turn;
      this.#take = take;
      this.#bytes = bytes;
      this.#setValues = setValues;
      const { startupMs } = options;
      this.loaded = readLoad(asText(load.applySync(undefined, [], { timeout: startupMs })));
    } catch (thrown) {
      this.dispose();
      throw thrown;
    }
  }

  /** Runs our runtime, and the top level of the script. */
  #begin(options: IsolateOptions): Readonly<Record<EntryName, Entry>> {
    const context = this.#isolate.createContextSync();
    const run = (code: string, filename: string): void => {
      const script = this.#isolate.compileScriptSync(code, { filename });
      script.runSync(context, { timeout: options.startupMs });
    };
    context.global.setSync("__sluicePort", this.#port(options), { copy: true });
    run(options.runtime.kernel, RUNTIME_NAME);
    if (options.script.usesUrl) run(options.runtime.url, RUNTIME_NAME);
    const trampoline = context.global.getSync("__sluiceTrampoline", { reference: true });
    context.global.deleteSync("__sluiceTrampoline");
    const entry = (name: EntryName): Entry => trampoline.getSync(name, { reference: true });
    const entries = {
      turn: entry("turn"),
      take: entry("take"),
      bytes: entry("bytes"),
      setValues: entry("setValues"),
      load: entry("load"),
    };
    run(guarded(options.script.code), SCRIPT_NAME);
    return entries;
  }

  #port(options: IsolateOptions): object {
    const share = (buffer: SharedArrayBuffer): unknown => new ivm.ExternalCopy(buffer).copyInto();
    const decoders = new LegacyDecoders();
    return {
      shared: share(this.shared),
      counters: share(options.counters),
      processorMs: new ivm.Callback(processorMs),
      slotOf: new ivm.Callback(this.#slots.of),
      encodingOf: new ivm.Callback(decoders.encodingOf),
      decode: new ivm.Callback(decoders.decode),
      settings: JSON.stringify({ env: options.env, limits: runtimeLimits(options.limits) }),
    };
  }

  /** Before a turn: it has these flags and secrets from now on. */
  freshen({ revision, text }: ScriptValues): void {
    if (revision === this.#valuesRevision) return;
    try {
      this.#setValues.applySync(undefined, [text] as never[]);
      this.#valuesRevision = revision;
    } catch {
      // it is gone: the turn that follows finds that out, and knows what to do
    }
  }

  /** Enters with a frame whose records are in the inbox. Returns the text that comes out. */
  turn(frame: FrameWriter, nowMs: number, seed: number): string {
    const args: unknown[] = [frame.text, nowMs, seed];
    if (frame.bytes.length > 0) args.push(handOver(frame.bytes));
    return asText(this.#turn.applySync(undefined, args as never[]));
  }

  /** Goes on with the turn; `again`: the last crossing threw, give what it would have returned. */
  take(again: boolean): string {
    return asText(this.#take.applySync(undefined, [again ? 1 : 0] as never[]));
  }

  /** The byte section of what came out last. */
  bytes(): Buffer {
    const length = this.windows.control[CONTROL.OUT_BYTES] ?? 0;
    if (length === 0) return EMPTY;
    const out: unknown = this.#bytes.applySync(undefined, [], { result: { copy: true } });
    // a SharedArrayBuffer would stay shared with the script: it could change after the checks
    if (!(out instanceof ArrayBuffer))
      throw new FrameFault("a byte section that is no ArrayBuffer");
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
    this.#slots.release();
  }

  /** The library's handle, for the watchdog alone. */
  handle(): ivm.Isolate {
    return this.#isolate;
  }
}

const EMPTY = Buffer.alloc(0);

/** The byte section in one buffer that the isolate then owns: 20 µs for 64 KB. */
function handOver(parts: readonly Uint8Array[]): unknown {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  const copy = new ivm.ExternalCopy(whole.buffer, { transferOut: true });
  return copy.copyInto({ release: true, transferIn: true });
}

function asText(value: unknown): string {
  if (typeof value !== "string") throw new FrameFault("a text section that is no string");
  return value;
}

/** An isolate in the library's thread pool whose loop watches the others (watchdog.ts). */
export class WatcherIsolate {
  readonly #isolate = new ivm.Isolate({ memoryLimit: 16 });
  readonly #add: Entry;
  readonly #loop: Entry;

  /**
   * `code` evaluates to { add(handle, control, budgetMs), loop(round) }; it finds the shared
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

  add(watched: ScriptIsolate, budgetMs: number): void {
    const shared = new ivm.ExternalCopy(watched.shared).copyInto();
    this.#add.applyIgnored(undefined, [watched.handle(), shared, budgetMs] as never[]);
  }

  /** Resolves when it has ended. */
  async loop(round: number): Promise<void> {
    await this.#loop.apply(undefined, [round] as never[]);
  }

  dispose(): void {
    if (!this.#isolate.isDisposed) this.#isolate.dispose();
  }
}
