// Finds out whether a bundle starts, in a process that is thrown away, behind the cells' sandbox.
// A top level may loop for ever or end its process, and only its author notices. A spare process
// waits, because Node takes longer to start than most scripts.

import { nearest } from "../../base/config/nearest.ts";
import type { BundleProblem } from "../../control/bundle-problem.ts";
import { untried } from "../../control/deploy/deploy-error.ts";
import type {
  BundleToValidate,
  ValidateBundle,
  Validation,
  ValidationLimits,
} from "../../control/validate.ts";
import { startFailure } from "../../sandbox/death.ts";
import type { RuntimeCode } from "../../sandbox/isolate-options.ts";
import { START_BUDGETS } from "../../sandbox/start.ts";
import { HOOKS, hooksOf } from "../../wire/phases.ts";
import type { Sandbox } from "../children/command.ts";
import { CELL_LIMITS } from "../children/limits.ts";
import type { TenantSlots } from "../children/tenant-slots.ts";
import { readReport, type ScratchJob, type ScratchPlace } from "./scratch-report.ts";
import { type TrialEnd, TrialProcess, wasKilled } from "./trial-process.ts";

export interface ScratchOptions {
  readonly runtime: RuntimeCode;
  readonly sandbox: Sandbox;
  /** Resident memory that a scratch cell may have. */
  readonly memoryBytes: number;
  readonly slots: TenantSlots;
}

export class ScratchCells {
  readonly #options: ScratchOptions;
  #spare: TrialProcess | null = null;
  #isClosed = false;

  constructor(options: ScratchOptions) {
    this.#options = options;
  }

  /** Starts the spare process, if there is none. */
  warm(): void {
    if (this.#isClosed || (this.#spare !== null && !this.#spare.isOver)) return;
    this.#spare = null;
    try {
      this.#spare = this.#start();
    } catch {
      // no descriptor is left: who comes next tries again, and hears of it
    }
  }

  /** Never rejects for what the script does. */
  readonly validate: ValidateBundle = async (bundle, limits) => {
    const { runtime, slots } = this.#options;
    const { tenant, code, map } = bundle;
    const job: ScratchJob = { runtime, script: { code }, map, ...limits };
    const { startupMs } = limits;
    const bounds = {
      // two starts, of which the second has all the time that a busy machine may take
      lateMs: (1 + START_BUDGETS) * startupMs + CELL_LIMITS.scratchLateMs,
      usedMs: 2 * startupMs + CELL_LIMITS.scratchLateMs,
      reportBytes: CELL_LIMITS.scratchReportBytes,
    };
    const end = await slots.run(tenant, async () => {
      const cell = this.#cell();
      // for the next one, which may come as soon as this one has ended
      this.warm();
      const first = await cell.run(job, bounds);
      // whoever killed it may have killed the spare one with it
      return isUntried(first) ? await this.#start().run(job, bounds) : first;
    });
    if (isUntried(end)) throw untried("start");
    return validationOf(end, bundle, limits);
  };

  close(): void {
    this.#isClosed = true;
    this.#spare?.kill();
    this.#spare = null;
  }

  #cell(): TrialProcess {
    const spare = this.#spare;
    this.#spare = null;
    return spare === null || spare.isOver ? this.#start() : spare;
  }

  #start(): TrialProcess {
    const { sandbox, memoryBytes } = this.#options;
    const heapMiB = CELL_LIMITS.trialHeapMiB;
    return new TrialProcess({
      ...{ sandbox, memoryBytes, heapMiB },
      program: "fleet/trials/scratch-entry",
    });
  }
}

const isUntried = (end: TrialEnd): boolean => wasKilled(end) && readReport(end.said) === null;

function validationOf(
  { said, sentence, how }: TrialEnd,
  { entry }: BundleToValidate,
  limits: ValidationLimits,
): Validation {
  const problem = (text: string, at: ScratchPlace | null = null): BundleProblem => ({
    ...(at ?? { file: entry, line: 1, column: 1 }),
    text,
  });
  const refused = (text: string, at: ScratchPlace | null = null): Validation => ({
    ok: false,
    errors: [problem(text, at)],
  });
  if (sentence === "late") return refused(tooLate(limits.startupMs));
  const report = sentence === null ? readReport(said) : null;
  if (report === null) return refused(ended(sentence ?? how, limits.memoryMiB));
  if (report.kind === "failed") {
    return refused(`${REFUSED}${startFailure(report.message, limits)}`, report.at);
  }
  return {
    ok: true,
    hooks: hooksOf(report.mask),
    startedMs: report.startedMs,
    bodies: report.bodies,
    warnings: report.unknown.map(({ name, at }) => problem(unknownHook(name), at)),
  };
}

const REFUSED = "The script does not start: ";

const tooLate = (startupMs: number): string =>
  `${REFUSED}its top level took over ${startupMs} ms (limits.startupMs) and could not be ended`;

const ended = (how: string, memoryMiB: number): string =>
  `The script ended its process (${how}) at its top level: ` +
  `expected one that starts within ${memoryMiB} MiB`;

function unknownHook(name: string): string {
  const meant = nearest(name, HOOKS);
  const expected =
    meant === null ? `expected one of ${HOOKS.join(", ")}` : `did you mean ${meant}?`;
  return `${JSON.stringify(name)} is not a hook and will not run: ${expected}`;
}
