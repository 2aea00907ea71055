// What CompressionStream and DecompressionStream stand on: zlib, here, for a script in its isolate.
// The script gives it bytes, and takes what they have become piece by piece before it gives more,
// so that little waits here; what is decoded stays in proportion to what came.

import {
  createDeflate,
  createDeflateRaw,
  createGunzip,
  createGzip,
  createInflate,
  createInflateRaw,
} from "node:zlib";
import { LIMITS } from "../base/limits.ts";
import type { GiveAnswer, HostAsk, HostCall } from "./host-call.ts";
import type { HostCallKind } from "./host-call-table.ts";

const ENGINES = {
  "compress gzip": createGzip,
  "compress deflate": createDeflate,
  "compress deflate-raw": createDeflateRaw,
  "decompress gzip": createGunzip,
  "decompress deflate": createInflate,
  "decompress deflate-raw": createInflateRaw,
} as const;

/** Given at once: as much as a read brings. */
const PIECE_BYTES = 65_536;

type Engine = ReturnType<(typeof ENGINES)[keyof typeof ENGINES]>;

/** Of one isolate; each has memory of its own. */
export function coders(): HostCallKind {
  let open = 0;
  return {
    acts: () => false,
    waitsForClient: false,
    start(_call, { text }, answer) {
      if (!isEngine(text)) return null;
      if (open >= LIMITS.scriptCoders) {
        answer({
          ok: false,
          text: `TypeError\nover ${LIMITS.scriptCoders} codings at once`,
          bytes: null,
        });
        return NOTHING;
      }
      open++;
      answer({ ok: true, text: "", bytes: null }, true);
      const isDecoding = text.startsWith("decompress");
      return new Coder(ENGINES[text]({ chunkSize: PIECE_BYTES }), isDecoding, () => {
        open--;
      });
    },
  };
}

const isEngine = (text: string): text is keyof typeof ENGINES => Object.hasOwn(ENGINES, text);

class Coder implements HostCall {
  readonly #engine: Engine;
  readonly #isDecoding: boolean;
  readonly #closed: () => void;
  #waiting: GiveAnswer | null = null;
  #bytesIn = 0;
  #bytesOut = 0;
  #isBusy = false;
  #isEnding = false;
  #hasEnded = false;
  #failure: string | null = null;
  #isClosed = false;

  constructor(engine: Engine, isDecoding: boolean, closed: () => void) {
    this.#engine = engine;
    this.#isDecoding = isDecoding;
    this.#closed = closed;
    engine.on("readable", () => this.#give());
    engine.on("end", () => {
      this.#hasEnded = true;
      this.#give();
    });
    engine.on("error", () => this.#fail("the data cannot be decoded"));
  }

  /** `write`, `end`: answered with the first piece of what becomes of it; `chunk`: the next. */
  next({ text, bytes }: HostAsk, answer: GiveAnswer): HostCall | null {
    if (this.#waiting !== null || (text === "write") !== bytes.length > 0) return null;
    if (text !== "chunk" && this.#isBusy) return null;
    if (text === "write") this.#write(bytes);
    else if (text === "end") this.#end();
    else if (text !== "chunk") return null;
    this.#waiting = answer;
    this.#give();
    return NOTHING;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting = null;
    this.#engine.destroy();
    const closed = this.#closed;
    closed();
  }

  #write(bytes: Buffer): void {
    this.#bytesIn += bytes.length;
    if (this.#isEnding || this.#hasEnded) return this.#fail("there is data behind its end");
    this.#isBusy = true;
    this.#engine.write(bytes, () => {
      this.#isBusy = false;
      this.#give();
    });
  }

  #end(): void {
    this.#isEnding = true;
    if (this.#isDecoding && this.#bytesIn === 0) this.#fail("the data ends too soon");
    else this.#engine.end();
  }

  #give(): void {
    const answer = this.#waiting;
    if (answer === null) return;
    const piece: Buffer | null = this.#failure === null ? this.#engine.read() : null;
    if (piece !== null) this.#count(piece);
    else if (this.#hasEnded && this.#engine.bytesWritten < this.#bytesIn) {
      this.#failure ??= "there is data behind its end";
    }
    const isIdle = this.#hasEnded || (!this.#isBusy && !this.#isEnding);
    if (piece === null && this.#failure === null && !isIdle) return;
    this.#waiting = null;
    if (this.#failure === null) answer({ ok: true, text: "", bytes: piece });
    else answer({ ok: false, text: `TypeError\n${this.#failure}`, bytes: null });
  }

  #count(piece: Buffer): void {
    this.#bytesOut += piece.length;
    const most = Math.max(LIMITS.decodedFreeBytes, LIMITS.decodedRatio * this.#bytesIn);
    if (this.#isDecoding && this.#bytesOut > most) this.#failure = "it decodes to far too much";
  }

  #fail(message: string): void {
    this.#failure ??= message;
    this.#isBusy = false;
    this.#give();
  }
}

const NOTHING: HostCall = { close: () => undefined };
