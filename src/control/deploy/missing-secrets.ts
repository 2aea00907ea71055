// Finds secrets that a script reads and its tenant does not have. Each use would fail, so the
// deployer is warned before a client meets it. They may be put later, hence it is no error.

import { ownerOption, ownerText } from "../../base/config/operator.ts";
import type { BundleProblem } from "../bundle-problem.ts";
import { SourceLines } from "../sourcemap.ts";
import type { Built } from "./upload.ts";

/** `secret("name")`, as the bundler writes it; what is no plain text is not looked at. */
const READ = /\bsecret\d*\((["'`])((?:(?!\1)[^\\\n$])+)\1\)/g;

/** @param known  names of the tenant's secrets */
export function missingSecrets(
  { code, map, entry }: Pick<Built, "code" | "map" | "entry">,
  tenant: string,
  known: ReadonlySet<string>,
): BundleProblem[] {
  const problems = new Map<string, BundleProblem>();
  const lines = new SourceLines(map);
  for (const { 2: name = "", index } of code.matchAll(READ)) {
    if (known.has(name) || problems.has(name)) continue;
    const before = code.slice(0, index);
    const column = index - before.lastIndexOf("\n");
    const place = lines.locate(before.split("\n").length, column);
    const command = `sluice secret put ${name} ${ownerOption(tenant)}`;
    const text = `${ownerText(tenant)} has no secret ${name}: ${command}`;
    problems.set(name, { file: entry, line: 1, column: 1, ...place, text });
  }
  return [...problems.values()];
}
