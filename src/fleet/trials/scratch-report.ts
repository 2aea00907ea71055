// What goes into a scratch cell and what comes out. A script that left its isolate may have
// written what comes out, so it is read as hostile input; it can harm its own author alone.

import type { RuntimeCode } from "../../sandbox/isolate-options.ts";
import { HOOKS } from "../../wire/phases.ts";

export interface ScratchJob {
  readonly runtime: RuntimeCode;
  readonly script: { readonly code: string };
  readonly map: string;
  readonly env: Readonly<Record<string, string>>;
  readonly memoryMiB: number;
  readonly startupMs: number;
}

export interface ScratchPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type ScratchReport =
  | {
      readonly kind: "loaded";
      /** Of the processor, that its start took. */
      readonly startedMs: number;
      readonly mask: number;
      readonly bodies: { readonly request: number; readonly response: number };
      readonly unknown: readonly { readonly name: string; readonly at: ScratchPlace | null }[];
    }
  | { readonly kind: "failed"; readonly message: string; readonly at: ScratchPlace | null };

const MASK_MAX = 2 ** HOOKS.length - 1;
const TEXT_CHARS_MAX = 4_096;

/** Null: it is not what a scratch cell of ours writes. */
export function readReport(json: string): ScratchReport | null {
  const report = parse(json);
  if (!isRecord(report)) return null;
  if (report.kind === "failed") {
    return { kind: "failed", message: text(report.message), at: place(report.at) };
  }
  const { mask, bodies, unknown, startedMs } = report;
  if (!isCount(startedMs)) return null;
  if (report.kind !== "loaded" || !isCount(mask) || mask > MASK_MAX) return null;
  if (!isRecord(bodies) || !isCount(bodies.request) || !isCount(bodies.response)) return null;
  const names = Array.isArray(unknown) ? unknown.filter(isRecord) : [];
  return {
    kind: "loaded",
    startedMs,
    mask,
    bodies: { request: bodies.request, response: bodies.response },
    unknown: names.map(({ name, at }) => ({ name: text(name), at: place(at) })),
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

const text = (value: unknown): string =>
  typeof value === "string" ? value.slice(0, TEXT_CHARS_MAX) : "";

function place(value: unknown): ScratchPlace | null {
  if (!isRecord(value)) return null;
  const { file, line, column } = value;
  if (!isCount(line) || !isCount(column) || text(file) === "") return null;
  return { file: text(file), line, column };
}
