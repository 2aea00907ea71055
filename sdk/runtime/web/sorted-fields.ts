// The fields of a header block as the Fetch standard lists them.

import { eachField } from "../../../src/wire/headers.ts";
import { arrayPush, arraySort, stringToLowerCase } from "../primordials.ts";

/** The name is in lower case. */
export interface Field {
  readonly name: string;
  readonly value: string;
}

/** One field a name, values joined; each Set-Cookie for itself. */
export function sortedFields(block: string): Field[] {
  const lines: Field[] = [];
  eachField(block, (name, value) => arrayPush(lines, { name: stringToLowerCase(name), value }));
  // The sort is stable: lines of one name stay in their order.
  arraySort(lines, (left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));

  const fields: Field[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    const last = fields[fields.length - 1];
    if (line === undefined) continue;
    if (last?.name !== line.name || line.name === "set-cookie") arrayPush(fields, line);
    else fields[fields.length - 1] = { name: line.name, value: `${last.value}, ${line.value}` };
  }
  return fields;
}
