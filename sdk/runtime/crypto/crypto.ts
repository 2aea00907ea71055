// `crypto`: random values, and the door to `subtle`.

import {
  isBufferView,
  NativeUint8Array,
  regexpExec,
  stringSlice,
  typedArrayByteLength,
  typedArrayName,
  uncurry,
} from "../primordials.ts";
import { DOMException } from "../shared.ts";
import { bytesOf } from "../web/bytes.ts";
import { fillRandom } from "./random.ts";
import { type SubtleCrypto, subtle } from "./subtle.ts";

/** Of one call (Web Crypto, 10.1.1). */
const RANDOM_BYTES_MAX = 65_536;
const INTEGERS = /^(?:Big)?U?[Ii]nt(?:8|8Clamped|16|32|64)Array$/;

const toHex: (bytes: Uint8Array) => string = uncurry(Uint8Array.prototype.toHex);

/** What only the runtime can make one with. */
const KEY = {};

export class Crypto {
  constructor(key: object) {
    if (key !== KEY) throw new TypeError("Cannot make a Crypto: expected the global crypto");
  }

  get subtle(): SubtleCrypto {
    return subtle;
  }

  /** Fills an array of integers, in a hook. */
  getRandomValues<T extends ArrayBufferView<ArrayBuffer>>(array: T): T {
    if (!isBufferView(array)) {
      throw new TypeError("getRandomValues: expected a typed array of integers");
    }
    const name = typedArrayName(array) ?? "DataView";
    if (regexpExec(INTEGERS, name) === null) {
      throw new DOMException(
        `getRandomValues: expected an array of integers, got ${name}`,
        "TypeMismatchError",
      );
    }
    if (typedArrayByteLength(array) > RANDOM_BYTES_MAX) {
      const most = `getRandomValues: at most ${RANDOM_BYTES_MAX} bytes`;
      throw new DOMException(most, "QuotaExceededError");
    }
    fillRandom(bytesOf(array));
    return array;
  }

  /** Version 4 of RFC 9562, in a hook. */
  randomUUID(): string {
    const bytes = new NativeUint8Array(16);
    fillRandom(bytes);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = toHex(bytes);
    const part = (from: number, to: number): string => stringSlice(hex, from, to);
    return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20, 32)}`;
  }
}

export const crypto = new Crypto(KEY);
