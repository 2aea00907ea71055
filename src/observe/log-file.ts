// Standard output as a file. If the disk is full or fails for a while, the lines of that while are
// lost and counted, and the first line that can be written again follows one that says so. As a
// stream this never fails, because otherwise the log would end with the first error.

import { writeSync } from "node:fs";
import { Writable } from "node:stream";
import { countLines } from "./sink.ts";

export interface LogFileOptions {
  readonly descriptor: number;
  readonly onLost: (lines: number) => void;
  /** The line that tells of so many lines lost, for this reason. */
  readonly lossLine: (lines: number, reason: string) => string;
  /** As `fs.writeSync`: how many bytes were written. */
  readonly write?: (descriptor: number, bytes: Buffer, offset: number) => number;
}

/** Takes whole lines. */
export class LogFile extends Writable {
  readonly #options: LogFileOptions;
  /** Of a line whose beginning is in the file: never more than that one line. */
  #owed = NOTHING;
  /** Lines that the file does not tell of yet. */
  #lost = 0;
  #reason = "";

  constructor(options: LogFileOptions) {
    super({ decodeStrings: true });
    this.#options = options;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#write(chunk);
    done();
  }

  #write(chunk: Buffer): void {
    const owed = this.#owed.length;
    const notice = this.#notice();
    const whole = Buffer.concat([this.#owed, notice, chunk]);
    const written = this.#writeAll(whole);
    if (written > owed) this.#lost = 0;
    // what has begun is to end: only lines of which nothing is there are lost
    const isWithin = written === 0 ? owed > 0 : whole[written - 1] !== NEWLINE;
    const end = isWithin ? whole.indexOf(NEWLINE, written) + 1 : written;
    this.#owed = Buffer.from(whole.subarray(written, end));
    const rest = whole.subarray(Math.max(end, owed + notice.length));
    if (rest.length === 0) return;
    const lines = countLines(rest.toString("latin1"));
    this.#lost += lines;
    this.#options.onLost(lines);
  }

  #notice(): Buffer {
    if (this.#lost === 0) return NOTHING;
    return Buffer.from(this.#options.lossLine(this.#lost, this.#reason));
  }

  /** How many bytes of it: all, unless there was an error. */
  #writeAll(bytes: Buffer): number {
    const { descriptor, write = writeSync } = this.#options;
    let written = 0;
    try {
      while (written < bytes.length) written += write(descriptor, bytes, written);
    } catch (thrown) {
      const code = thrown instanceof Error && "code" in thrown ? thrown.code : thrown;
      this.#reason = String(code);
    }
    return written;
  }
}

const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);
