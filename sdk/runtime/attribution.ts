// What the script's code is led through, in the order of WRAPPERS (control/attribution/places.ts),
// and last what a bundle calls of which the engine may run what none of them is told of. Only the
// bundle's edited places name these functions; the script itself cannot get at them.

import { iterated } from "./iteration.ts";
import { expectUntold } from "./microtasks.ts";
import { awaited, executor, returned } from "./promises.ts";

export const wrappers: readonly unknown[] = [awaited, iterated, returned, executor, expectUntold];
