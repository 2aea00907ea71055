// Secrets that a script writes to its log, or throws, do not get there: each is replaced by its
// name. What a script makes of a secret (its base64, a part of it) is not recognised.

import { LIMITS } from "../base/limits.ts";
import type { ScriptValues } from "../sandbox/values.ts";

export class Redaction {
  readonly #values: () => ScriptValues;
  #revision = -1;
  #secrets: readonly (readonly [name: string, value: string])[] = [];

  constructor(values: () => ScriptValues) {
    this.#values = values;
  }

  redact(text: string): string {
    const values = this.#values();
    if (values.revision !== this.#revision) this.#read(values);
    let redacted = text;
    for (const [name, value] of this.#secrets) {
      redacted = redacted.replaceAll(value, () => `[secret ${name}]`);
    }
    return redacted;
  }

  #read({ revision, text }: ScriptValues): void {
    const { secrets }: { secrets: Record<string, string> | null } = JSON.parse(text);
    // the longest first: one may be a part of another
    this.#secrets = Object.entries(secrets ?? {})
      .filter(([, value]) => value.length >= LIMITS.redactedChars)
      .sort(([, one], [, two]) => two.length - one.length);
    this.#revision = revision;
  }
}
