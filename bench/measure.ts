// One run of the client against the contestant on stage, with everything that is counted around it,
// between two looks at the noise of the machine; and again while others disturb it.

import { coreLoad, sampleCpu, treeLoad } from "./cpu.ts";
import type { HeadName } from "./heads.ts";
import { load } from "./load.ts";
import { type Listener, type Noise, noiseOf } from "./noise.ts";
import { readOrigin } from "./origin-status.ts";
import { foreignLoad, NOISE_MAX, type Run } from "./results.ts";
import { CLIENT_CORE, type OnStage, PROXY_CORE } from "./stage.ts";

export interface Kind {
  readonly contestant: string;
  readonly head: HeadName;
  readonly connections: number;
  readonly rate: number;
  readonly seconds: number;
}

export type Place = OnStage & { readonly originStatusPort: number };

const TRIES_MAX = 3;

/** How often the machine is listened to until it is quiet: 3 s in all. */
const LISTENS_MAX = 5;

export interface MeasureOptions {
  readonly signal: AbortSignal;
  /** Of all runs: how fast the core can be is known by the fastest that it was. */
  readonly listener: Listener;
  /** Whether a run that was disturbed is one more time. */
  readonly repeats: boolean;
}

/** A bounded number of runs, until one is not disturbed; the least disturbed one counts. */
export async function measureQuietly(
  kind: Kind,
  place: Place,
  options: MeasureOptions,
): Promise<Run> {
  let best = await measure(kind, place, options);
  for (let tries = 1; options.repeats && tries < TRIES_MAX; tries += 1) {
    if (best.noise <= NOISE_MAX) break;
    const next = await measure(kind, place, options);
    if (next.noise < best.noise) best = next;
  }
  return best;
}

/** With no request under way the machine should be quiet: waits for that, but not for ever. */
async function untilQuiet({ signal, listener, repeats }: MeasureOptions): Promise<Noise> {
  let noise = await listener.listen(signal);
  for (let count = 1; repeats && count < LISTENS_MAX; count += 1) {
    if (noiseOf(noise, noise, listener.fastest) <= NOISE_MAX) break;
    noise = await listener.listen(signal);
  }
  return noise;
}

async function measure(kind: Kind, place: Place, options: MeasureOptions): Promise<Run> {
  const { signal, listener } = options;
  const { contestant, head, connections, rate, seconds } = kind;
  const quiet = await untilQuiet(options);
  const originBefore = await readOrigin(place.originStatusPort);
  const before = sampleCpu(place.running.pid);
  const { port, headers } = place;
  const plan = { port, core: CLIENT_CORE, connections, head, seconds, rate, headers };
  const result = await load(plan, signal);
  const after = sampleCpu(place.running.pid);
  const originAfter = await readOrigin(place.originStatusPort);
  if (place.running.hasEnded()) throw new Error(`It died under load.\n${place.running.output()}`);
  const proxyLoad = treeLoad(before, after);
  const proxyCoreLoad = coreLoad(PROXY_CORE, before, after);
  const wallMicros = (after.atMs - before.atMs) * 1000;
  const requests = Math.max(1, result.requests);
  const noise = noiseOf(quiet, await listener.listen(signal), listener.fastest);
  return {
    ...result,
    ...{ contestant, head, connections, rate, proxyLoad, proxyCoreLoad },
    noise: Math.max(noise, foreignLoad({ proxyCoreLoad, proxyLoad })),
    cpuMicros: (proxyLoad * wallMicros) / requests,
    clientCoreLoad: coreLoad(CLIENT_CORE, before, after),
    forwarded: (originAfter.requests - originBefore.requests) / requests,
  };
}
