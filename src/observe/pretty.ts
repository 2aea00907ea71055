// Log lines for people: made from the JSON line, so that both say the same.
//
//     10:15:02.123  INFO   listening  address=127.0.0.1:8080

import { LIMITS } from "../base/limits.ts";
import { type Color, paint, wantsColor } from "./color.ts";
import { printable } from "./plain-text.ts";

const IS_COLORED = wantsColor();
const CHARS_MAX = LIMITS.scriptMessageChars;
const COLORS: Readonly<Record<string, Color>> = { warn: "yellow", error: "red", info: "green" };

/** @param line JSON, as pino writes it */
export const prettyLogLine = (line: string, isColored: boolean = IS_COLORED): string => {
  const { level, time, msg, err, ...rest }: Record<string, unknown> = JSON.parse(line);
  const color = (name: Color, part: string) => paint(isColored ? name : null, part);
  const parts = [
    color("dim", String(time).slice(11, 23)),
    color(COLORS[String(level)] ?? "dim", String(level).toUpperCase().padEnd(5)),
    printable(String(msg ?? ""), CHARS_MAX),
    ...Object.entries(rest).map(([key, value]) => color("dim", `${key}=${asText(value)}`)),
  ];
  return `${parts.join("  ")}\n${stackOf(err)}`;
};

const asText = (value: unknown): string =>
  printable(typeof value === "string" ? value : JSON.stringify(value), CHARS_MAX);

const stackOf = (error: unknown): string => {
  if (typeof error !== "object" || error === null || !("stack" in error)) return "";
  const lines = String(error.stack).split("\n");
  return lines.map((line) => `    ${printable(line, CHARS_MAX)}\n`).join("");
};
