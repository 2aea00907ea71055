// What a script reads and no deployment changes: the flags and secrets of its tenant. They are an
// input of an isolate beside its frames: one that has older ones is given these before its next
// turn.

export interface ScriptValues {
  /** From 0, raised with each change. */
  readonly revision: number;
  /** JSON in ASCII: { flags, secrets }; secrets null: they cannot be decrypted. */
  readonly text: string;
}

export const NO_VALUES: ScriptValues = { revision: 0, text: '{"flags":{},"secrets":{}}' };
