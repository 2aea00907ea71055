// The program that tests start is built of the modules that processes and threads start with.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ENTRIES } from "../support/built-program.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** As src/ names them: `entryUrl("…")`, `programPath(programs, "…")`, `program: "…"`. */
const NAMED =
  /\bentryUrl\("([^"]+)"\)|\bprogramPath\([^"()]*"([^"]+)"\)|\bprogram(?::| =) "([a-z-]+\/[^"]+)"/g;

test("every module that a process or a thread starts with is built", () => {
  const named = globSync("src/**/*.ts", { cwd: root }).flatMap((path) =>
    [...readFileSync(join(root, path), "utf8").matchAll(NAMED)].map(
      ([, entry, inProgram, program]) => entry ?? inProgram ?? program ?? "",
    ),
  );
  assert.deepEqual([...new Set(named)].toSorted(), [...ENTRIES].toSorted());
});
