// Whether a bundle starts, found out in a process that is thrown away, behind the same sandbox as
// the cells: a top level may loop for ever or take its process along, and nobody notices but its
// author. A spare process waits, because Node takes longer to start than most scripts.

import { nearest } from "../../base/config/nearest.ts";
import type { BundleProblem } from "../../control/bundle-problem.ts";
import type { BundleToValidate, Validation, ValidationLimits } from "../../control/validate.ts";
import { startFailure } from "../../sandbox/death.ts";
import type { RuntimeCode } from "../../sandbox/engine.ts";
import { HOOKS } from "../../wire/phases.ts";
import type { Sandbox } from "./command.ts";
import { CELL_LIMITS } from "./limits.ts";
import { ScratchCell, type ScratchEnd } from "./scratch-cell.ts";
import type { ScratchPlace } from "./scratch-report.ts";

export class ScratchCells {
  readonly #runtime: RuntimeCode;
  readonly #sandbox: Sandbox;
  #spare: ScratchCell | null = null;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor(runtime: RuntimeCode, sandbox: Sandbox) {
    this.#runtime = runtime;
    this.#sandbox = sandbox;
  }

  /** Starts the spare process, if there is none. */
  warm(): void {
    if (this.#isClosed || (this.#spare !== null && !this.#spare.isOver)) return;
    this.#spare = new ScratchCell(this.#sandbox);
  }

  /** Never rejects for what the script does. */
  readonly validate = async (
    bundle: BundleToValidate,
    limits: ValidationLimits,
  ): Promise<Validation> => {
    await this.#enter();
    try {
      const { code, usesUrl, map } = bundle;
      const job = { runtime: this.#runtime, script: { code, usesUrl }, map, ...limits };
      return validationOf(await this.#cell().run(job), bundle, limits);
    } finally {
      this.#leave();
    }
  };

  close(): void {
    this.#isClosed = true;
    this.#spare?.kill();
    this.#spare = null;
  }

  async #enter(): Promise<void> {
    if (this.#running < CELL_LIMITS.scratchCells) {
      this.#running++;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The place goes to the next one that waits, or is free. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
    this.warm();
  }

  #cell(): ScratchCell {
    const spare = this.#spare;
    this.#spare = null;
    return spare === null || spare.isOver ? new ScratchCell(this.#sandbox) : spare;
  }
}

function validationOf(
  end: ScratchEnd,
  { entry }: BundleToValidate,
  limits: ValidationLimits,
): Validation {
  const problem = (text: string, at: ScratchPlace | null = null): BundleProblem => ({
    ...(at ?? { file: entry, line: 1, column: 1 }),
    text,
  });
  switch (end.kind) {
    case "loaded":
      return {
        ok: true,
        hooks: HOOKS.filter((_, index) => (end.mask >> index) % 2 === 1),
        bodies: end.bodies,
        warnings: end.unknown.map(({ name, at }) => problem(unknownHook(name), at)),
      };
    case "failed":
      return {
        ok: false,
        errors: [problem(`${REFUSED}${startFailure(end.message, limits)}`, end.at)],
      };
    case "late":
      return { ok: false, errors: [problem(tooLate(limits.startupMs))] };
    case "died":
      return { ok: false, errors: [problem(ended(end.how, limits.memoryMiB))] };
  }
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
