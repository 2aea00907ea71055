// CryptoKey. Its bytes stay in the isolate: a handle on the host would have to be let go by
// somebody, and nothing tells that a script has dropped its key. So `extractable: false` is a rule
// of this class, which guards against mistakes and not against the script itself.

import { arrayPush } from "../primordials.ts";

export type KeyType = "secret" | "public" | "private";

export type KeyUsage =
  | "encrypt"
  | "decrypt"
  | "sign"
  | "verify"
  | "deriveKey"
  | "deriveBits"
  | "wrapKey"
  | "unwrapKey";

export const USAGES: readonly KeyUsage[] = [
  ...(["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits"] as const),
  ...(["wrapKey", "unwrapKey"] as const),
];

/** As scripts see it; which members there are depends on the algorithm. */
export interface KeyAlgorithm {
  readonly name: string;
  readonly hash?: { readonly name: string };
  readonly length?: number;
  readonly modulusLength?: number;
  readonly publicExponent?: Uint8Array;
  readonly namedCurve?: string;
}

export interface KeyParts {
  readonly type: KeyType;
  readonly algorithm: KeyAlgorithm;
  readonly extractable: boolean;
  readonly usages: readonly KeyUsage[];
  /** The secret itself; of a public key SPKI, of a private one PKCS #8. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const KEY = {};
const freeze = Object.freeze;

/** For the runtime: the door to the private field; null for what is no key. */
export let partsIn: (value: unknown) => KeyParts | null;
export let makeKey: (parts: KeyParts) => CryptoKey;

export class CryptoKey {
  readonly #parts: KeyParts;
  readonly #algorithm: KeyAlgorithm;
  readonly #usages: readonly KeyUsage[];

  static {
    partsIn = (value) =>
      typeof value === "object" && value !== null && #parts in value ? value.#parts : null;
    makeKey = (parts) => new CryptoKey(KEY, parts);
  }

  constructor(key: object, parts: KeyParts) {
    if (key !== KEY) throw new TypeError("Cannot make a CryptoKey: expected crypto.subtle");
    this.#parts = parts;
    this.#algorithm = freeze(parts.algorithm);
    this.#usages = freeze(inOrder(parts.usages));
  }

  get type(): KeyType {
    return this.#parts.type;
  }

  get extractable(): boolean {
    return this.#parts.extractable;
  }

  get algorithm(): KeyAlgorithm {
    return this.#algorithm;
  }

  get usages(): readonly KeyUsage[] {
    return this.#usages;
  }
}

/** Each once, in the order of the standard. */
function inOrder(usages: readonly KeyUsage[]): KeyUsage[] {
  const ordered: KeyUsage[] = [];
  for (let i = 0; i < USAGES.length; i++) {
    const usage = USAGES[i] as KeyUsage;
    if (includes(usages, usage)) arrayPush(ordered, usage);
  }
  return ordered;
}

/** The builtin could be the script's. */
export function includes<T>(list: readonly T[], wanted: T): boolean {
  for (let i = 0; i < list.length; i++) if (list[i] === wanted) return true;
  return false;
}
