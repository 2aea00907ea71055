// How noisy the machine is between two runs, with no request under way: what others take of the two
// cores, and how fast the proxy's core is. A row is worth something if it was quiet before and
// after.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { coreLoad, sampleCpu } from "./cpu.ts";
import { CLIENT_CORE, PROXY_CORE } from "./stage.ts";

const run = promisify(execFile);

const SPIN = join(import.meta.dirname, "spin.ts");
/** Long enough that one tick of the clock, 10 ms, is no noise. */
const SPIN_MS = 400;

export interface Noise {
  /** What others used of the client's core while the proxy's was measured, from 0 to 1. */
  readonly others: number;
  /** Speed of the proxy's core: rounds of a fixed piece of work in a millisecond. */
  readonly speed: number;
  /** How far its slowest tenth fell behind the median, from 0 to 1. */
  readonly jitter: number;
}

export class Listener {
  #fastest = 0;

  /** That the proxy's core was so far. */
  get fastest(): number {
    return this.#fastest;
  }

  async listen(signal: AbortSignal): Promise<Noise> {
    const before = sampleCpu(process.pid);
    const args = ["-c", String(PROXY_CORE), process.execPath, SPIN, String(SPIN_MS)];
    const { stdout } = await run("taskset", args, { signal });
    const others = coreLoad(CLIENT_CORE, before, sampleCpu(process.pid));
    const noise = { others, ...readSpin(stdout) };
    this.#fastest = Math.max(this.#fastest, noise.speed);
    return noise;
  }
}

/** Throws when the output lacks what a spin must print. */
export function readSpin(output: string): Pick<Noise, "speed" | "jitter"> {
  const said: unknown = JSON.parse(output);
  if (typeof said !== "object" || said === null || !("median" in said) || !("slow" in said)) {
    throw new Error(`Cannot read the speed of a core: got ${output}`);
  }
  const [median, slow] = [Number(said.median), Number(said.slow)];
  return { speed: median, jitter: median === 0 ? 1 : 1 - slow / median };
}

/**
 * What speaks against a row that stands between the two, from 0 to 1: what others used, what the
 * core lost to them, and how far it is behind the fastest that it ever was.
 */
export function noiseOf(before: Noise, after: Noise, fastest: number): number {
  const behind = fastest === 0 ? 1 : 1 - Math.min(before.speed, after.speed) / fastest;
  return Math.max(before.others, after.others, before.jitter, after.jitter, behind);
}
