// The entry of the part that brings rateLimit and inflight.

import { inflight } from "./inflight.ts";
import { rateLimit } from "./rate-limit.ts";

if (globalThis.__sluice !== undefined) {
  globalThis.__sluice.rateLimit = rateLimit;
  globalThis.__sluice.inflight = inflight;
}
