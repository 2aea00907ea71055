// What is sent to be deployed: source files, or a bundle that the CLI made. It is bounded and
// checked before anything is done with it, and turned into what runs.

import type { Bundle, BundleRefusal } from "../bundle.ts";
import { BUNDLE_LIMITS } from "../bundle-limits.ts";
import type { BundleProblem } from "../bundle-problem.ts";
import { isSource } from "../bundle-sources.ts";
import { checkedMap } from "./checked-map.ts";
import { invalid } from "./deploy-error.ts";

export type Upload =
  | { readonly files: Readonly<Record<string, string>>; readonly entry: string }
  /** As `sluice deploy` bundles: packages from npm inside, no file of the author's left. */
  | { readonly bundle: { readonly code: string; readonly map: string }; readonly entry: string };

/** An upload as it runs. */
export interface Built extends Omit<Bundle, "ok" | "inputs"> {
  readonly files: Readonly<Record<string, string>>;
  readonly entry: string;
}

/**
 * Makes what runs of what a tenant sent; paths and sizes have been looked at. The fleet implements
 * it.
 */
export type BundleUpload = (tenant: string, upload: Upload) => Promise<Bundle | BundleRefusal>;

export interface BuildParts {
  readonly tenant: string;
  readonly bundle: BundleUpload;
}

/** Throws DeployError with every problem that was found at one step. */
export async function build(upload: Upload, { tenant, bundle }: BuildParts): Promise<Built> {
  const checked = checkedUpload(upload);
  const result = await bundle(tenant, checked);
  if (!result.ok) throw invalid("bundle", result.errors);
  const { code, map, sha256, bytes, warnings } = result;
  const files = "files" in checked ? checked.files : {};
  return { files, entry: checked.entry, code, map, sha256, bytes, warnings };
}

function checkedUpload(upload: Upload): Upload {
  if ("bundle" in upload) return checkedBundle(upload.bundle, upload.entry);
  const problems = fileProblems(upload.files, upload.entry);
  if (problems.length > 0) throw invalid("policy", problems);
  return upload;
}

function fileProblems(files: Readonly<Record<string, string>>, entry: string): BundleProblem[] {
  const problems: BundleProblem[] = [];
  const object = (file: string, text: string): void => {
    problems.push({ file, line: 1, column: 1, text });
  };
  const paths = Object.keys(files);
  const { uploadFiles, uploadBytes } = BUNDLE_LIMITS;
  if (paths.length > uploadFiles) {
    object(entry, `expected at most ${uploadFiles} files, got ${paths.length}`);
    return problems;
  }
  for (const path of paths) {
    const reason = pathProblem(path);
    if (reason !== null) object(path.slice(0, PATH_CHARS_MAX), reason);
  }
  const bytes = Object.values(files).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > uploadBytes) object(entry, `expected at most ${uploadBytes} bytes, got ${bytes}`);
  if (!Object.hasOwn(files, entry)) object(entry, `expected entry to be one of the files`);
  else if (!isSource(entry)) {
    object(entry, "expected the entry to be TypeScript or JavaScript");
  }
  return problems;
}

const PATH_CHARS_MAX = 255;
const PATH_PARTS_MAX = 16;
/**
 * What no path of a source file needs: Windows' separators, drives, ends in blanks; controls, and
 * what turns the direction of text or cannot be seen, which would forge what a terminal shows.
 */
const ODD = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\\:*?"<>|]|^\s|\s$/u;

/** Null: it is a path from the upload's own root. */
function pathProblem(path: string): string | null {
  if (path.length > PATH_CHARS_MAX)
    return `expected a path of at most ${PATH_CHARS_MAX} characters`;
  if (path.startsWith("/")) return "expected a relative path, got an absolute one";
  if (ODD.test(path)) return 'expected a path without control characters and \\ : * ? " < > |';
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) {
    return "expected a path without empty parts, . and ..";
  }
  return parts.length > PATH_PARTS_MAX ? `expected at most ${PATH_PARTS_MAX} folders` : null;
}

function checkedBundle({ code, map }: { code: string; map: string }, entry: string): Upload {
  const problems: BundleProblem[] = [];
  const object = (text: string): void => {
    problems.push({ file: entry, line: 1, column: 1, text });
  };
  const bytes = Buffer.byteLength(code);
  const { bundleBytes } = BUNDLE_LIMITS;
  if (bytes > bundleBytes)
    object(`expected a bundle of at most ${bundleBytes} bytes, got ${bytes}`);
  if (!code.includes("__sluiceScript")) {
    object("expected a bundle as sluice deploy makes one, got another script");
  }
  const checked = checkedMap(map, bytes);
  if ("refusal" in checked) object(checked.refusal);
  if (problems.length > 0 || "refusal" in checked) throw invalid("policy", problems);
  return { bundle: { code, map: checked.map }, entry };
}
