// The entry of the part that brings URLPattern, evaluated after the kernel and the URL classes in
// the isolates of scripts that name it. It matches in here, where the watchdog ends an expression
// that backtracks for ever.

import { URLPattern } from "urlpattern-polyfill/urlpattern";
import { installClasses } from "./lay-out.ts";

installClasses(globalThis, { URLPattern });
