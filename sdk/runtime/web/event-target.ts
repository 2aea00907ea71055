// EventTarget of the DOM standard, where no object has a parent: listeners that capture come first,
// then the others. What a listener throws is logged, and the next one is called all the same.

import { arrayPush, reflectApply } from "../primordials.ts";
import { DOMException, logThrown, signalsOfScript } from "../shared.ts";
import { AT_TARGET, type Event, type Flight, flightIn } from "./event.ts";

export interface EventListenerObject {
  handleEvent(event: Event): void;
}

export type EventListener = ((event: Event) => void) | EventListenerObject;

export interface EventListenerOptions {
  capture?: boolean;
}

export interface AddEventListenerOptions extends EventListenerOptions {
  once?: boolean;
  passive?: boolean;
  /** Takes the listener away when it is aborted. */
  signal?: object;
}

interface Listener {
  readonly type: string;
  readonly callback: object;
  readonly capture: boolean;
  readonly once: boolean;
  readonly passive: boolean;
  isRemoved: boolean;
}

/** Listeners of one object: more are a mistake, and each dispatch goes through all. */
const LISTENERS_MAX = 10_000;

/** For the runtime: told when a listener has come or gone. */
export interface Watcher {
  listenersChanged: (target: EventTarget) => void;
}
export const watcher: Watcher = { listenersChanged: () => {} };

/** For the runtime: an event of the runtime's own, which is trusted. */
export let dispatch: (target: EventTarget, event: Event, isTrusted: boolean) => boolean;
/** For the runtime. */
export let hasListener: (target: EventTarget, type: string) => boolean;

export class EventTarget {
  #listeners: Listener[] = [];

  static {
    dispatch = (target, event, isTrusted) => target.#dispatch(event, isTrusted);
    hasListener = (target, type) => target.#find((listener) => listener.type === type) !== null;
  }

  addEventListener(
    type: string,
    callback: EventListener | null,
    options: AddEventListenerOptions | boolean = {},
  ): void {
    const { capture, once, passive, signal } = optionsOf(options);
    const signals = signalsOfScript();
    if (signal !== undefined && !signals?.isSignal(signal)) {
      throw new TypeError("Cannot add a listener: expected an AbortSignal as its signal");
    }
    if (signal !== undefined && signals?.isAborted(signal)) return;
    if (callback === null || callback === undefined) return;
    const object = checkedCallback(callback);
    const name = `${type}`;
    if (this.#findSame(name, object, capture) !== null) return;
    if (this.#listeners.length >= LISTENERS_MAX) {
      throw new RangeError(`Cannot add a listener: at most ${LISTENERS_MAX}`);
    }
    const listener = { type: name, callback: object, capture, once, passive, isRemoved: false };
    arrayPush(this.#listeners, listener);
    watcher.listenersChanged(this);
    if (signal !== undefined) signals?.whenAborted(signal, () => this.#remove(listener));
  }

  removeEventListener(
    type: string,
    callback: EventListener | null,
    options: EventListenerOptions | boolean = {},
  ): void {
    if (callback === null || callback === undefined) return;
    const { capture } = optionsOf(options);
    const listener = this.#findSame(`${type}`, checkedCallback(callback), capture);
    if (listener !== null) this.#remove(listener);
  }

  /** False: a listener has called `preventDefault`. */
  dispatchEvent(event: Event): boolean {
    const flight = flightIn(event);
    if (flight === null) throw new TypeError("Cannot dispatch: expected an Event");
    if (flight.isDispatched) {
      throw new DOMException("The event is being dispatched already", "InvalidStateError");
    }
    return this.#dispatch(event, false);
  }

  #dispatch(event: Event, isTrusted: boolean): boolean {
    const flight = flightIn(event);
    if (flight === null) return true;
    flight.isDispatched = true;
    flight.isTrusted = isTrusted;
    flight.target = this;
    flight.currentTarget = this;
    flight.phase = AT_TARGET;
    const { type } = event;
    if (!flight.isStopped) this.#call(event, flight, { type, capture: true });
    if (!flight.isStopped) this.#call(event, flight, { type, capture: false });
    flight.phase = 0;
    flight.currentTarget = null;
    flight.isDispatched = false;
    flight.isStopped = false;
    flight.isStoppedAtOnce = false;
    return !flight.isCanceled;
  }

  /** Those that are there now: one that is added meanwhile waits for the next event. */
  #call(event: Event, flight: Flight, about: { type: string; capture: boolean }): void {
    const listeners = this.#listeners;
    const { length } = listeners;
    for (let i = 0; i < length && !flight.isStoppedAtOnce; i++) {
      const listener = listeners[i];
      if (listener === undefined || listener.isRemoved) continue;
      if (listener.type !== about.type || listener.capture !== about.capture) continue;
      if (listener.once) this.#remove(listener);
      flight.isPassive = listener.passive;
      callListener(listener.callback, this, event);
      flight.isPassive = false;
    }
  }

  #findSame(type: string, callback: object, capture: boolean): Listener | null {
    return this.#find(
      (one) => one.type === type && one.callback === callback && one.capture === capture,
    );
  }

  #find(fits: (listener: Listener) => boolean): Listener | null {
    const listeners = this.#listeners;
    for (let i = 0; i < listeners.length; i++) {
      const listener = listeners[i];
      if (listener !== undefined && fits(listener)) return listener;
    }
    return null;
  }

  /** Into a new list: a dispatch may be in the middle of the old one. */
  #remove(listener: Listener): void {
    listener.isRemoved = true;
    const kept: Listener[] = [];
    for (let i = 0; i < this.#listeners.length; i++) {
      const one = this.#listeners[i];
      if (one !== undefined && one !== listener) arrayPush(kept, one);
    }
    this.#listeners = kept;
    watcher.listenersChanged(this);
  }
}

type Options = Required<Omit<AddEventListenerOptions, "signal">> & { signal: object | undefined };

function optionsOf(options: AddEventListenerOptions | boolean): Options {
  if (typeof options !== "object" || options === null) {
    return { capture: Boolean(options), once: false, passive: false, signal: undefined };
  }
  const { capture, once, passive, signal } = options;
  const flags = { capture: Boolean(capture), once: Boolean(once), passive: Boolean(passive) };
  return { ...flags, signal };
}

function checkedCallback(callback: unknown): object {
  if (typeof callback === "function") return callback;
  if (typeof callback === "object" && callback !== null) return callback;
  throw new TypeError("Cannot add a listener: expected a function, or an object with handleEvent");
}

function callListener(callback: object, target: object, event: Event): void {
  try {
    if (typeof callback === "function") {
      reflectApply(callback, target, [event]);
      return;
    }
    const handler = (callback as { readonly handleEvent?: unknown }).handleEvent;
    if (typeof handler !== "function") throw new TypeError("handleEvent is not a function");
    reflectApply(handler, callback, [event]);
  } catch (thrown) {
    logThrown(thrown);
  }
}
