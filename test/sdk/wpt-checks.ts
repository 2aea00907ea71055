// How the cases of web-platform-tests (test/wpt) are asked. Each check is functions that need
// nothing around them, so that their sources run in an isolate; it returns what failed: the case,
// and what came.

import { readFileSync } from "node:fs";

interface Check {
  readonly files: readonly string[];
  /** Has a function `check` of one file's data. */
  readonly code: string;
}

type Parts = Readonly<Record<string, string>>;
type UrlCase = string | (Parts & { readonly input: string; readonly base?: string | null });

function parsing(cases: readonly UrlCase[]): string[] {
  const failed: string[] = [];
  for (const each of cases) {
    if (typeof each === "string") continue;
    const { input, base, failure, comment: _, relativeTo: __, ...parts } = each;
    const name = JSON.stringify([input, base ?? null]);
    try {
      const url = new URL(input, base ?? undefined);
      if (failure !== undefined) failed.push(`${name}: is ${url.href}`);
      for (const [part, value] of Object.entries(parts)) {
        const got = part === "searchParams" ? `${url.searchParams}` : Reflect.get(url, part);
        if (failure === undefined && got !== value) failed.push(`${name}: ${part} is ${got}`);
      }
    } catch {
      if (failure === undefined) failed.push(`${name}: throws`);
    }
    if (URL.canParse(input, base ?? undefined) !== (failure === undefined)) {
      failed.push(`${name}: canParse`);
    }
  }
  return failed;
}

type SetterCase = { readonly href: string; readonly new_value: string; readonly expected: Parts };

function setting(cases: Readonly<Record<string, readonly SetterCase[]>>): string[] {
  const failed: string[] = [];
  for (const [part, list] of Object.entries(cases)) {
    if (part === "comment") continue;
    for (const { href, new_value, expected } of list) {
      const url = new URL(href);
      Reflect.set(url, part, new_value);
      for (const [name, value] of Object.entries(expected)) {
        const got = Reflect.get(url, name);
        if (got === value) continue;
        failed.push(`${JSON.stringify([href, part, new_value])}: ${name} is ${got}`);
      }
    }
  }
  return failed;
}

type Init = Record<string, string>;
type Groups = Record<string, string | null>;
type Matched = Record<string, { input: string; groups: Groups }>;

interface PatternCase {
  readonly pattern: readonly (string | Init)[];
  readonly inputs?: readonly (string | Init)[];
  readonly expected_obj?: "error" | Init;
  readonly expected_match?: "error" | null | Matched;
  readonly exactly_empty_components?: readonly string[];
}

/** As urlpattern/resources/urlpattern-tests.js asks. */
function matching(cases: readonly PatternCase[]): string[] {
  const failed: string[] = [];
  for (const each of cases) {
    const name = JSON.stringify([each.pattern, each.inputs ?? []]);
    for (const what of patternFaults(each)) failed.push(`${name}: ${what}`);
  }
  return failed;
}

const PATTERN_PARTS = [
  ...["protocol", "username", "password", "hostname"],
  ...["port", "pathname", "search", "hash"],
];

function patternFaults(each: PatternCase): string[] {
  const { pattern: given, inputs = [], expected_obj, expected_match } = each;
  const make = (): URLPattern => Reflect.construct(URLPattern, structuredClone(given));
  if (expected_obj === "error") return isTypeError(make) ? [] : ["is a pattern"];
  let pattern: URLPattern;
  try {
    pattern = make();
  } catch {
    return ["is no pattern"];
  }
  const faults = PATTERN_PARTS.filter(
    (part) => Reflect.get(pattern, part) !== (expected_obj?.[part] ?? wantedPart(each, part)),
  ).map((part) => `${part} is ${Reflect.get(pattern, part)}`);
  const match = (): boolean => pattern.test(...(structuredClone(inputs) as []));
  if (expected_match === "error") return isTypeError(match) ? faults : [...faults, "matches"];
  const isMatch = match();
  if (isMatch !== Boolean(expected_match)) return [...faults, `${isMatch}, it matches`];
  const result = pattern.exec(...(structuredClone(inputs) as []));
  if (!expected_match) return result === null ? faults : [...faults, "matches"];
  for (const part of PATTERN_PARTS) {
    const isEmpty = each.exactly_empty_components?.includes(part) === true;
    const wanted = expected_match[part] ?? { input: "", groups: isEmpty ? {} : { 0: "" } };
    const got = matchedText(Reflect.get(result ?? {}, part) ?? { input: "none", groups: {} });
    if (got !== matchedText(wanted)) faults.push(`${part} matches ${got}`);
  }
  return faults;
}

function isTypeError(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch (error) {
    return error instanceof TypeError;
  }
}

/** Where the case says nothing of it. */
function wantedPart({ pattern, exactly_empty_components }: PatternCase, part: string): string {
  const [first = "", second] = pattern;
  if (exactly_empty_components?.includes(part) === true) return "";
  if (typeof first === "object" && first[part]) return first[part];
  const ORDER = ["protocol", "hostname", "port", "pathname", "search", "hash"];
  const earlier = ORDER.slice(0, Math.max(0, ORDER.indexOf(part)));
  if (typeof first === "object" && earlier.some((name) => name in first)) return "*";
  const baseUrl = typeof first === "object" ? first.baseURL : undefined;
  const base = baseUrl ?? (typeof second === "string" ? second : null);
  if (base === null || part === "username" || part === "password") return "*";
  const value = String(Reflect.get(new URL(base), part));
  if (part === "protocol") return value.slice(0, -1);
  return part === "search" || part === "hash" ? value.slice(1) : value;
}

function matchedText({ input, groups }: { input: string; groups: Groups }): string {
  const names = Object.keys(groups).sort();
  return JSON.stringify([input, names.map((name) => [name, groups[name] ?? null])]);
}

type MimeCase = string | { readonly input: string; readonly output: string | null };

/** As mimesniff/mime-types/parsing.any.js asks. */
async function mimeTypes(cases: readonly MimeCase[]): Promise<string[]> {
  const failed: string[] = [];
  for (const each of cases) {
    if (typeof each === "string") continue;
    const { input, output } = each;
    // what headers of scripts do not hold, or hold without the blanks around it
    if (/^[\t ]|[\t ]$|[^\t\x20-\x7e\x80-\xff]/.test(input)) continue;
    const response = new Response("", { headers: { "content-type": input } });
    const { type } = await response.blob();
    if (type !== (output ?? "")) failed.push(`${JSON.stringify(input)}: ${type}`);
  }
  return failed;
}

type Base64Case = readonly [text: string, bytes: readonly number[] | null];

/** As html/webappapis/atob/base64.any.js asks. */
function base64(cases: readonly Base64Case[]): string[] {
  const failed: string[] = [];
  for (const [text, bytes] of cases) {
    let got: string;
    try {
      got = JSON.stringify([...atob(text)].map((character) => character.charCodeAt(0)));
    } catch (error) {
      got = error instanceof DOMException && error.name === "InvalidCharacterError" ? "null" : "?";
    }
    if (got !== JSON.stringify(bytes)) failed.push(`${JSON.stringify(text)}: ${got}`);
  }
  return failed;
}

type AsciiCase = string | { readonly input: string; readonly output: string | null };

/** As url/toascii.window.js asks. */
function hostsInAscii(cases: readonly AsciiCase[]): string[] {
  const failed: string[] = [];
  for (const each of cases) {
    if (typeof each === "string") continue;
    const { input, output } = each;
    const name = JSON.stringify(input);
    const url = URL.parse(`https://${input}/x`);
    const wanted = output === null ? undefined : `https://${output}/x`;
    if (url?.href !== wanted) failed.push(`${name}: ${url?.href ?? "is none"}`);
    for (const part of ["host", "hostname"]) {
      const set = new URL("https://x/x");
      Reflect.set(set, part, input);
      if (set.href !== (wanted ?? "https://x/x"))
        failed.push(`${name}: set as ${part}, ${set.href}`);
    }
  }
  return failed;
}

/** As encoding/textdecoder-labels.any.js and encoding/replacement-encodings.any.js ask. */
function encodingLabels(names: Readonly<Record<string, string>>): string[] {
  const failed: string[] = [];
  const encodingOf = (label: string): string => {
    try {
      return new TextDecoder(label).encoding;
    } catch (error) {
      return error instanceof RangeError ? "replacement" : "another error";
    }
  };
  for (const [label, name] of Object.entries(names)) {
    const blanks = [" ", "\t", "\n", "\f", "\r"].flatMap((blank) => [
      ...[blank + label, label + blank, blank + label + blank],
    ]);
    for (const one of [label, label.toUpperCase(), ...blanks]) {
      const got = encodingOf(one);
      if (got !== name.toLowerCase()) failed.push(`${JSON.stringify(one)}: ${got}`);
    }
  }
  for (const none of ["", "utf", "\0utf-8", "utf-8\v", "\u00a0utf-8", "ut\u0131f-8", "u t f-8"]) {
    if (encodingOf(none) !== "replacement") failed.push(`${JSON.stringify(none)}: is a label`);
  }
  return failed;
}

export const CHECKS: Readonly<Record<string, Check>> = {
  "URLs are parsed": { files: ["urltestdata"], code: codeOf(parsing) },
  "parts of URLs are set": { files: ["setters_tests"], code: codeOf(setting) },
  "patterns of URLs match": {
    files: ["urlpatterntestdata"],
    code: `const PATTERN_PARTS = ${JSON.stringify(PATTERN_PARTS)};
      ${codeOf(matching, patternFaults, isTypeError, wantedPart, matchedText)}`,
  },
  "MIME types are parsed": {
    files: ["mime-types", "generated-mime-types"],
    code: codeOf(mimeTypes),
  },
  "hosts become ASCII": { files: ["toascii"], code: codeOf(hostsInAscii) },
  "labels name encodings": { files: ["encoding-labels"], code: codeOf(encodingLabels) },
  "base64 is decoded": { files: ["base64"], code: codeOf(base64) },
};

/** Sources of functions, and `check`, which is the first of them. */
function codeOf(...functions: readonly ((...given: never[]) => unknown)[]): string {
  return `${functions.join("\n")}\nconst check = ${functions[0]?.name};`;
}

export const dataOf = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../wpt/${file}.json`, import.meta.url), "utf8"));
