// The entry of the part that brings what a script finds of the place that it runs in: `self`,
// `navigator`, where errors go that nobody else handles, intervals, and `scheduler`.

import { clearTimer, setRepeated, wait } from "./intervals.ts";
import { logThrown } from "./shared.ts";
import { define } from "./web/lay-out.ts";

/** One product token (RFC 9110, 10.1.5), by which packages tell runtimes apart. */
const USER_AGENT = "Sluice";

function reportError(...given: readonly unknown[]): void {
  if (given.length === 0) throw new TypeError("reportError: expected the error");
  logThrown(given[0]);
}

define(globalThis, "self", globalThis);
define(globalThis, "navigator", Object.freeze({ userAgent: USER_AGENT }));
define(globalThis, "reportError", reportError);
define(globalThis, "setInterval", setRepeated);
define(globalThis, "clearInterval", clearTimer);
define(globalThis, "clearTimeout", clearTimer);
define(globalThis, "scheduler", { wait });
