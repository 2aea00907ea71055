// What a fresh isolate is handed by its host: memory that both share, functions of ours that take
// and return primitives, and text. The runtime inside knows it as `port` (sdk/runtime/port.ts).

import { runtimeLimits } from "../base/config/tenant-limits.ts";
import type { IsolateOptions } from "./isolate-options.ts";
import { LegacyDecoders } from "./legacy-decoders.ts";
import { processorMs } from "./processor-ms.ts";

export type HostValue = SharedArrayBuffer | string | ((...given: unknown[]) => Primitive);

type Primitive = string | number | null;

interface Own {
  readonly shared: SharedArrayBuffer;
  readonly slotOf: (name: unknown) => number;
}

export function hostPort(
  { counters, env, limits }: IsolateOptions,
  { shared, slotOf }: Own,
): Readonly<Record<string, HostValue>> {
  const decoders = new LegacyDecoders();
  return {
    shared,
    counters,
    processorMs,
    slotOf,
    encodingOf: decoders.encodingOf,
    decode: decoders.decode,
    settings: JSON.stringify({ env, limits: runtimeLimits(limits) }),
  };
}
