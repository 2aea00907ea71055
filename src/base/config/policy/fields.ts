// The kinds of values that only routes have.

import { isFieldValue } from "../../../wire/headers.ts";
import { LIMITS } from "../../limits.ts";
import { checked } from "../fields.ts";

/**
 * Written as it is read, decoded, so that one path has one spelling: what would have to be decoded,
 * cut or resolved first is refused.
 */
export const routePath = () =>
  checked({
    expected:
      "a path from /, as it is read, such as /api: without ?, #, %, ;, \\, " +
      "and empty or dot segments",
    pattern: /^\/[^?#%;\\]*$/,
    isValid: (value) => value.length <= LIMITS.routePathChars && !UNCLEAR.test(value),
  });

const UNCLEAR = /[\0-\x1f\x7f]|\/\/|\/\.\.?(?:\/|$)/;

export const method = () =>
  checked({
    expected: "a method in capitals that can be forwarded, such as GET",
    pattern: /^[A-Z][A-Z0-9_-]{0,31}$/,
    isValid: (value) => value !== "CONNECT" && value !== "TRACE",
  });

/**
 * What follows the scheme, or the first slash, must be the operator's own: a target that begins
 * with `//` would else send clients to any host that its sender names.
 */
export const redirectTarget = () =>
  checked({
    expected:
      "an http(s) URL, or a path that begins with a name, with placeholders of {host}, " +
      "{hostport}, {target}, {path}, {query} and {rest}",
    pattern: /^(?:https?:\/\/[^/]|\/(?![/\\{]))/,
    isValid: (value) =>
      !/[{}]/.test(value.replace(PLACEHOLDER, "")) &&
      !/^https?:\/\/\{(?:target|path|query|rest)\}/.test(value) &&
      /^[!-~]*$/.test(value),
  });

const PLACEHOLDER = /\{(?:host|hostport|target|path|query|rest)\}/g;

/** Of one header, in latin1. */
export const headerValue = () =>
  checked({
    expected: "a header's value",
    pattern: /^[\t -~\u0080-\u00ff]+$/,
    isValid: isFieldValue,
  });
