// Colours of pretty lines, where there is a terminal that wants them.

import { isatty } from "node:tty";

const CODES = { dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;

export type Color = keyof typeof CODES;

/** Standard output is a terminal and NO_COLOR is not set; FORCE_COLOR overrides the first. */
export const wantsColor = (
  env: Readonly<Record<string, string | undefined>> = process.env,
  isTerminal: boolean = isatty(1),
): boolean => !env.NO_COLOR && (isTerminal || Boolean(env.FORCE_COLOR));

export const paint = (color: Color | null, text: string): string =>
  color === null ? text : `\x1b[${CODES[color]}m${text}\x1b[0m`;
