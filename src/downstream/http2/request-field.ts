// One field of a request on HTTP/2: what it is to the proxy besides the kinds of HTTP/1.1.

import { NO_KIND } from "../../http1/field-names.ts";
import { REQUEST_FIELDS } from "../../http1/fields.ts";
import { MALFORMED, type SingleField, SingleFields } from "../../http1/single-fields.ts";

export const FIELD = {
  plain: NO_KIND,
  malformed: MALFORMED,
  method: 101,
  scheme: 102,
  path: 103,
  authority: 104,
  /** Joined to one line (RFC 9113 section 8.2.3). */
  cookie: 105,
} as const;

/** Those that only begin a block, in front of all others. */
export const isPseudo = (kind: number): boolean => kind >= FIELD.method && kind <= FIELD.authority;

/** Its kind is one of FIELD, or of HTTP/1.1's KIND. */
export type RequestField = SingleField;

const fields = new SingleFields(
  REQUEST_FIELDS,
  new Map([
    [":method", FIELD.method],
    [":scheme", FIELD.scheme],
    [":path", FIELD.path],
    [":authority", FIELD.authority],
    ["cookie", FIELD.cookie],
  ]),
);

export const requestField = fields.make;
