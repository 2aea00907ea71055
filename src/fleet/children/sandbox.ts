// Finds out what this machine has of a sandbox for cells, once for each process. It tries a cell's
// command line with everything, then with less, and says what had to be left out.

import { accessSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { startChild } from "../../base/child.ts";
import type { CellsConfig } from "../../base/config/types.ts";
import type { Logger } from "../../observe/log.ts";
import { type Bubblewrap, cellCommand, type Sandbox } from "./command.ts";
import { endGroup } from "./ending.ts";
import { cellFiles } from "./files.ts";
import { CELL_LIMITS } from "./limits.ts";
import { cellPrograms, type Programs, programPath } from "./programs.ts";
import { seccompProgram } from "./seccomp.ts";

export type SandboxMode = CellsConfig["sandbox"];

/** Raised for `required` where the machine has less than all of it. */
export class SandboxError extends Error {}

/** Owns nothing, by convention of every Linux. */
const NOBODY_UID = 65_534;

const found = new Map<SandboxMode, Promise<Sandbox>>();

/** This machine's, looked for once; what it lacks is then said in the log. */
export function systemSandbox(mode: SandboxMode, logger: Logger): Promise<Sandbox> {
  const known = found.get(mode);
  if (known !== undefined) return known;
  const looking = findSandbox(mode, process.env.PATH ?? "").then((sandbox) => {
    const { missing } = sandbox;
    if (missing.length > 0) logger.warn({ missing }, "cells have less than the whole sandbox");
    return sandbox;
  });
  found.set(mode, looking);
  // for want of descriptors, say: the next one may find more
  looking.catch(() => found.delete(mode));
  return looking;
}

/**
 * Before anything serves: whoever requires the whole sandbox hears of its lack at once, and not
 * when a stranger's script is to run. Throws SandboxError.
 */
export async function expectSandbox({ sandbox: mode }: CellsConfig, logger: Logger): Promise<void> {
  if (mode === "required") await systemSandbox(mode, logger);
}

/**
 * @param path  folders in which bubblewrap may be, as PATH has them
 * @param probeMs  how long one way of starting a cell may take to fail
 */
export async function findSandbox(
  mode: SandboxMode,
  path: string,
  probeMs: number = CELL_LIMITS.sandboxProbeMs,
): Promise<Sandbox> {
  const programs = await cellPrograms();
  const look = { path, programs, probeMs };
  const found = mode === "off" ? switchedOff(programs) : await search(look);
  if (mode !== "required" || found.missing.length === 0) return found;
  const missing = found.missing.join("; ");
  throw new SandboxError(`Cannot run cells: expected the whole sandbox, got less: ${missing}`);
}

const switchedOff = (programs: Programs): Sandbox => ({
  ...NOTHING,
  programs,
  missing: ["cells.sandbox is off: cells see files and network with the rights of this process"],
});

const NOTHING: Omit<Sandbox, "programs"> = { bubblewrap: null, user: null, files: [], missing: [] };

interface Look {
  readonly path: string;
  readonly programs: Programs;
  readonly probeMs: number;
}

async function search({ path, programs, probeMs }: Look): Promise<Sandbox> {
  if (process.platform !== "linux") {
    const missing = `no sandbox is known for ${process.platform}: cells see files and network`;
    return { ...NOTHING, programs, missing: [missing] };
  }
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? NOBODY_UID : null;
  const bubblewrap = findProgram("bwrap", path);
  const files = bubblewrap === null ? [] : cellFiles(programs);
  const seccomp = bubblewrap === null ? null : seccompSource();
  const keepsRoot = isRoot
    ? ["cells keep the rights of root: user 65534 cannot read our files"]
    : [];
  for (const candidate of candidates(bubblewrap, seccomp)) {
    for (const [owner, kept] of [[user, []] as const, [null, keepsRoot] as const]) {
      const missing = [...candidate.missing, ...kept];
      const { bubblewrap: wrapper } = candidate;
      const sandbox: Sandbox = { programs, bubblewrap: wrapper, user: owner, files, missing };
      if (await works(sandbox, probeMs)) return sandbox;
      if (owner === null) break;
    }
  }
  return { ...NOTHING, programs, missing: ["nothing of the sandbox works here"] };
}

type Candidate = Pick<Sandbox, "bubblewrap" | "missing">;

const NO_FILTER = "system calls of cells are not filtered";

/** The best first. */
function candidates(path: string | null, seccomp: Bubblewrap["seccomp"]): Candidate[] {
  const bare = "cells see files and network";
  if (path === null)
    return [{ bubblewrap: null, missing: [`bubblewrap is not installed: ${bare}`] }];
  const noFilter = `${process.arch} has no filter here: ${NO_FILTER}`;
  const filters: [Bubblewrap["seccomp"], string[]][] = [
    [seccomp, seccomp === null ? [noFilter] : []],
  ];
  if (seccomp !== null) filters.push([null, [`the kernel takes no filter: ${NO_FILTER}`]]);
  const wrapped = filters.flatMap(([filter, missing]) =>
    [true, false].map((hasProc) => {
      const bubblewrap: Bubblewrap = { path, hasProc, seccomp: filter };
      // without it a busy machine is taken for a slow script, and nothing is less safe
      return { bubblewrap, missing };
    }),
  );
  const useless = `bubblewrap does not work (are user namespaces switched off?): ${bare}`;
  return [...wrapped, { bubblewrap: null, missing: [useless] }];
}

function findProgram(name: string, path: string): string | null {
  for (const folder of path.split(delimiter)) {
    if (!folder.startsWith("/")) continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not there
    }
  }
  return null;
}

/** The program in a file without a name; each reader needs a position of its own. */
function seccompSource(): Bubblewrap["seccomp"] {
  const program = seccompProgram(process.arch);
  if (program === null) return null;
  const folder = mkdtempSync(join(tmpdir(), "sluice-"));
  try {
    const file = join(folder, "seccomp");
    writeFileSync(file, program);
    const descriptor = openSync(file, "r");
    return () => openSync(`/proc/self/fd/${descriptor}`, "r");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Node starts in it, and isolated-vm loads. What is refused fails at once: one that takes its time
 * is on a slow machine, and less of a sandbox for that would be a hole.
 */
function works(sandbox: Sandbox, probeMs: number): Promise<boolean> {
  const entry = programPath(sandbox.programs, "sandbox/engine");
  const stdio = ["ignore", "ignore", "ignore"] as const;
  const command = cellCommand({ entry, nodeArgs: [], stdio, heapMiB: 32 }, sandbox);
  const child = startChild(command.file, command.args, command.options);
  command.close();
  return new Promise((resolve) => {
    const end = (isFine: boolean): void => {
      clearTimeout(timer);
      resolve(isFine);
    };
    const timer = setTimeout(() => {
      end(true);
      endGroup(child);
    }, probeMs);
    child.once("error", () => end(false));
    child.once("exit", (status) => end(status === 0));
  });
}
