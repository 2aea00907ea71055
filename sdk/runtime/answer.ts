// What the host answers to an ask.

/** What the host said. `text` is its reason if it was not `ok`. */
export interface Answer {
  readonly ok: boolean;
  readonly text: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}
