// The program of a scratch cell: it reads one job from standard input, starts one script, and
// writes one report to standard output. The process is thrown away afterwards, whatever the script
// did to it; its host keeps the deadline.

import { SourceLines } from "../../control/sourcemap.ts";
import { ScriptIsolate } from "../../sandbox/engine.ts";
import { START_BUDGETS, startTwice } from "../../sandbox/start.ts";
import { LimitTable } from "../../state/limit-table.ts";
import { namesRateLimits } from "../../state/limit-tables.ts";
import { LIMIT_NAMES_MAX } from "../../wire/limits/layout.ts";
import { CELL_LIMITS } from "../children/limits.ts";
import type { ScratchJob, ScratchPlace, ScratchReport } from "./scratch-report.ts";
import { begin, endTrial, readJob, say } from "./trial-io.ts";

const MESSAGE_CHARS_MAX = 4_096;

function start({ runtime, script, map, env, memoryMiB, startupMs }: ScratchJob): ScratchReport {
  const lines = new SourceLines(map);
  const slots = new Map<string, number>();
  const counters = new SharedArrayBuffer(CELL_LIMITS.scratchCounters * 8);
  const slotOf = (name: string): number => {
    const slot = slots.get(name) ?? slots.size;
    if (slot >= CELL_LIMITS.scratchCounters) return -1;
    slots.set(name, slot);
    return slot;
  };
  try {
    const isLimited = namesRateLimits(script.code);
    const rateLimits = isLimited ? LimitTable.make().source(LIMIT_NAMES_MAX, () => 1) : null;
    const base = { runtime, script, env, memoryMiB, startupMs };
    const options = { ...base, counters, slotOf, rateLimits };
    // nobody here sees what it uses of the processor, but whoever watches the process does
    const start = (attempt: 0 | 1): ScriptIsolate =>
      new ScriptIsolate({
        ...options,
        startupWallMs: attempt === 0 ? startupMs : START_BUDGETS * startupMs,
      });
    const { loaded, startedMs } = startTwice(start, startupMs);
    if ("error" in loaded) return failed(loaded.error.message, loaded.error.stack, lines);
    const unknown = loaded.unknown.slice(0, CELL_LIMITS.scratchWarnings);
    return {
      kind: "loaded",
      startedMs: Math.round(startedMs),
      mask: loaded.mask,
      bodies: loaded.bodies,
      unknown: unknown.map((name) => ({ name, at: placeOfName(name, script.code, lines) })),
    };
  } catch (thrown) {
    const { message, stack = "" } = thrown instanceof Error ? thrown : new Error(String(thrown));
    return failed(message, stack, lines);
  }
}

function failed(message: unknown, stack: string, lines: SourceLines): ScratchReport {
  const text = typeof message === "string" && message !== "" ? message : "it threw no error";
  return {
    kind: "failed",
    message: text.slice(0, MESSAGE_CHARS_MAX),
    at: lines.firstPlace(stack, text),
  };
}

/** Where a key of that name stands in the bundle first, in the author's files. */
function placeOfName(name: string, code: string, lines: SourceLines): ScratchPlace | null {
  if (!/^[\w$]{1,128}$/.test(name)) return null;
  const found = new RegExp(`(?<![\\w$.])${name.replaceAll("$", "\\$")}\\s*[(:,}]`).exec(code);
  if (found === null) return null;
  const before = code.slice(0, found.index);
  const line = before.split("\n").length;
  return lines.locate(line, found.index - before.lastIndexOf("\n"));
}

// Last, when the constants above are there.
const job = readJob<ScratchJob>();
begin();
say(JSON.stringify(start(job)));
endTrial();
