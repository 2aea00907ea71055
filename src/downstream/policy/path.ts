// How a path may be read. Upstreams differ in what they decode, merge, cut off and resolve before
// they look at a path, and each difference has been a way around somebody's rule:
//
//   /%61dmin   //admin   /x/../admin   /x/%2e%2e/admin   /admin%2f   /x\..\admin   /x/..;/admin
//
// So a path is read in every way that is known, for decisions only: what is forwarded stays as it
// came. If a route is not the same in all readings, the request is refused (route-table.ts).

import { LIMITS } from "../../base/limits.ts";

/** Anything that some reader decodes, merges, cuts off or resolves. */
const UNCLEAR = /[%;\\]|\/(?:\/|\.\.?(?:\/|$))/;

/** True: everybody reads the path as it stands. So are most, and one look tells. */
export function isClear(path: string): boolean {
  return !UNCLEAR.test(path);
}

/** The path of a target, without its query. */
export function pathOf(target: string): string {
  const query = target.indexOf("?");
  return query === -1 ? target : target.slice(0, query);
}

/**
 * Every reading of a path that is not clear, decoded as `encodePath` has it. Null: some readers
 * take it for an error, or for less than it is; or it would take too long. Some 15 µs for a usual
 * path, 2 ms at worst.
 */
export function readingsOf(path: string): readonly string[] | null {
  if (path.length > LIMITS.unclearPathChars || BROKEN.test(path)) return null;
  const readings = [decode(path, AS_WRITTEN)];
  for (const isSlash of [false, true]) {
    const decoded = decode(path, isSlash ? SLASHES : PLAIN);
    for (const cutsParameters of [false, true]) {
      const segments = split(decoded, cutsParameters);
      if (segments.length > LIMITS.unclearPathSegments) return null;
      readings.push(resolve(segments, false), resolve(segments, true));
    }
  }
  return readings;
}

/** A route's path, or a segment, in the spelling of readings: its bytes, each a character. */
export function encodePath(path: string): string {
  return Buffer.from(path, "utf8").toString("latin1");
}

/**
 * A percent sign that begins nothing; NUL, which ends the path for some; and bytes that are never
 * in UTF-8, but that some decode to `.` and `/` all the same.
 */
const BROKEN = /%(?![0-9A-Fa-f]{2})|%00|%[Cc][01]|%[Ff][89A-Fa-f]/;

type Decoding = (character: string, escaped: string) => string;

function decode(path: string, decoding: Decoding): string {
  const read = decoding === SLASHES ? path.replaceAll("\\", "/") : path;
  return read.replace(/%[0-9A-Fa-f]{2}/g, (escaped) =>
    decoding(String.fromCharCode(Number.parseInt(escaped.slice(1), 16)), escaped.toUpperCase()),
  );
}

/** Characters that can only come escaped: to decode them is nobody's decision. */
const ONLY_ESCAPED = /[^!-~]|["<>^`{|}]/;
const AS_WRITTEN: Decoding = (character, escaped) =>
  ONLY_ESCAPED.test(character) ? character : escaped;

const PLAIN: Decoding = (character, escaped) => (/[/\\%]/.test(character) ? escaped : character);

const SLASHES: Decoding = (character, escaped) => {
  if (character === "/" || character === "\\") return "/";
  return character === "%" ? escaped : character;
};

/** Servers of Java cut off what follows a semicolon, and look for dots after that. */
function split(path: string, cutsParameters: boolean): string[] {
  const segments = path.split("/").slice(1);
  if (!cutsParameters) return segments;
  return segments.map((segment) => segment.split(";", 1)[0] ?? "");
}

/** RFC 3986 section 5.2.4; `merges`: empty segments first go. */
function resolve(segments: readonly string[], merges: boolean): string {
  const kept: string[] = [];
  const last = segments.length - 1;
  for (const [index, segment] of segments.entries()) {
    if (segment === "..") kept.pop();
    else if (segment !== "." && !(merges && segment === "" && index !== last)) kept.push(segment);
    // What ends with dots is a folder: /a/b/.. is /a/
    if (index === last && (segment === ".." || segment === ".")) kept.push("");
  }
  return `/${kept.join("/")}`;
}
