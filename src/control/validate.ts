// What the control plane asks about a bundle before it comes near anything that serves: whether it
// starts, and which hooks it has. The fleet implements it, with a process that is thrown away.

import type { BundleProblem } from "./bundle-problem.ts";

export interface BundleToValidate {
  readonly tenant: string;
  /** Name of the entry file, for problems that have no place of their own. */
  readonly entry: string;
  readonly code: string;
  /** Source map as JSON. */
  readonly map: string;
}

/** What the script will have when it serves. */
export interface ValidationLimits {
  readonly memoryMiB: number;
  /** What its top level may take of the processor. */
  readonly startupMs: number;
  readonly env: Readonly<Record<string, string>>;
}

export type Validation =
  | {
      readonly ok: true;
      /** In the order of a request's life. */
      readonly hooks: readonly string[];
      /** Of the processor, that its top level took, with our runtime. */
      readonly startedMs: number;
      /** Bytes up to which a body is kept whole for its hook; 0: it comes in chunks. */
      readonly bodies: { readonly request: number; readonly response: number };
      /** Of exports that are no hooks, each with the hook that was probably meant. */
      readonly warnings: readonly BundleProblem[];
    }
  | { readonly ok: false; readonly errors: readonly BundleProblem[] };

/** Never rejects for what the script does. Throws DeployError if no process lives to try it. */
export type ValidateBundle = (
  bundle: BundleToValidate,
  limits: ValidationLimits,
) => Promise<Validation>;
