// What the bundler's process is told and what it says (base/json-messages.ts). The process runs
// none of the sources that it reads; what it says is checked all the same.

import type { Bundle } from "../../control/bundle.ts";
import type { BundleProblem } from "../../control/bundle-problem.ts";
import type { Upload } from "../../control/deploy/upload.ts";

export interface BundleJob {
  readonly upload: Upload;
  /** What a script may import from "sluice". */
  readonly sluiceExports: readonly string[];
}

export type BundleReply =
  | Omit<Bundle, "inputs">
  | { readonly ok: false; readonly errors: readonly BundleProblem[] };

/** A bundle with the source map of all that may be uploaded, escaped twice. */
export const REPLY_BYTES_MAX = 67_108_864;

/** What it says when it has started. */
export const READY = "ready";

/** Null: no bundler of ours says that. */
export function readReply(reply: unknown): BundleReply | null {
  if (!isRecord(reply)) return null;
  const { ok, code, map, sha256, bytes, warnings, errors } = reply;
  if (ok === false) return areProblems(errors) ? { ok, errors } : null;
  if (ok !== true || typeof code !== "string" || typeof map !== "string") return null;
  if (typeof sha256 !== "string" || !SHA256.test(sha256)) return null;
  if (typeof bytes !== "number") return null;
  return areProblems(warnings) ? { ok, code, map, sha256, bytes, warnings } : null;
}

const SHA256 = /^[0-9a-f]{64}$/;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const areProblems = (value: unknown): value is readonly BundleProblem[] =>
  Array.isArray(value) &&
  value.every(
    (one) =>
      isRecord(one) &&
      [one.file, one.text].every((text) => typeof text === "string") &&
      [one.line, one.column].every(Number.isSafeInteger),
  );
