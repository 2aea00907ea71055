// The body of a fetch's response: it is the host's, and comes in here when it is read. Untouched it
// goes to the client without coming in at all.

import { ASK } from "../../../src/wire/records.ts";
import { type Answer, ask, letGo } from "../asks.ts";
import { type Call, current } from "../current.ts";
import { stringIndexOf, stringSlice } from "../primordials.ts";
import { DOMException } from "./exception.ts";

/** Rejects with what the host says: a name and a message. */
export function refusalOf(text: string): Error {
  const parts = splitOnce(text);
  const name = parts[0];
  const message = parts[1];
  return name === "TypeError" ? new TypeError(message) : new DOMException(message, name);
}

/** What stands before the first line feed, and what stands behind it. */
export function splitOnce(text: string): readonly [first: string, rest: string] {
  const at = stringIndexOf(text, "\n");
  return at < 0 ? [text, ""] : [stringSlice(text, 0, at), stringSlice(text, at + 1)];
}

export interface RemoteBegin {
  /** The ask that holds it at the host. */
  readonly id: number;
  /** The call that fetched it, with which it ends. */
  readonly owner: Call;
  /** All of it, if it came with the head; null: the host has it. */
  readonly whole: Uint8Array<ArrayBuffer> | null;
}

export class RemoteBody {
  readonly id: number;
  readonly #owner: Call;
  #whole: Promise<Uint8Array<ArrayBuffer>> | null = null;
  /** Told when nothing of it is to come any more. */
  #settled: (() => void) | null = null;
  #reject: ((reason: unknown) => void) | null = null;
  #reason: { readonly value: unknown } | null = null;

  constructor({ id, owner, whole }: RemoteBegin) {
    this.id = id;
    this.#owner = owner;
    if (whole !== null) this.#whole = resolved(whole);
  }

  static is(value: unknown): value is RemoteBody {
    return typeof value === "object" && value !== null && #owner in value;
  }

  /** The host has it yet, as it came: it can pass without coming in. */
  get isUntouched(): boolean {
    return this.#reject === null && this.#reason === null;
  }

  /** All of it, decoded; the same bytes for all who ask. */
  read(): Promise<Uint8Array<ArrayBuffer>> {
    this.#whole ??= this.#ask("whole");
    return this.#whole;
  }

  /** Nothing of it is wanted any more; who reads it gets the reason. */
  cancel(reason: unknown): void {
    if (this.#reason !== null) return;
    this.#reason = { value: reason };
    letGo(this.#owner, this.id);
    this.#reject?.(reason);
    this.done();
  }

  whenDone(settled: () => void): void {
    this.#settled = settled;
  }

  /** It is read, or handed on. */
  done(): void {
    const settled = this.#settled;
    this.#settled = null;
    settled?.();
  }

  #ask(what: string): Promise<Uint8Array<ArrayBuffer>> {
    return new Promise((resolve, reject) => {
      if (this.#reason !== null) {
        reject(this.#reason.value);
        return;
      }
      this.#reject = reject;
      const settle = ({ ok, text, bytes }: Answer): void => {
        if (ok) resolve(bytes);
        else reject(refusalOf(text));
        this.done();
      };
      const wish = { name: "body", kind: ASK.next, text: `${this.id} ${what}`, bytes: null };
      ask(current(), wish, { settle, abort: reject });
    });
  }
}

const resolved = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> => bytes;
