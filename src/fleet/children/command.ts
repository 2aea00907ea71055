// The command line of a child process: Node with one of our modules, without our environment,
// inside as much of the operating system's sandbox as there is. This file is pure: sandbox.ts
// finds out what the system offers, and nothing is started here.

import { closeSync } from "node:fs";
import type { Programs } from "./programs.ts";

/** What there is of the operating system's sandbox. */
export interface Sandbox {
  /** What runs in it. */
  readonly programs: Programs;
  /** Null: none. */
  readonly bubblewrap: Bubblewrap | null;
  /** Whose rights it has; null: ours. */
  readonly user: number | null;
  /** Every path that a cell reads, and where it finds it: all that it sees. */
  readonly files: readonly SandboxFile[];
  /** What is missing, as sentences for the log. */
  readonly missing: readonly string[];
}

export interface SandboxFile {
  readonly source: string;
  readonly target: string;
}

export interface Bubblewrap {
  readonly path: string;
  /** A /proc of its own, of its own processes. */
  readonly hasProc: boolean;
  /** A descriptor of the filter of system calls, to be opened anew for each; null: none. */
  readonly seccomp: (() => number) | null;
}

export interface CellShape {
  /** Path of the module to run. */
  readonly entry: string;
  readonly args?: readonly string[];
  /** For Node, before the module. */
  readonly nodeArgs: readonly string[];
  /** Descriptors 0, 1, 2, 3 …; the cell finds them under these numbers. */
  readonly stdio: readonly CellStdio[];
  /** Largest heap of Node's own isolate: not of the scripts'. */
  readonly heapMiB: number;
  /** Left out: it comes after whoever has connections. */
  readonly niceness?: number;
}

export type CellStdio = "pipe" | "ignore" | number;

export interface CellCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: {
    readonly env: Readonly<Record<string, string>>;
    readonly cwd: string;
    readonly stdio: CellStdio[];
    /** It leads a group of processes, which ends with it (ending.ts). */
    readonly detached: true;
    readonly uid?: number;
    readonly gid?: number;
  };
  /** Closes what only the process needs, when it has been started. */
  close(): void;
}

/** Descriptors that a cell can have: one for each worker, and its own. */
const DESCRIPTORS_MAX = 1_024;
/**
 * For glibc's allocator, which else keeps what hundreds of isolates had: each that comes and goes
 * leaves pieces in the arenas of several threads. Buffers of some size go back to the system.
 */
const ENVIRONMENT = {
  MALLOC_ARENA_MAX: "1",
  MALLOC_MMAP_THRESHOLD_: "32768",
  MALLOC_TRIM_THRESHOLD_: "65536",
  // as src/base/utc.ts has it for the proxy's own process
  TZ: "UTC",
} as const;
/** Under load the connections' thread comes before a stranger's script. */
export const NICENESS = 5;
/** Where memory runs out, the kernel ends a cell before anything else of ours. */
const OOM_SCORE = 900;

/**
 * No core files (they hold tenants' data), no second process, few descriptors; before `exec`, so
 * that they hold from the first instruction. What a shell cannot do is left undone.
 */
const limited = (niceness: number): string =>
  [
    "ulimit -c 0",
    `ulimit -n ${DESCRIPTORS_MAX}`,
    `echo ${OOM_SCORE} 2>/dev/null >/proc/self/oom_score_adj`,
    `exec nice -n ${niceness} "$@"`,
  ].join("; ");

export function cellCommand(shape: CellShape, sandbox: Sandbox): CellCommand {
  const node = [process.execPath, ...nodeArgs(shape), shape.entry, ...(shape.args ?? [])];
  const { bubblewrap, user } = sandbox;
  const stdio = [...shape.stdio];
  const descriptors: number[] = [];
  const wrapped: string[] = [];
  if (bubblewrap !== null) {
    wrapped.push(bubblewrap.path, ...wrapping(bubblewrap, sandbox.files));
    if (bubblewrap.seccomp !== null) {
      const filter = bubblewrap.seccomp();
      descriptors.push(filter);
      wrapped.push("--seccomp", String(stdio.push(filter) - 1));
    }
    wrapped.push("--");
  }
  return {
    file: "/bin/sh",
    args: ["-c", limited(shape.niceness ?? NICENESS), "sh", ...wrapped, ...node],
    options: {
      env: ENVIRONMENT,
      cwd: "/",
      stdio,
      detached: true,
      ...(user === null ? {} : { uid: user, gid: user }),
    },
    close: () => {
      for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
    },
  };
}

function nodeArgs({ nodeArgs, heapMiB }: CellShape): string[] {
  return [`--max-old-space-size=${heapMiB}`, ...nodeArgs];
}

/** Namespaces of its own for everything, and a root folder that holds only what it reads. */
function wrapping({ hasProc }: Bubblewrap, files: readonly SandboxFile[]): string[] {
  return [
    ...["--unshare-all", "--die-with-parent", "--new-session", "--clearenv"],
    ...Object.entries(ENVIRONMENT).flatMap(([name, value]) => ["--setenv", name, value]),
    ...["--cap-drop", "ALL", "--hostname", "cell"],
    ...files.flatMap(({ source, target }) => ["--ro-bind", source, target]),
    ...["--dev", "/dev", ...(hasProc ? ["--proc", "/proc"] : [])],
    // what is written there would be memory that nobody counts
    ...["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"],
  ];
}

/**
 * V8's flags in cells, chosen by bench/micro/cell-flags.ts; the figures are in
 * docs/architecture.md. Most ways out of V8 were in its optimising compiler; a hook is too short to
 * need it.
 */
export const CELL_FLAGS: readonly string[] = ["--no-turbofan"];
