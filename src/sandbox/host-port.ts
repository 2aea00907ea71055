// What a fresh isolate is handed by its host: memory that both share, functions of ours that take
// and return primitives, and text. The runtime inside knows it as `port` (sdk/runtime/port.ts).

import { runtimeLimits } from "../base/config/tenant-limits.ts";
import { HostCrypto } from "./crypto/host-crypto.ts";
import { needs } from "./extras.ts";
import { changeUrl, parseUrl } from "./host-url.ts";
import type { IsolateOptions } from "./isolate-options.ts";
import { LegacyDecoders } from "./legacy-decoders.ts";
import { processorMs } from "./processor-ms.ts";

export type HostValue = SharedArrayBuffer | string | ((...given: unknown[]) => Primitive);

type Primitive = string | number | null;

interface Own {
  readonly shared: SharedArrayBuffer;
  readonly slotOf: (name: unknown) => number;
  readonly limitOf: (...given: unknown[]) => number;
  readonly enter: (...given: unknown[]) => number;
}

export function hostPort(
  options: IsolateOptions,
  { shared, slotOf, limitOf, enter }: Own,
): Readonly<Record<string, HostValue>> {
  const { counters, env, limits, rateLimits } = options;
  const decoders = new LegacyDecoders();
  return {
    shared,
    counters,
    processorMs,
    slotOf,
    ...(rateLimits ? { rateLimits: rateLimits.buffer, enter } : {}),
    limitOf,
    encodingOf: decoders.encodingOf,
    decode: decoders.decode,
    settings: JSON.stringify({ env, limits: runtimeLimits(limits) }),
    ...(needs(options, "url") ? { parseUrl, changeUrl } : {}),
    ...(needs(options, "crypto") ? cryptoPort() : {}),
  };
}

function cryptoPort(): Readonly<Record<string, HostValue>> {
  const crypto = new HostCrypto();
  return { crypto: crypto.run, cryptoWindow: crypto.window };
}
