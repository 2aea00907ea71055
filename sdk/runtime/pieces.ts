// What an ask holds at the host, such as the body of a response: more of it is asked for, or given
// to it, piece by piece, so that whoever is fast waits for whoever is slow.

import { ASK } from "../../src/wire/asks.ts";
import type { Answer } from "./answer.ts";
import { ask } from "./asks.ts";
import type { Call } from "./current.ts";
import { NativeUint8Array, stringIndexOf, stringSlice } from "./primordials.ts";
import { DOMException } from "./web/exception.ts";
import type { Bytes, Feed } from "./web/streams.ts";

export interface Held {
  readonly call: Call;
  /** Of the ask that holds it. */
  readonly id: number;
  /** What it is, for errors. */
  readonly name: string;
}

/** What is wanted of it, or what is given. */
export type Wanted = "whole" | "chunk" | "write" | "end" | "fail";

export function askNext(
  { call, id, name }: Held,
  wanted: Wanted,
  bytes: Uint8Array | null = null,
): Promise<Bytes> {
  return new Promise((resolve, reject) => {
    const settle = (answer: Answer): void => {
      if (answer.ok) resolve(answer.bytes);
      else reject(refusalOf(answer.text));
    };
    const wish = { name, kind: ASK.next, text: `${id} ${wanted}`, bytes };
    ask(call, wish, { settle, abort: reject });
  });
}

/** A body that goes to the host as it is taken there. */
export class Pouring {
  readonly #held: Held;
  readonly #feed: Feed;
  #isOver = false;

  constructor(held: Held, feed: Feed) {
    this.#held = held;
    this.#feed = feed;
  }

  /** Nobody wants it any more. */
  stop(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#feed.cancel(reason);
  }

  /** `failed`: the script's own stream has, and the host is told. Never rejects. */
  async run(failed: (thrown: unknown) => void): Promise<void> {
    try {
      while (!this.#isOver) {
        const piece = await this.#feed.pull();
        if (this.#isOver || !(await this.#give(piece.length === 0 ? "end" : "write", piece)))
          return;
        if (piece.length === 0) this.#isOver = true;
      }
    } catch (thrown) {
      if (this.#isOver) return;
      this.#isOver = true;
      failed(thrown);
      await this.#give("fail", NOTHING);
    }
  }

  /** False: it is not wanted any more. */
  async #give(wanted: Wanted, piece: Bytes): Promise<boolean> {
    try {
      await askNext(this.#held, wanted, piece.length === 0 ? null : piece);
      return true;
    } catch (thrown) {
      this.stop(thrown);
      return false;
    }
  }
}

const NOTHING = new NativeUint8Array(0);

/** What the host says in place of an answer: a name and a message. */
export function refusalOf(text: string): Error {
  const parts = splitOnce(text);
  const name = parts[0];
  return name === "TypeError" ? new TypeError(parts[1]) : new DOMException(parts[1], name);
}

/** What stands before the first line feed, and what stands behind it. */
export function splitOnce(text: string): readonly [first: string, rest: string] {
  const at = stringIndexOf(text, "\n");
  return at < 0 ? [text, ""] : [stringSlice(text, 0, at), stringSlice(text, at + 1)];
}
