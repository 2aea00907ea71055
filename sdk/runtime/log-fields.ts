// `session.log`: fields that a script adds to the access line of its request.

import { LOG_FIELD_CHARS_MAX, LOG_FIELD_NAME, OUT } from "../../src/wire/records.ts";
import { quote } from "./ascii-json.ts";
import type { Call } from "./current.ts";
import { countEdit } from "./lines.ts";
import { out } from "./port.ts";
import { regexpExec } from "./primordials.ts";

const isFinite = Number.isFinite;

export class LogFields {
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  set(name: string, value: unknown): void {
    if (typeof name !== "string" || regexpExec(LOG_FIELD_NAME, name) === null) {
      throw new TypeError("session.log.set: expected a name of 1 to 64 of A-Z a-z 0-9 _ . -");
    }
    const json = jsonOf(name, value);
    if (!this.#call.isLive) return;
    countEdit(this.#call, json.length);
    out.write(name + json, OUT.LOG_FIELD, this.#call.id, name.length, json.length);
  }
}

function jsonOf(name: string, value: unknown): string {
  if (value === null || typeof value === "boolean") return `${value}`;
  if (typeof value === "number" && isFinite(value)) return `${value}`;
  if (typeof value !== "string") {
    const expected = "expected a string, a finite number, a boolean or null";
    throw new TypeError(`session.log.set ${name}: ${expected}, got ${typeof value}`);
  }
  const json = value.length > LOG_FIELD_CHARS_MAX ? "" : quote(value);
  if (json !== "" && json.length <= LOG_FIELD_CHARS_MAX) return json;
  const most = `at most ${LOG_FIELD_CHARS_MAX} characters as JSON`;
  throw new RangeError(`session.log.set ${name}: expected ${most}`);
}
