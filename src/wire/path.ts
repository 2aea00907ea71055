// How a path may be read. Upstreams differ in what they decode, merge, cut off and resolve before
// they look at a path, and each difference has been a way around somebody's rule:
//
//   /%61dmin   //admin   /x/../admin   /x/%2e%2e/admin   /admin%2f   /x\..\admin   /x/..;/admin
//
// So a path is read in every way that is known, for decisions only: what is forwarded stays as it
// came. Routes refuse a request whose readings lead to different routes (route-table.ts); scripts
// see a path only if there is one reading. Both sides of the wall use this file, so it is pure.
// A reading is a string of bytes, each a character.

/** A path that must be decoded is read in nine ways and more: in 2 ms if it is this long, … */
const UNCLEAR_CHARS_MAX = 4_096;
/** … and has no more segments than that: honest ones have ten. */
const UNCLEAR_SEGMENTS_MAX = 128;

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
 * The path of a target as all readers read it, as text; null: they differ. `*` is itself. What some
 * decode and others leave as it is makes a difference: `/%61`, `/a%40b`.
 */
export function commonReadingOf(target: string): string | null {
  const path = pathOf(target);
  if (isClear(path)) return path;
  const readings = readingsOf(path);
  const first = readings?.[0];
  // a percent sign that is left was escaped itself, and is there for those alone that do not decode
  if (readings === null || first === undefined || first.includes("%")) return null;
  return readings.every((reading) => reading === first) ? textOf(first) : null;
}

/**
 * Every reading of a path that is not clear, the one that decodes least first. Null: some readers
 * take it for an error, or for less than it is; or it would take too long. Some 15 µs for a usual
 * path, 2 ms at worst.
 */
export function readingsOf(path: string): readonly string[] | null {
  if (path.length > UNCLEAR_CHARS_MAX || BROKEN.test(path)) return null;
  const asWritten = decode(path, AS_WRITTEN);
  const readings = [asWritten];
  for (const isSlash of [false, true]) {
    const decoded = decode(path, isSlash ? SLASHES : PLAIN);
    for (const cutsParameters of [false, true]) {
      const segments = split(decoded, cutsParameters);
      if (segments.length > UNCLEAR_SEGMENTS_MAX) return null;
      readings.push(resolve(segments, false), resolve(segments, true));
    }
  }
  return textOf(asWritten) === null ? [...readings, ...readings.map(fromLatin1)] : readings;
}

/** The text of a reading whose bytes are UTF-8; null: they are not. */
function textOf(reading: string): string | null {
  if (/^[\0-\x7f]*$/.test(reading)) return reading;
  try {
    return decodeURIComponent(reading.replace(/[%\x80-\xff]/g, escapeByte));
  } catch {
    return null;
  }
}

const escapeByte = (byte: string): string => `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`;

/** What a reader of Latin-1 reads, in the bytes of UTF-8: of `/f\xfcr` it is `/für`. */
const fromLatin1 = (reading: string): string =>
  reading.replace(/[\x80-\xff]/g, (byte) => {
    const code = byte.charCodeAt(0);
    return String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
  });

/**
 * A percent sign that begins nothing; NUL, which ends the path for some; and characters in more
 * bytes than they need, which some decode all the same: `/` as `%C0%AF`, `%E0%80%AF` and longer.
 * Readers that look at no more than the first byte take `%C0%2F` and `%C1%1C` for such, too.
 */
const BROKEN = new RegExp(
  [
    "%(?![0-9a-f]{2})|%00",
    "%c[01]%(?:[0189ab][0-9a-f]|2[5ef]|5c)",
    "%e0%[89][0-9a-f]%[89ab]",
    "%f0%8[0-9a-f](?:%[89ab][0-9a-f]){2}",
    "%f8%8[0-7](?:%[89ab][0-9a-f]){3}",
    "%fc%8[0-3](?:%[89ab][0-9a-f]){4}",
  ].join("|"),
  "i",
);

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
