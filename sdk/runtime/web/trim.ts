// Trimming as the web's standards mean it: their white space is ASCII, unlike String's.

import { stringIncludes, stringSlice } from "../primordials.ts";

/** The Fetch standard's: around a header value. */
export const HTTP_BLANKS = "\t\n\r ";
/** The Infra standard's: around a label. */
export const ASCII_BLANKS = "\t\n\f\r ";

/** A loop, since the obvious regular expression takes quadratic time on a long run of blanks. */
export function trimBlanks(text: string, blanks: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && stringIncludes(blanks, text[start] ?? "")) start++;
  while (end > start && stringIncludes(blanks, text[end - 1] ?? "")) end--;
  return end - start === text.length ? text : stringSlice(text, start, end);
}
