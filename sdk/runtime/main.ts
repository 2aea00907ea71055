// The first code in a fresh isolate: captures what it needs, hardens the realm, lays out the web
// globals and the module `sluice`, and leaves the trampoline for the host to pick up.

import "./port.ts";
import * as sluice from "../core.ts";
import { wrappers } from "./attribution.ts";
import { installClock } from "./clock.ts";
import { installConsole } from "./console.ts";
import { installDisposal } from "./disposal.ts";
import { installFetch } from "./fetch.ts";
import { hardenRealm } from "./harden.ts";
import { installIteration } from "./iteration.ts";
import { installPromises } from "./promises.ts";
import { loadFailed, loadScript } from "./script.ts";
import * as shared from "./shared.ts";
import { installTimers } from "./timers.ts";
import { bytes, take, turn } from "./turn.ts";
import { setValues } from "./values.ts";
import { installWebGlobals } from "./web/install.ts";

/** What the host holds references to. */
export interface Trampoline {
  readonly turn: (text: string, nowMs: number, bytes?: ArrayBuffer) => string;
  readonly take: (again: number) => string;
  readonly bytes: () => ArrayBuffer;
  /** Flags and secrets, before a turn: they have changed. */
  readonly setValues: (text: string) => void;
  /** Ends the set-up: binds the hooks, removes what is ours from the global object. */
  readonly load: () => string;
}

declare global {
  /** What `import … from "sluice"` resolves to; gone once the script is loaded. */
  var __sluice: Record<string, unknown> | undefined;
  /** What the parts that are evaluated after this one find of it; gone before the script. */
  var __sluiceShared: unknown;
  /** Takes the script: an expression, as src/control/attribution/attribute.ts makes it. */
  var __sluiceRun: typeof run | undefined;
  var __sluiceLoadFailed: ((thrown: unknown) => void) | undefined;
  var __sluiceTrampoline: Trampoline | undefined;
}

installClock(globalThis);
installTimers(globalThis);
installConsole(globalThis);
installPromises();
installIteration();
installDisposal();
installWebGlobals(globalThis);
installFetch(globalThis);
hardenRealm(globalThis);

globalThis.__sluice = { ...sluice };
globalThis.__sluiceShared = shared;
globalThis.__sluiceRun = run;
globalThis.__sluiceLoadFailed = loadFailed;
globalThis.__sluiceTrampoline = { turn, take, bytes, setValues, load };

/** Gone before the script's first line, which could have the wrappers by it. */
function run(script: (...given: readonly unknown[]) => void): void {
  Reflect.deleteProperty(globalThis, "__sluiceRun");
  script(...wrappers);
}

function load(): string {
  Reflect.deleteProperty(globalThis, "__sluice");
  Reflect.deleteProperty(globalThis, "__sluiceLoadFailed");
  return loadScript();
}
