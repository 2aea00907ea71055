// AsyncDisposableStack awaits what its functions return, and then calls the next of them: in a
// slice of the call that disposes, as all that goes on later.

import { leaveMicrotasks } from "./microtasks.ts";
import { reflectApply } from "./primordials.ts";
import { awaited } from "./promises.ts";
import { hide } from "./stand-in.ts";

type Dispose = (this: unknown, ...given: unknown[]) => unknown;

export function installDisposal(): void {
  const { prototype } = AsyncDisposableStack;
  const { use, adopt, defer, disposeAsync } = prototype;
  const methods = {
    use(this: unknown, value: { readonly [Symbol.asyncDispose]?: Dispose } | null | undefined) {
      const dispose = value?.[Symbol.asyncDispose];
      if (typeof dispose !== "function") return reflectApply(use, this, [value]);
      reflectApply(defer, this, [() => awaited(reflectApply(dispose, value, []))]);
      return value;
    },
    adopt(this: unknown, value: unknown, dispose: unknown) {
      return reflectApply(adopt, this, [value, carried(dispose)]);
    },
    defer(this: unknown, dispose: unknown) {
      return reflectApply(defer, this, [carried(dispose)]);
    },
    disposeAsync(this: unknown) {
      leaveMicrotasks();
      return reflectApply(disposeAsync, this, []);
    },
  };
  hide(prototype, "use", methods.use);
  hide(prototype, "adopt", methods.adopt);
  hide(prototype, "defer", methods.defer);
  hide(prototype, "disposeAsync", methods.disposeAsync);
  hide(prototype, Symbol.asyncDispose, methods.disposeAsync);
}

const carried = (dispose: unknown): unknown =>
  typeof dispose !== "function"
    ? dispose // the builtin says what is wrong with it
    : (...given: unknown[]): unknown => awaited(reflectApply(dispose, undefined, given));
