// Keeps secrets out of logs: a secret that a script logs or throws is replaced by its name, also
// in the forms that JSON, URLs and base64 give it (secret-forms.ts). A part of a secret is not
// recognised, except for one that the end of a line has cut off.

import { LIMITS } from "../../base/limits.ts";
import type { ScriptValues } from "../../sandbox/values.ts";
import { secretForms } from "./secret-forms.ts";

interface Form {
  readonly text: string;
  readonly mark: string;
}

export class Redaction {
  readonly #values: () => ScriptValues;
  #revision = -1;
  #forms: readonly Form[] = [];

  constructor(values: () => ScriptValues) {
    this.#values = values;
  }

  redact(text: string): string {
    const values = this.#values();
    if (values.revision !== this.#revision) this.#read(values);
    let redacted = text;
    for (const form of this.#forms) {
      if (redacted.includes(form.text)) redacted = redacted.replaceAll(form.text, () => form.mark);
    }
    // shorter ones are whole: the runtime cuts nothing that is not this long
    return text.length < LIMITS.scriptMessageChars ? redacted : this.#withoutCutSecret(redacted);
  }

  /** Without the beginning of a secret whose rest was cut off. */
  #withoutCutSecret(text: string): string {
    for (const { text: form, mark } of this.#forms) {
      const begin = form.slice(0, LIMITS.redactedChars);
      for (let at = text.indexOf(begin); at >= 0; at = text.indexOf(begin, at + 1)) {
        if (form.startsWith(text.slice(at))) return text.slice(0, at) + mark;
      }
    }
    return text;
  }

  #read({ revision, text }: ScriptValues): void {
    const { secrets }: { secrets: Record<string, string> | null } = JSON.parse(text);
    this.#forms = Object.entries(secrets ?? {})
      .filter(([, value]) => value.length >= LIMITS.redactedChars)
      .flatMap(([name, value]) => {
        const mark = `[secret ${name}]`;
        return secretForms(value).map((form): Form => ({ text: form, mark }));
      })
      // the longest first: one may be a part of another
      .sort((one, two) => two.text.length - one.text.length);
    this.#revision = revision;
  }
}
