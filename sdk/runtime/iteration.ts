// Asynchronous iteration that remembers whose code waits for the next value: what `for await` and
// `yield*` of a script go through, and the generators and builtins that go on by themselves.

import { type Call, current } from "./current.ts";
import { leaveMicrotasks } from "./microtasks.ts";
import { objectDefineProperty, reflectApply, reflectGet, uncurry } from "./primordials.ts";
import { awaited, newPromise, whenDone } from "./promises.ts";
import { makeReady, Task } from "./ready.ts";
import { hide, isObject } from "./stand-in.ts";

type Result = Promise<IteratorResult<unknown>>;
type Step = (this: unknown, ...given: unknown[]) => Result;

type AnyIterable = AsyncIterable<unknown> | Iterable<unknown>;

const prototype: Record<"next" | "return" | "throw", Step> = Object.getPrototypeOf(
  Object.getPrototypeOf((async function* () {})()),
);
const { next, return: close, throw: raise } = prototype;
const { asyncIterator, iterator } = Symbol;
const toObject: (value: unknown) => object = Object;

/**
 * `for await (… of iterable)`, or `yield* iterable` of an async generator: what to go through. The
 * script's iterator is behind it, and what that gives is awaited as all is. The engine alone would
 * look into a result, and close an iterator one of whose promises is rejected, there and then.
 */
export function iterated(iterable: AnyIterable): AnyIterable;
export function iterated(iterable: unknown): unknown {
  leaveMicrotasks();
  // the engine says what is wrong with what has no iterator
  if (current() === null || iterable === null || iterable === undefined) return iterable;
  const object = toObject(iterable);
  const begin: unknown = reflectGet(object, asyncIterator) ?? null;
  if (typeof begin === "function") {
    return { [asyncIterator]: () => stepping(reflectApply(begin, iterable, []), awaited) };
  }
  const beginSync: unknown = begin === null ? reflectGet(object, iterator) : null;
  if (typeof beginSync !== "function") return iterable;
  return { [iterator]: () => stepping(reflectApply(beginSync, iterable, []), element) };
}

/** A step of a synchronous iterator, whose value the engine awaits. */
function element(result: unknown): unknown {
  if (!isObject(result)) return result;
  return { done: reflectGet(result, "done"), value: awaited(reflectGet(result, "value")) };
}

/** An iterator whose steps are those of `made`, each led through a function. */
function stepping(made: unknown, through: (result: unknown) => unknown): unknown {
  if (!isObject(made)) return made;
  const step = (name: string, method: unknown) => {
    return (...given: unknown[]): unknown => {
      if (typeof method !== "function")
        throw new TypeError(`The iterator's ${name} is no function`);
      return through(reflectApply(method, made, given));
    };
  };
  const optional = (name: string): unknown => {
    const method: unknown = reflectGet(made, name) ?? undefined;
    return method === undefined ? undefined : step(name, method);
  };
  return {
    next: step("next", reflectGet(made, "next")),
    get return() {
      return optional("return");
    },
    get throw() {
      return optional("throw");
    },
  };
}

interface Queued {
  readonly call: Call;
  readonly begin: () => void;
  next: Queued | null;
}

/** The steps of one generator that are asked for while another is under way. */
class Steps {
  isBusy = false;
  first: Queued | null = null;
  last: Queued | null = null;
}

const ofGenerators = new WeakMap<object, Steps>();
const stepsGet: (map: typeof ofGenerators, key: object) => Steps | undefined = uncurry(
  WeakMap.prototype.get,
);
const stepsSet: (map: typeof ofGenerators, key: object, steps: Steps) => unknown = uncurry(
  WeakMap.prototype.set,
);

/**
 * Each step of a generator runs in a slice of the call that asked for it. The engine alone would
 * run one that had to wait as a part of the one before it.
 */
function carried(take: Step): Step {
  return function step(this: unknown, ...given: unknown[]): Result {
    leaveMicrotasks();
    const call = current();
    if (call === null || !isObject(this)) return reflectApply(take, this, given);
    let steps = stepsGet(ofGenerators, this);
    if (steps === undefined) {
      steps = new Steps();
      stepsSet(ofGenerators, this, steps);
    }
    const { isBusy } = steps;
    const run = (): Result => under(steps, reflectApply(take, this, given));
    if (!isBusy) return run();
    return newPromise((resolve) => queue(steps, { call, begin: () => resolve(run()), next: null }));
  };
}

function under(steps: Steps, result: Result): Result {
  steps.isBusy = true;
  whenDone(result, () => over(steps));
  return result;
}

function queue(steps: Steps, step: Queued): void {
  if (steps.last === null) steps.first = step;
  else steps.last.next = step;
  steps.last = step;
}

function over(steps: Steps): void {
  steps.isBusy = false;
  const step = steps.first;
  if (step === null) return;
  steps.first = step.next;
  if (steps.first === null) steps.last = null;
  steps.isBusy = true;
  if (current() === step.call) step.begin();
  else makeReady(step.call, new Task(step.begin));
}

type Mapping = (this: unknown, value: unknown, index: number) => unknown;
type AnyList = Record<number, unknown> & { length: number };
type Items = AsyncIterable<unknown> & ArrayLike<unknown>;

/** `Array.fromAsync`: the builtin calls `map` when it has waited, whoever runs then. */
async function fromAsync(
  this: unknown,
  items: Items,
  map?: Mapping,
  thisArg?: unknown,
): Promise<AnyList> {
  if (map !== undefined && typeof map !== "function") {
    throw new TypeError("Array.fromAsync: expected a function");
  }
  const list = newList(this);
  let length = 0;
  for await (const item of iterated(valuesOf(items))) {
    const value =
      map === undefined ? item : await awaited(reflectApply(map, thisArg, [item, length]));
    const property = { value, writable: true, enumerable: true, configurable: true };
    objectDefineProperty(list, length++, property);
  }
  list.length = length;
  return list;
}

function valuesOf(items: Items): AnyIterable {
  const object = Object(items);
  return Symbol.asyncIterator in object || Symbol.iterator in object ? items : elementsOf(items);
}

function* elementsOf(items: ArrayLike<unknown>): Iterable<unknown> {
  for (let i = 0; i < items.length; i++) yield items[i];
}

/** Of the class whose method it is called as. */
function newList(maker: unknown): AnyList {
  if (maker === Array || typeof maker !== "function") return [];
  return Reflect.construct(maker, []);
}

export function installIteration(): void {
  hide(prototype, "next", carried(next));
  hide(prototype, "return", carried(closing));
  hide(prototype, "throw", carried(raise));
  hide(Array, "fromAsync", fromAsync);
}

/** The engine awaits the value before the generator's `finally` runs. */
function closing(this: unknown, ...given: unknown[]): Result {
  return reflectApply(close, this, given.length === 0 ? given : [awaited(given[0])]);
}
