// `session.timing`: the time of the request, and the moments that its hooks have marked in it.

import { LOG_FIELD_NAME, OUT } from "../../src/wire/records.ts";
import type { Call } from "./current.ts";
import { deepFrozen } from "./frozen.ts";
import { countEdit } from "./lines.ts";
import type { Parts } from "./parts.ts";
import { out } from "./port.ts";
import { jsonParse, jsonStringify, mathRound, regexpExec } from "./primordials.ts";

type Marks = Record<string, number>;

export class SessionTiming {
  readonly #call: Call;
  readonly #parts: Parts;

  constructor(call: Call, parts: Parts) {
    this.#call = call;
    this.#parts = parts;
  }

  get startMs(): number {
    return +(this.#parts.client?.startMs ?? 0);
  }

  get elapsedMs(): number {
    return this.#parts.turnMs - this.startMs;
  }

  get marks(): Readonly<Marks> {
    return deepFrozen(marksOf(this.#parts));
  }

  mark(name: string): void {
    if (typeof name !== "string" || regexpExec(LOG_FIELD_NAME, name) === null) {
      throw new TypeError("session.timing.mark: expected a name of 1 to 64 of A-Z a-z 0-9 _ . -");
    }
    const ms = mathRound(this.elapsedMs * 1000) / 1000;
    const marks = marksOf(this.#parts);
    marks[name] = ms > 0 ? ms : 0;
    this.#parts.marks = jsonStringify(marks) ?? "";
    if (!this.#call.isLive) return;
    const text = `${marks[name]}`;
    countEdit(this.#call, name.length + text.length);
    out.write(name + text, OUT.MARK, this.#call.id, name.length, text.length);
  }
}

/** Without a prototype, whatever names they have. */
function marksOf({ marks }: Parts): Marks {
  const known: Marks = Object.create(null);
  return marks === "" ? known : Object.assign(known, jsonParse(marks));
}
