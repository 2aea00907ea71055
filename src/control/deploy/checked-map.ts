// A source map that came with a bundle. Every worker reads it when the script fails, people see
// its names, and the history shows its sources. So it is rebuilt from the parts that were
// understood, and nothing else gets in.

import * as z from "zod";
import { BUNDLE_LIMITS } from "../bundle-limits.ts";
import { Mappings } from "../mappings.ts";

export type CheckedMap = { readonly map: string } | { readonly refusal: string };

/** Honest ones have one and a half, of a bundle that is minified. */
const MAPPINGS_PER_BYTE = 3;
const NAME_CHARS_MAX = 1_024;
/** What would forge what a terminal shows: controls, and what turns the direction of text. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

const NAME = z
  .string()
  .max(NAME_CHARS_MAX, `names of at most ${NAME_CHARS_MAX} characters`)
  .refine((name) => !UNSEEN.test(name), "names without control characters");

/** Other members are of no use to anybody: they fall away. */
const MAP = z.object({
  version: z.literal(3, "version 3"),
  sources: z
    .array(NAME, "a list of sources")
    .max(BUNDLE_LIMITS.filesRead, `at most ${BUNDLE_LIMITS.filesRead} sources`),
  sourcesContent: z.array(z.string().nullable(), "a list of texts").default([]),
  mappings: z.string("mappings"),
});

export function checkedMap(text: string, codeBytes: number): CheckedMap {
  const { mapBytes } = BUNDLE_LIMITS;
  if (text.length > mapBytes) {
    return refused(`at most ${mapBytes} bytes`, `${text.length}`);
  }
  const { success, data, error } = MAP.safeParse(parsed(text));
  if (!success) return refused(error.issues[0]?.message ?? "a source map", "something else");
  const { sources, sourcesContent, mappings } = data;
  if (mappings.length > MAPPINGS_PER_BYTE * codeBytes) {
    return refused("mappings for the bundle that it came with", `${mappings.length} characters`);
  }
  try {
    new Mappings(mappings);
  } catch {
    return refused("mappings", "another text");
  }
  const contents = sources.map((_, index) => sourcesContent[index] ?? null);
  const map = { version: 3, sources, sourcesContent: contents, names: [], mappings };
  return { map: JSON.stringify(map) };
}

const refused = (expected: string, got: string): CheckedMap => ({
  refusal: `expected a source map of version 3 with ${expected}, got ${got}`,
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
