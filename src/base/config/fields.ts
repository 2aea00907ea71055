// The kinds of values that a configuration is made of. The message of each kind is what it
// expects, in words; `problems.ts` adds "expected …, got …" around it.

import * as z from "zod";
import {
  isIpAddress,
  parseAddress,
  parseEgress,
  parseHostPattern,
  parseNetwork,
} from "./address.ts";
import { parsePostgres } from "./postgres.ts";

const ONE_DAY_MS = 86_400_000;

/** A mapping that knows all its keys. For an unknown one the message is the list of them. */
export const mapping = <S extends z.ZodRawShape>(shape: S) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? Object.keys(shape).join(", ") : "a mapping",
  });

/** A mapping from names that the user chooses. The names themselves are checked in checks.ts. */
export const named = <T extends z.ZodType>(value: T) =>
  z
    .record(z.string(), value, "a mapping")
    .meta({ propertyNames: { pattern: NAME.source } })
    .default({});

export const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
export const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** A name that is a value, of the same shape. */
export const groupName = () => z.string("a name").regex(NAME, `a name that matches ${NAME.source}`);

export const integer = (min: number, max: number) => {
  const expected = `an integer from ${min} to ${max}`;
  return z.int(expected).min(min, expected).max(max, expected);
};

export const milliseconds = (min = 1) => integer(min, ONE_DAY_MS);

export const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, `one of ${values.join(", ")}`);

export const text = () => z.string("a string");

export const listOf = <T extends z.ZodType>(item: T, expected: string) =>
  z.array(item, expected).min(1, `${expected} with at least one entry`);

/** Where we listen: an IP address, since a name may mean several, or another one tomorrow. */
export const listenAddress = () =>
  checked({
    expected: "an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080",
    pattern: /^(?:[0-9.]+|\[[0-9A-Fa-f:.]+\]):[0-9]+$/,
    isValid: (value) => isIpAddress(parseAddress(value)?.host ?? ""),
  });

/** HTTP itself behind a switch would be requests that nobody checks. */
export const upgradeName = () =>
  checked({
    expected: "a protocol other than HTTP and TLS, such as websocket, tcp or SPDY/3.1",
    pattern: /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+)?$/,
    isValid: (value) => !/^(?:h2c?|http|https|tls)(?:\/|$)/i.test(value),
  });

export const network = () =>
  checked({
    expected: "an IP address or network, such as 10.0.0.0/8",
    pattern: /^[0-9A-Fa-f:.]+(?:\/[0-9]+)?$/,
    isValid: (value) => parseNetwork(value) !== null,
  });

export const destination = () =>
  checked({
    expected: "an IP address or network, with or without a port, such as 10.0.0.7:8080",
    pattern: /^[[\]0-9A-Fa-f:./]+$/,
    isValid: (value) => parseEgress(value) !== null,
  });

export const storeAddress = () =>
  checked({
    expected: "sqlite:PATH, postgres://USER@HOST/DATABASE, memory or none",
    pattern: /^(?:sqlite:.+|postgres(?:ql)?:\/\/.+|memory|none)$/,
    isValid: (value) =>
      !value.includes("\0") && (!value.startsWith("postgres") || parsePostgres(value) !== null),
  });

export const hostPattern = () =>
  checked({
    expected: "a host name without a port, *.name or *",
    pattern: /^[^\s/]+$/,
    isValid: (value) => parseHostPattern(value) !== null,
  });

interface Check {
  readonly expected: string;
  /** For editors: catches most of what `isValid` refuses. */
  readonly pattern: RegExp;
  readonly isValid: (value: string) => boolean;
}

/** Text with a shape of its own. */
export const checked = ({ expected, pattern, isValid }: Check) =>
  z
    .string(expected)
    .regex(pattern, expected)
    .refine((value) => !pattern.test(value) || isValid(value), expected); // said once
