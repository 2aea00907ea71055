// Log lines for people: made from the JSON line, so that both say the same. What is more than one
// line is indented below the first, so that no text can look like an entry of its own.
//
//     10:15:02.123  INFO   listening  address=127.0.0.1:8080
//     10:15:02.348  ERROR  Error: boom  hook=requestFilter
//         at requestFilter (main.ts:7:11)

import { LIMITS } from "../base/limits.ts";
import { type Color, paint, wantsColor } from "./color.ts";
import { printable } from "./plain-text.ts";

const IS_COLORED = wantsColor();
const CHARS_MAX = LIMITS.scriptMessageChars;
const COLORS: Readonly<Record<string, Color>> = { warn: "yellow", error: "red", info: "green" };

/** @param line JSON, as pino writes it */
export const prettyLogLine = (line: string, isColored: boolean = IS_COLORED): string => {
  const { level, time, msg, err, stack, ...rest }: Record<string, unknown> = JSON.parse(line);
  const [first = "", ...more] = String(msg ?? "").split("\n");
  const color = (name: Color, part: string) => paint(isColored ? name : null, part);
  const parts = [
    color("dim", String(time).slice(11, 23)),
    color(COLORS[String(level)] ?? "dim", String(level).toUpperCase().padEnd(5)),
    printable(first, CHARS_MAX),
    ...Object.entries(rest).map(([key, value]) => color("dim", `${key}=${asText(value)}`)),
  ];
  const frames = typeof stack === "string" ? stack.split("\n") : [];
  return `${parts.join("  ")}\n${indented([...more, ...frames, ...stackOf(err)])}`;
};

/** Below the first line of an entry. */
export const indented = (lines: readonly string[]): string =>
  lines.map((line) => `    ${printable(line, CHARS_MAX)}\n`).join("");

const asText = (value: unknown): string =>
  printable(typeof value === "string" ? value : JSON.stringify(value), CHARS_MAX);

const stackOf = (error: unknown): string[] =>
  typeof error === "object" && error !== null && "stack" in error
    ? String(error.stack).split("\n")
    : [];
