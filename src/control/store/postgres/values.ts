// Values between our rows and PostgreSQL's. Integers are bigints, as those of SQLite are, and its
// text cannot hold the character NUL, which a script's may:
//
//   "a\0b"  is kept as  "a\x1a0b"        "\x1a"  is kept as  "\x1aZ"

import type { SQLInputValue } from "node:sqlite";

const ESCAPE = "\x1a";
const NUL = "\0";

export const toEngine = (value: SQLInputValue): SQLInputValue =>
  typeof value === "string" && (value.includes(NUL) || value.includes(ESCAPE))
    ? value.replaceAll(ESCAPE, `${ESCAPE}Z`).replaceAll(NUL, `${ESCAPE}0`)
    : value;

const fromText = (text: string): string =>
  text.includes(ESCAPE)
    ? text.replaceAll(`${ESCAPE}0`, NUL).replaceAll(`${ESCAPE}Z`, ESCAPE)
    : text;

const fromBytes = (text: string): Buffer => Buffer.from(text.slice(2), "hex");

/** By the number that PostgreSQL has for a type: integers of 2, 4 and 8 bytes, and `bytea`. */
const PARSERS = new Map<number, (text: string) => bigint | Buffer>([
  [20, BigInt],
  [21, BigInt],
  [23, BigInt],
  [17, fromBytes],
]);

/** What `pg` asks for each column of an answer. */
export const VALUE_TYPES = {
  getTypeParser: (type: number): ((text: string) => string | bigint | Buffer) =>
    PARSERS.get(type) ?? fromText,
};

const numbered = new Map<string, string>();

/** What our statements call so: the time at which it is asked, not at which the change began. */
const NOW_MS = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/** Our statements mark a parameter with a question mark, PostgreSQL numbers them. */
export function toNumbered(sql: string): string {
  const known = numbered.get(sql);
  if (known !== undefined) return known;
  let count = 0;
  const made = sql.replaceAll("?", () => `$${++count}`).replaceAll("now_ms()", NOW_MS);
  // as many as there are statements of ours
  numbered.set(sql, made);
  return made;
}
