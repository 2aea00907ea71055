// `crypto.subtle` of one isolate, as far as the host does it: in the isolate's own thread, so that
// its time is the call's. A call is the name of an operation, its words, and bytes in a window that
// both share; what comes out goes the same way. Everything here is from a script.

import { CRYPTO_LIMITS, CRYPTO_WINDOW_BYTES } from "../../wire/crypto.ts";
import { CIPHERS } from "./ciphers.ts";
import type { Operation } from "./crypto-call.ts";
import { CryptoFault } from "./crypto-fault.ts";
import { DERIVATIONS } from "./derivations.ts";
import { DIGESTS } from "./digests.ts";
import { GENERATION } from "./generation.ts";
import { KeyCache } from "./key-cache.ts";
import { KEY_FORMATS } from "./key-formats.ts";
import { SIGNATURES } from "./signatures.ts";

const OPERATIONS: ReadonlyMap<unknown, Operation> = new Map(
  Object.entries({
    ...DIGESTS,
    ...CIPHERS,
    ...SIGNATURES,
    ...DERIVATIONS,
    ...KEY_FORMATS,
    ...GENERATION,
  }),
);

const WORDS_CHARS_MAX = 256;
const PARTS_MAX = 4;

export class HostCrypto {
  readonly window = new SharedArrayBuffer(CRYPTO_WINDOW_BYTES);
  readonly #bytes = Buffer.from(this.window);
  readonly #keys = new KeyCache();

  /**
   * @param lengths  of the parts in the window, end to end
   * @returns length of what is in the window now; or `=`, such lengths and words, separated by `|`;
   * or `!`, the name of an error, `:` and its sentence
   */
  readonly run = (name: unknown, words: unknown, ...lengths: unknown[]): number | string => {
    const operation = OPERATIONS.get(name);
    const parts = this.#parts(lengths);
    if (operation === undefined || typeof words !== "string" || parts === null) return BROKEN;
    if (words.length > WORDS_CHARS_MAX) return BROKEN;
    try {
      const result = operation({ words: words.split("|"), parts, keys: this.#keys });
      return Buffer.isBuffer(result) ? this.#put([result]) : this.#putAll(result);
    } catch (thrown) {
      if (thrown instanceof CryptoFault) return `!${thrown.kind}:${thrown.message}`;
      return FAILED; // what the library says is none of the script's business
    }
  };

  #parts(lengths: readonly unknown[]): Buffer[] | null {
    const parts: Buffer[] = [];
    let at = 0;
    for (const length of lengths) {
      if (typeof length !== "number" || !Number.isSafeInteger(length) || length < 0) return null;
      if (length > CRYPTO_LIMITS.dataBytes || parts.length === PARTS_MAX) return null;
      parts.push(this.#bytes.subarray(at, at + length));
      at += length;
    }
    return at <= CRYPTO_WINDOW_BYTES ? parts : null;
  }

  #putAll({ bytes, words }: { bytes: readonly Buffer[]; words: readonly string[] }): string {
    this.#put(bytes);
    return `=${[...bytes.map(({ length }) => `${length}`), ...words].join("|")}`;
  }

  #put(bytes: readonly Buffer[]): number {
    let at = 0;
    for (const part of bytes) {
      if (at + part.length > CRYPTO_WINDOW_BYTES) throw new CryptoFault("OperationError", LARGE);
      this.#bytes.set(part, at);
      at += part.length;
    }
    return at;
  }
}

const LARGE = "the result is too large";
const BROKEN = "!OperationError:the call was broken on its way";
const FAILED = "!OperationError:the operation failed";
