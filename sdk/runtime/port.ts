// What the host hands into a fresh isolate, and the windows and writer made of it. The hidden
// global is gone before the script is evaluated; the runtime keeps it in this module's scope
// alone.

import { CONTROL, type Windows, windowsOf } from "../../src/wire/control.ts";
import { FrameWriter } from "../../src/wire/frame.ts";
import { WINDOW_WORDS } from "../../src/wire/records.ts";

export interface HostPort {
  /** Control words, inbox and outbox (src/wire/control.ts). */
  readonly shared: SharedArrayBuffer;
  /** 64-bit counters, one a slot, seen by every worker. */
  readonly counters: SharedArrayBuffer;
  /**
   * Slot of a counter of this tenant, made if it is new; -1: no room. Takes and returns
   * primitives.
   */
  readonly slotOf: (name: string) => number;
  /** JSON: { env }. */
  readonly settings: string;
}

declare global {
  var __sluicePort: HostPort | undefined;
}

const given = globalThis.__sluicePort;
if (given === undefined) throw new Error("Cannot start the runtime: no port from the host");
Reflect.deleteProperty(globalThis, "__sluicePort");

export const port: HostPort = given;
export const windows: Windows = windowsOf(port.shared, WINDOW_WORDS);

/**
 * The frame that goes out. Records may be added at any time, in microtasks after a crossing too: so
 * each one raises MORE, and the host comes back for it. `turn.ts` publishes, and lowers MORE.
 */
class OutWriter extends FrameWriter {
  override record(kind: number, a = 0, b = 0, c = 0, d = 0, e = 0): void {
    super.record(kind, a, b, c, d, e);
    windows.control[CONTROL.MORE] = 1;
  }
}

export const out = new OutWriter(windows.outbox);

/**
 * The byte section. What is published stays until the next publication, because the host fetches it
 * after the text, and the microtasks in between may already add to the frame that follows.
 */
export class OutBytes {
  #parts: Uint8Array[] = [];
  #published: Uint8Array[] = [];

  push(part: Uint8Array): void {
    this.#parts[this.#parts.length] = part;
  }

  /** Bytes that wait for the next publication. */
  get length(): number {
    return lengthOf(this.#parts);
  }

  /** Closes the section; returns its length. */
  publish(): number {
    this.#published = this.#parts;
    this.#parts = [];
    return lengthOf(this.#published);
  }

  /** All published parts end to end in a fresh buffer. */
  take(): ArrayBuffer {
    const parts = this.#published;
    const whole = new Uint8Array(lengthOf(parts));
    let at = 0;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as Uint8Array;
      apply(setBytes, whole, [part, at]);
      at += part.length;
    }
    return whole.buffer;
  }
}

function lengthOf(parts: Uint8Array[]): number {
  let length = 0;
  for (let i = 0; i < parts.length; i++) length += (parts[i] as Uint8Array).length;
  return length;
}

const apply = Reflect.apply;
const setBytes = Uint8Array.prototype.set;

export const outBytes = new OutBytes();
