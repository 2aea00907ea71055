// Numbers, times and texts as they are shown. What comes from visitors, tenants and scripts is
// always a text node; what would be invisible in it, or turn its direction, is shown as an escape.

/** Controls, directions, invisible joiners, byte order marks, halves of characters. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const CHARS_MAX = 2_000;

export function safe(value: unknown, charsMax = CHARS_MAX): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  const cut = text.length > charsMax ? `${text.slice(0, charsMax)}…` : text;
  return cut.replaceAll(HIDDEN, escaped);
}

/** The same for text of several lines. */
export const safeLines = (text: string): string =>
  text
    .split("\n")
    .map((line) => safe(line.replaceAll("\t", "  ")))
    .join("\n");

const escaped = (char: string): string =>
  `\\u{${(char.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}}`;

export function count(value: number): string {
  if (value < 10 && !Number.isInteger(value)) return value.toFixed(value < 1 ? 2 : 1);
  return Math.round(value).toLocaleString("en");
}

/** `1 worker`, `2 workers`. */
export const counted = (value: number, name: string): string =>
  `${count(value)} ${name}${value === 1 ? "" : "s"}`;

export const percent = (part: number, whole: number): string =>
  whole === 0 ? "–" : `${((100 * part) / whole).toFixed(part / whole < 0.1 ? 1 : 0)} %`;

export function ms(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0 ms";
  if (value >= 10_000) return `${(value / 1_000).toFixed(1)} s`;
  if (value >= 100) return `${Math.round(value).toLocaleString("en")} ms`;
  return `${value < 10 ? value.toFixed(value < 1 ? 2 : 1) : value.toFixed(0)} ms`;
}

export function bytes(value: number): string {
  if (value < 1_000) return `${value} B`;
  if (value < 1_000_000) return `${(value / 1_000).toFixed(1)} KB`;
  return `${(value / 1_000_000).toFixed(1)} MB`;
}

const two = (value: number): string => String(value).padStart(2, "0");

export function clock(atMs: number): string {
  const at = new Date(atMs);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

export const clockMs = (atMs: number): string =>
  `${clock(atMs)}.${String(new Date(atMs).getMilliseconds()).padStart(3, "0")}`;

export function ago(atMs: number, nowMs = Date.now()): string {
  const seconds = Math.max(0, Math.round((nowMs - atMs) / 1_000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`;
  return new Date(atMs).toLocaleDateString("en-CA");
}

export function duration(valueMs: number): string {
  const seconds = Math.floor(valueMs / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400)
    return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}
