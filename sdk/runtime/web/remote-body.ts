// A body that the host has, such as that of a fetch's response: it comes in here when it is read,
// whole or piece by piece. Untouched it goes on without coming in at all. Clones read the same
// body: what one of them asks for comes to all, and waits there, bounded, until they get to it. How
// the host is asked is not known here.

import { ANSWER_BYTES_MAX } from "../../../src/wire/records.ts";
import { arrayPush, arrayShift, typedArrayLength } from "../primordials.ts";
import { joinBytes } from "./join-bytes.ts";
import type { Bytes, Feed } from "./streams.ts";
import { copyBytes, encodeUtf8 } from "./utf8.ts";

export interface RemoteBegin {
  /** The ask that holds it at the host, whole, to pass it on; 0: it comes piece by piece. */
  readonly id: number;
  /** All of it, as ASCII or in bytes, if it came with the head; null: the host has it. */
  readonly whole: Bytes | string | null;
  /** From the host, decoded: the rest of it, or the next piece, which is empty at its end. */
  readonly ask: (wanted: "whole" | "chunk") => Promise<Bytes>;
  /** The host may give up what it has. */
  readonly drop: () => void;
  /** It is read, handed on or given up: nobody can end it any more. */
  readonly done: () => void;
}

/** What all clones of a body share. */
class Remote {
  readonly begin: RemoteBegin;
  readonly bodies: RemoteBody[] = [];
  wasAsked = false;
  isOver: boolean;
  failure: { readonly reason: unknown } | null = null;
  #asking: Promise<void> | null = null;

  constructor(begin: RemoteBegin) {
    this.begin = begin;
    this.isOver = begin.whole !== null;
  }

  /** More of it comes to all who read it. */
  async more(wanted: "whole" | "chunk"): Promise<void> {
    if (this.#asking !== null) return this.#asking;
    const asking = this.#ask(this.begin.id === 0 ? "chunk" : wanted);
    this.#asking = asking;
    return asking;
  }

  async #ask(wanted: "whole" | "chunk"): Promise<void> {
    this.wasAsked = true;
    const { ask } = this.begin;
    try {
      const bytes = await ask(wanted);
      if (this.isOver) return;
      if (typedArrayLength(bytes) > 0) this.#share(bytes);
      if (wanted === "whole" || typedArrayLength(bytes) === 0) this.#end();
    } catch (thrown) {
      this.fail(thrown);
    }
    this.#asking = null;
  }

  /** Each has bytes of its own: whoever reads them may change them, or move them away. */
  #share(bytes: Bytes): void {
    const { bodies } = this;
    for (let i = 0; i < bodies.length; i++) bodies[i]?.add(i === 0 ? bytes : copyBytes(bytes));
  }

  /** Who reads it gets the reason. */
  fail(reason: unknown): void {
    this.failure ??= { reason };
    this.#end();
  }

  #end(): void {
    this.isOver = true;
    const { done } = this.begin;
    done();
  }

  /** One of those who read it wants no more. */
  leave(): void {
    for (let i = 0; i < this.bodies.length; i++) if (this.bodies[i]?.isWanted === true) return;
    if (this.isOver) return;
    const { drop } = this.begin;
    drop();
    this.#end();
  }
}

export class RemoteBody implements Feed {
  readonly #remote: Remote;
  /** All of it, until it is read. */
  #text: string | null = null;
  #pieces: Bytes[] = [];
  #length = 0;
  #isLate = false;
  isWanted = true;

  constructor(begin: RemoteBegin | RemoteBody) {
    if (RemoteBody.is(begin)) {
      this.#remote = begin.#remote;
      this.#text = begin.#text;
      for (let i = 0; i < begin.#pieces.length; i++) this.add(copyBytes(begin.#pieces[i] as Bytes));
    } else {
      this.#remote = new Remote(begin);
      if (typeof begin.whole === "string") this.#text = begin.whole;
      else if (begin.whole !== null) this.add(begin.whole);
    }
    arrayPush(this.#remote.bodies, this);
  }

  static is(value: unknown): value is RemoteBody {
    return typeof value === "object" && value !== null && #remote in value;
  }

  get id(): number {
    return this.#remote.begin.id;
  }

  /** The host has it as it came: it can pass without coming in. */
  get isUntouched(): boolean {
    return !this.#remote.wasAsked && this.#remote.failure === null;
  }

  /** A copy has read of it. */
  get isBegun(): boolean {
    return this.#remote.wasAsked && this.#remote.failure === null;
  }

  clone(): RemoteBody {
    return new RemoteBody(this);
  }

  /** The runtime's: another has asked for it too. */
  add(bytes: Bytes): void {
    if (!this.isWanted || this.#isLate) return;
    arrayPush(this.#pieces, bytes);
    this.#length += typedArrayLength(bytes);
    if (this.#length <= ANSWER_BYTES_MAX || this.#remote.bodies.length === 1) return;
    this.#isLate = true;
    this.#pieces = [];
  }

  async pull(): Promise<Bytes> {
    for (;;) {
      const piece = this.#take();
      if (piece !== null) return piece;
      await this.#remote.more("chunk");
    }
  }

  /** All that is left of it: at once, where it came as text. */
  read(): string | Promise<Bytes> {
    const text = this.#text;
    if (text === null || this.#remote.failure !== null) return this.#readBytes();
    this.#text = null;
    return text;
  }

  async #readBytes(): Promise<Bytes> {
    while (!this.#remote.isOver) await this.#remote.more("whole");
    const pieces: Bytes[] = [];
    let length = 0;
    for (;;) {
      const piece = this.#take();
      if (piece === null || typedArrayLength(piece) === 0) break;
      length += typedArrayLength(piece);
      arrayPush(pieces, piece);
    }
    return pieces.length === 1 ? (pieces[0] as Bytes) : joinBytes(pieces, length);
  }

  cancel(_reason: unknown): void {
    this.isWanted = false;
    this.#text = null;
    this.#pieces = [];
    this.#remote.leave();
  }

  /** Nothing of it is wanted any more: who reads it, or does so later, gets the reason. */
  abort(reason: unknown): void {
    this.#remote.fail(reason);
  }

  /** It goes to the client. */
  handOn(): void {
    const { done } = this.#remote.begin;
    done();
  }

  /** A piece that is here, or none at the end; null: it has to be asked for. */
  #take(): Bytes | null {
    if (this.#isLate) {
      const most = `${ANSWER_BYTES_MAX} bytes`;
      throw new TypeError(`the other copy of this body was read over ${most} ahead of it`);
    }
    if (this.#remote.failure !== null) throw this.#remote.failure.reason;
    const text = this.#text;
    if (text !== null && text !== "") {
      this.#text = null;
      return encodeUtf8(text);
    }
    const piece = arrayShift(this.#pieces);
    if (piece === undefined) return this.#remote.isOver ? NOTHING : null;
    this.#length -= typedArrayLength(piece);
    return piece;
  }
}

const NOTHING = copyBytes(new Uint8Array(0));
