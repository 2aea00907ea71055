// What the bundler's process is told and what it says: JSON behind a length. It reads what
// strangers wrote and runs none of it, and yet its words are looked at.

import type { BundleProblem } from "../../control/bundle-problem.ts";

export interface BundleJob {
  readonly files: Readonly<Record<string, string>>;
  readonly entry: string;
  /** What a script may import from "sluice". */
  readonly sluiceExports: readonly string[];
}

export type BundleReply =
  | {
      readonly ok: true;
      readonly code: string;
      readonly map: string;
      readonly warnings: readonly BundleProblem[];
    }
  | { readonly ok: false; readonly errors: readonly BundleProblem[] };

/** A bundle with the source map of all that may be uploaded, escaped twice. */
export const REPLY_BYTES_MAX = 67_108_864;
const HEAD_BYTES = 4;

export function encodeWords(words: BundleJob | BundleReply | "ready"): Buffer {
  const text = Buffer.from(JSON.stringify(words));
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(text.length);
  return Buffer.concat([head, text]);
}

/** Puts chunks together to one message after the other, without copying a chunk twice. */
export class WordsReader {
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** What is whole now. Throws a RangeError for what is too long. */
  *read(chunk: Buffer): Generator<string> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= HEAD_BYTES) {
      const length = this.#gather(HEAD_BYTES).readUInt32LE();
      if (length > REPLY_BYTES_MAX) throw new RangeError(`a message of ${length} bytes`);
      if (this.#bytes < HEAD_BYTES + length) return;
      const whole = this.#gather(HEAD_BYTES + length);
      this.#chunks[0] = whole.subarray(HEAD_BYTES + length);
      this.#bytes -= HEAD_BYTES + length;
      yield whole.toString("utf8", HEAD_BYTES, HEAD_BYTES + length);
    }
  }

  /** The first chunk, once it has as many bytes. */
  #gather(bytes: number): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= bytes) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }
}

/** Null: no bundler of ours says that. */
export function readReply(text: string): BundleReply | null {
  const reply: unknown = JSON.parse(text);
  if (!isRecord(reply)) return null;
  const { ok, code, map, warnings, errors } = reply;
  if (ok === false) return areProblems(errors) ? { ok, errors } : null;
  const isBundle = ok === true && typeof code === "string" && typeof map === "string";
  return isBundle && areProblems(warnings) ? { ok, code, map, warnings } : null;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const areProblems = (value: unknown): value is readonly BundleProblem[] =>
  Array.isArray(value) &&
  value.every(
    (one) =>
      isRecord(one) &&
      [one.file, one.text].every((text) => typeof text === "string") &&
      [one.line, one.column].every(Number.isSafeInteger),
  );
