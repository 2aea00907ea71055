// Flags and secrets of a script under test, as the test gives and flips them.

import { NO_VALUES, type ScriptValues } from "../../sandbox/values.ts";

export interface GivenValuesBegin {
  readonly flags?: Readonly<Record<string, unknown>> | undefined;
  /** Null: they cannot be decrypted. */
  readonly secrets?: Readonly<Record<string, string>> | null | undefined;
}

export class GivenValues {
  readonly #flags: Record<string, unknown>;
  readonly #secrets: Readonly<Record<string, string>> | null;
  #values: ScriptValues = NO_VALUES;

  constructor({ flags = {}, secrets = {} }: GivenValuesBegin) {
    this.#flags = { ...flags };
    this.#secrets = secrets;
    this.#change();
  }

  of(_tenant: string): ScriptValues {
    return this.#values;
  }

  /** Undefined: there is no such flag any more. */
  setFlag(name: string, value: unknown): void {
    if (value === undefined) delete this.#flags[name];
    else this.#flags[name] = value;
    this.#change();
  }

  #change(): void {
    const text = JSON.stringify({ flags: this.#flags, secrets: this.#secrets });
    this.#values = { revision: this.#values.revision + 1, text };
  }
}
