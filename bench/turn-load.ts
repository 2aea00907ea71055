// An h2load that is stopped but for its turns, with its connections open all the time. So several
// loads of one process can take turns of less than a second: what the machine does to one of them,
// which changes its speed by half within seconds, it does to the others.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { sampleCpu } from "./cpu.ts";
import { commandOf, type LoadPlan } from "./load.ts";

/** Until what was under way when it was stopped is answered, and all of them ask again. */
const SETTLE_MS = 200;
/** Until all of its connections are open, on both sides. */
const CONNECT_MS = 1_500;
/** Longer than any comparison: it is ended when its answers are read. */
const LIFE_SECONDS = 86_400;

/** One that is stopped ends by nothing else. */
const clients: ChildProcess[] = [];
process.once("exit", () => {
  for (const client of clients) client.kill("SIGKILL");
});

/** Since the epoch, finer than a whole one. */
const now = (): number => performance.timeOrigin + performance.now();

export interface Turn {
  /** When its clients went on, and when counting began and ended: since the epoch. */
  readonly resumedMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Of the process, from then to then. */
  readonly processorMs: number;
}

export interface Answer {
  readonly endMs: number;
  readonly tookMs: number;
  readonly status: string;
}

export type TurnLoadPlan = Omit<LoadPlan, "seconds">;

export class TurnLoad {
  readonly turns: Turn[] = [];
  readonly #client: ChildProcess;
  readonly #folder: string;

  private constructor(client: ChildProcess, folder: string) {
    this.#client = client;
    this.#folder = folder;
    clients.push(client);
  }

  /** Connected, and stopped. */
  static async start(of: TurnLoadPlan): Promise<TurnLoad> {
    const folder = await mkdtemp(join(tmpdir(), "sluice-load-"));
    const plan = { ...of, seconds: LIFE_SECONDS };
    const args = ["-c", String(of.core), ...commandOf(plan, join(folder, "times"))];
    const load = new TurnLoad(spawn("taskset", args, { stdio: "ignore" }), folder);
    await after(CONNECT_MS);
    if (!load.#client.kill("SIGSTOP")) throw new Error(`It has ended: ${args.join(" ")}`);
    return load;
  }

  /** @param pid  of the process that serves */
  async turn(pid: number, countedMs: number): Promise<void> {
    const resumedMs = now();
    this.#client.kill("SIGCONT");
    await after(SETTLE_MS);
    const [fromMs, before] = [now(), sampleCpu(pid)];
    await after(countedMs);
    const [toMs, since] = [now(), sampleCpu(pid)];
    this.#client.kill("SIGSTOP");
    const processorMs = (since.treeMicros - before.treeMicros) / 1_000;
    this.turns.push({ resumedMs, fromMs, toMs, processorMs });
  }

  /** All that came; it is ended for that. h2load has written each as it came. */
  async answers(): Promise<Answer[]> {
    const ended = once(this.#client, "exit");
    if (this.#client.kill("SIGKILL")) await ended;
    const answers: Answer[] = [];
    {
      await using file = await open(join(this.#folder, "times"));
      for await (const line of file.readLines()) {
        const [start = "", status = "", micros = ""] = line.split("\t");
        const tookMs = Number(micros) / 1_000;
        answers.push({ endMs: Number(start) / 1_000 + tookMs, tookMs, status });
      }
    }
    await rm(this.#folder, { recursive: true, force: true });
    return answers;
  }
}
