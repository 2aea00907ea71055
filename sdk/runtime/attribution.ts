// What the script's code is led through, in the order of WRAPPERS (control/attribution/places.ts).
// The last one is no wrapper: a bundle calls it first of all if the engine may run code of it that
// no wrapper is told of (control/attribution/untold.ts). Only the bundle's edited places name these
// functions; the script itself cannot get at them.

import { iterated } from "./iteration.ts";
import { expectUntold } from "./microtasks.ts";
import { awaited, executor, returned } from "./promises.ts";

export const wrappers: readonly unknown[] = [awaited, iterated, returned, executor, expectUntold];
