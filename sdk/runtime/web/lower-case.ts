// Header names in lower case; those that are no names stay what they are, for the check to find. A
// script uses few names again and again: those it has used are kept, since to convert one is a call
// into V8's runtime, and what it makes has no hash yet.

import { mapGet, mapSet, mapSize, NativeMap, stringToLowerCase } from "../primordials.ts";
import { isAscii } from "./utf8.ts";

/** Names that are kept, and the longest of them: 16 KiB at most. */
const KEPT_MAX = 256;
const KEPT_CHARS_MAX = 64;

const kept = new NativeMap<string, string>();

export function lowerCase(name: string): string {
  const known = mapGet(kept, name);
  if (known !== undefined) return known;
  // the Kelvin sign is a k in lower case, and would make a token of what is none
  if (!isAscii(name)) return name;
  const lower = stringToLowerCase(name);
  if (name.length <= KEPT_CHARS_MAX && mapSize(kept) < KEPT_MAX) mapSet(kept, name, lower);
  return lower;
}
