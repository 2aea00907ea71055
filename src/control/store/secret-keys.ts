// The keys that secrets are encrypted with: the first one encrypts, every one decrypts, so that a
// new key can be put first and the old one taken away once nothing needs it.

import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from "node:crypto";
import { ownerText } from "../../base/config/operator.ts";
import { StoreError } from "./store.ts";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = "aes-256-gcm";

interface SecretKey {
  readonly id: string;
  readonly bytes: Buffer;
}

/** Whose secret it is: a value that was moved to another row does not decrypt. */
export interface SecretPlace {
  readonly tenant: string;
  readonly name: string;
}

export interface SealedSecret {
  readonly keyId: string;
  /** Nonce, tag, ciphertext. */
  readonly sealed: Buffer;
}

export class SecretKeys {
  readonly #keys: readonly SecretKey[];

  private constructor(keys: readonly SecretKey[]) {
    this.#keys = keys;
  }

  static none(): SecretKeys {
    return new SecretKeys([]);
  }

  /**
   * Keys as base64 of 32 bytes each, apart by white space or commas; lines with # are comments.
   * @param where for the error: never holds a key
   */
  static parse(text: string, where: string): SecretKeys {
    const words = text
      .split("\n")
      .filter((line) => !line.trimStart().startsWith("#"))
      .flatMap((line) => line.split(/[\s,]+/))
      .filter((word) => word !== "");
    if (words.length === 0) throw wrongKey(where, "none");
    return new SecretKeys(words.map((word) => toKey(word, where)));
  }

  /** Id of the key that encrypts; null: there is none. */
  get currentId(): string | null {
    return this.#keys[0]?.id ?? null;
  }

  /** Random for whoever has not the key that encrypts; null: there is none. */
  derived(purpose: string): Buffer | null {
    const [key] = this.#keys;
    return key === undefined ? null : Buffer.from(hkdfSync("sha256", key.bytes, "", purpose, 32));
  }

  has(id: string): boolean {
    return this.#keys.some((key) => key.id === id);
  }

  /** Throws StoreError without a key. */
  seal(value: string, place: SecretPlace): SealedSecret {
    const [key] = this.#keys;
    if (key === undefined) throw new StoreError("keyless", NO_KEY);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, key.bytes, nonce).setAAD(boundTo(place));
    const text = Buffer.concat([cipher.update(value, "utf8"), cipher.final()]);
    return { keyId: key.id, sealed: Buffer.concat([nonce, cipher.getAuthTag(), text]) };
  }

  /** Throws StoreError if no key of ours made it, or it was tampered with. */
  open({ keyId, sealed }: SealedSecret, place: SecretPlace): string {
    const key = this.#keys.find(({ id }) => id === keyId);
    const what = `secret ${place.name} of ${ownerText(place.tenant)}`;
    if (key === undefined) {
      const known = this.#keys.map(({ id }) => id).join(", ") || "none";
      const message = `Cannot decrypt ${what}: expected key ${keyId}, got ${known}`;
      throw new StoreError("damaged", message);
    }
    try {
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
      const options = { authTagLength: TAG_BYTES };
      const decipher = createDecipheriv(CIPHER, key.bytes, nonce, options);
      decipher.setAAD(boundTo(place)).setAuthTag(tag);
      const text = decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString("utf8");
    } catch (cause) {
      throw new StoreError("damaged", `Cannot decrypt ${what}: it was changed`, { cause });
    }
  }
}

const NO_KEY =
  "Cannot store a secret: expected a key, got none; set secrets.keyFile or secrets.keyEnv in " +
  "sluice.yaml (a key is the output of: openssl rand -base64 32)";

function toKey(word: string, where: string): SecretKey {
  const bytes = Buffer.from(word, "base64");
  const isBase64 = /^[A-Za-z0-9+/_-]+={0,2}$/.test(word);
  if (!isBase64 || bytes.length !== KEY_BYTES) {
    throw wrongKey(where, isBase64 ? `${bytes.length} bytes` : "something else");
  }
  return { id: hash("sha256", `sluice key ${bytes.toString("hex")}`, "hex").slice(0, 8), bytes };
}

const wrongKey = (where: string, got: string): Error =>
  new Error(
    `Cannot read the key of the secrets in ${where}: expected ${KEY_BYTES} bytes as base64 ` +
      `(openssl rand -base64 ${KEY_BYTES}), got ${got}`,
  );

const boundTo = ({ tenant, name }: SecretPlace): Buffer =>
  Buffer.from(`sluice secret\0${tenant}\0${name}`);
