// The entry of the part that brings rateLimit.

import { rateLimit } from "./rate-limit.ts";

if (globalThis.__sluice !== undefined) globalThis.__sluice.rateLimit = rateLimit;
