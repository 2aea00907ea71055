// A tenant's limits and the operator's caps as keys of the configuration.

import type { Path } from "./document.ts";
import { integer, mapping } from "./fields.ts";
import type { Mistake } from "./problems.ts";
import { entriesOf } from "./shape.ts";
import { eachLimit } from "./tenant-limits.ts";

/** A tenant's `limits`. Their defaults are filled in later, because the caps hold for them too. */
export const tenantLimits = () =>
  mapping(
    eachLimit(({ range: [least, most], bounds, default: value }) =>
      integer(least, most).optional().meta({ description: bounds, default: value }),
    ),
  );

/** The operator's `caps`. */
export const limitCaps = () =>
  mapping(eachLimit(({ range: [least, most] }) => integer(least, most).optional()));

/** Both as they were written: what is no number is the schema's to refuse. */
export function checkCaps(path: Path, limits: unknown, caps: unknown): Mistake[] {
  const most = entriesOf(caps);
  return [...entriesOf(limits)].flatMap(([name, value]) => {
    const cap = most.get(name);
    if (typeof value !== "number" || typeof cap !== "number" || value <= cap) return [];
    const text = `expected at most ${cap} (caps.${name}), got ${value}`;
    return [{ path: [...path, name], text, isKey: false }];
  });
}
