// AbortSignal of the DOM standard. A signal of `any` asks those that it was made of whether one is
// aborted, and they know of it only while somebody listens to it: a realm without weak references
// would keep every one that was ever made of a long-lived signal.

import { arrayPush, NativeSet, setAdd, setDelete, setForEach, setSize } from "../primordials.ts";
import { DOMException, logThrown } from "../shared.ts";
import { Event } from "./event.ts";
import { dispatch, EventTarget, hasListener, watcher } from "./event-target.ts";
import { deadline } from "./signal-deadline.ts";

type Handler = ((this: AbortSignal, event: Event) => unknown) | null;

/** What only the runtime can make one with. */
const KEY = {};
/** Which of two was aborted first. */
let lastAbort = 0;

/** For the runtime: doors to the private fields. */
export let makeSignal: () => AbortSignal;
export let abortSignal: (signal: AbortSignal, reason: unknown) => void;
export let isSignal: (value: unknown) => value is AbortSignal;
export let whenAborted: (signal: AbortSignal, run: () => void) => () => void;

export class AbortSignal extends EventTarget {
  /** 0: it is not. */
  #abortedAt = 0;
  #reason: unknown = undefined;
  /** Of a signal of `any`: signals that are none of `any` themselves. */
  #sources: readonly AbortSignal[] | null = null;
  /** Signals of `any` that are listened to. */
  readonly #dependents = new NativeSet<AbortSignal>();
  readonly #steps = new NativeSet<() => void>();
  #isWatching = false;
  #handler: Handler = null;

  static {
    makeSignal = () => new AbortSignal(KEY);
    abortSignal = (signal, reason) => signal.#abort(reason);
    isSignal = (value): value is AbortSignal =>
      typeof value === "object" && value !== null && #steps in value;
    whenAborted = (signal, run) => signal.#whenAborted(run);
    watcher.listenersChanged = (target) => {
      if (isSignal(target)) target.#watch();
    };
  }

  constructor(key: object) {
    if (key !== KEY) {
      throw new TypeError("Cannot make an AbortSignal: expected an AbortController, or any()");
    }
    super();
  }

  /** One that is aborted already. */
  static abort(reason: unknown = undefined): AbortSignal {
    const signal = makeSignal();
    signal.#abort(reason);
    return signal;
  }

  /** Aborted after so many milliseconds, unless the hook is over by then. */
  static timeout(delayMs: number): AbortSignal {
    const signal = makeSignal();
    deadline(delayMs, () => {
      signal.#abort(new DOMException("The time that it was given is over", "TimeoutError"));
    });
    return signal;
  }

  /** Aborted as soon as one of them is, for the same reason. */
  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const result = makeSignal();
    const sources = new NativeSet<AbortSignal>();
    for (const signal of signals) {
      if (!isSignal(signal)) throw new TypeError("AbortSignal.any: expected AbortSignals");
      if (signal.aborted && result.#abortedAt === 0) {
        result.#abortedAt = ++lastAbort;
        result.#reason = signal.reason;
      }
      const own = signal.#sources;
      if (own === null) setAdd(sources, signal);
      for (let i = 0; own !== null && i < own.length; i++) setAdd(sources, own[i] as AbortSignal);
    }
    const list: AbortSignal[] = [];
    setForEach(sources, (source) => arrayPush(list, source));
    result.#sources = list;
    return result;
  }

  get aborted(): boolean {
    return this.#isAborted();
  }

  get reason(): unknown {
    return this.#isAborted() ? this.#reason : undefined;
  }

  throwIfAborted(): void {
    if (this.#isAborted()) throw this.#reason;
  }

  get onabort(): Handler {
    return this.#handler;
  }

  set onabort(value: Handler) {
    const isHandler = typeof value === "function" || (typeof value === "object" && value !== null);
    if (isHandler && this.#handler === null) this.addEventListener("abort", this.#handled);
    if (!isHandler) this.removeEventListener("abort", this.#handled);
    this.#handler = isHandler ? value : null;
  }

  /** One listener for whatever the handler is by then. */
  readonly #handled = (event: Event): void => {
    const handler = this.#handler;
    if (typeof handler === "function" && handler.call(this, event) === false) {
      event.preventDefault();
    }
  };

  #isAborted(): boolean {
    if (this.#abortedAt !== 0 || this.#sources === null) return this.#abortedAt !== 0;
    let first: AbortSignal | null = null;
    for (let i = 0; i < this.#sources.length; i++) {
      const source = this.#sources[i] as AbortSignal;
      if (source.#abortedAt === 0) continue;
      if (first === null || source.#abortedAt < first.#abortedAt) first = source;
    }
    if (first === null) return false;
    this.#abortedAt = first.#abortedAt;
    this.#reason = first.#reason;
    return true;
  }

  #abort(reason: unknown): void {
    if (this.#isAborted()) return;
    this.#abortedAt = ++lastAbort;
    this.#reason = reason === undefined ? new DOMException("It was aborted", "AbortError") : reason;
    const dependents: AbortSignal[] = [];
    setForEach(this.#dependents, (dependent) => arrayPush(dependents, dependent));
    // all of them are aborted before anybody is told
    for (let i = 0; i < dependents.length; i++) (dependents[i] as AbortSignal).#isAborted();
    this.#tell();
    for (let i = 0; i < dependents.length; i++) (dependents[i] as AbortSignal).#tell();
  }

  #tell(): void {
    const steps: (() => void)[] = [];
    setForEach(this.#steps, (step) => arrayPush(steps, step));
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i];
      if (step === undefined || !setDelete(this.#steps, step)) continue;
      try {
        step();
      } catch (thrown) {
        logThrown(thrown);
      }
    }
    dispatch(this, new Event("abort"), true);
    this.#watch();
  }

  #whenAborted(run: () => void): () => void {
    if (this.#isAborted()) return () => {};
    const step = (): void => run();
    setAdd(this.#steps, step);
    this.#watch();
    return () => {
      setDelete(this.#steps, step);
      this.#watch();
    };
  }

  /** The sources of a signal of `any` know of it while there is somebody to tell. */
  #watch(): void {
    const sources = this.#sources;
    if (sources === null) return;
    const isWatched = setSize(this.#steps) > 0 || hasListener(this, "abort");
    const isWatching = isWatched && this.#abortedAt === 0;
    if (isWatching === this.#isWatching) return;
    this.#isWatching = isWatching;
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i] as AbortSignal;
      if (isWatching) setAdd(source.#dependents, this);
      else setDelete(source.#dependents, this);
    }
  }
}
