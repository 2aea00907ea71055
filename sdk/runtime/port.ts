// What the host hands into a fresh isolate, and the windows and writer made of it. The hidden
// global is gone before the script is evaluated; the runtime keeps it in this module's scope
// alone.

import { type Windows, windowsOf } from "../../src/wire/control.ts";
import { WINDOW_WORDS } from "../../src/wire/records.ts";
import { OutWriter } from "./out.ts";
import { type HostDecoders, useHostDecoders } from "./web/legacy-encoding.ts";
import { type HostUrls, useHostUrls } from "./web/parse-url.ts";

/** The parser of URLs is there if the script names them. */
export interface HostPort extends Partial<HostUrls> {
  /** Control words, inbox and outbox (src/wire/control.ts). */
  readonly shared: ArrayBufferLike;
  /** 64-bit counters, one a slot, seen by every worker. */
  readonly counters: ArrayBufferLike;
  /**
   * Slot of a counter of this tenant, made if it is new; -1: no room. Takes and returns
   * primitives.
   */
  readonly slotOf: (name: string) => number;
  /** Of the tenant (src/wire/limits/layout.ts). Left out: the script names none. */
  readonly rateLimits?: ArrayBufferLike;
  /**
   * Number of a limit of this tenant, from 1, made if it is new; negative: there is no room.
   * Takes and returns primitives.
   */
  readonly limitOf: (
    name: string,
    algorithm: number,
    limit: number,
    windowMs: number,
    burst: number,
  ) => number;
  /**
   * 1: the running call's request holds the key from now on; 0: it may not. There where
   * `rateLimits` is. Takes and returns primitives.
   */
  readonly enter: (id: number, limit: number, low: number, high: number) => number;
  /** What this thread has used of the processor so far. A microsecond or two. */
  readonly processorMs: () => number;
  readonly encodingOf: HostDecoders["encodingOf"];
  readonly decode: HostDecoders["decode"];
  /** For `crypto.subtle`, in isolates of scripts that name it (src/sandbox/crypto). */
  readonly crypto: (name: string, words: string, ...lengths: number[]) => number | string;
  readonly cryptoWindow: ArrayBufferLike;
  /** JSON: Settings. */
  readonly settings: string;
}

interface Settings {
  readonly env: Readonly<Record<string, string>>;
  readonly limits: Limits;
}

/** Of the tenant, as the configuration has them under `limits`. */
export interface Limits {
  readonly requestCpuMs: number;
  readonly ctxBytes: number;
  readonly logLines: number;
  readonly logBytes: number;
  readonly hostCalls: number;
  readonly hostCallsAtOnce: number;
  readonly counters: number;
  readonly rateLimits: number;
}

declare global {
  var __sluicePort: HostPort | undefined;
}

const given = globalThis.__sluicePort;
if (given === undefined) throw new Error("Cannot start the runtime: no port from the host");
Reflect.deleteProperty(globalThis, "__sluicePort");

export const port: HostPort = given;
useHostDecoders(given);
const { parseUrl, changeUrl } = given;
if (parseUrl !== undefined && changeUrl !== undefined) useHostUrls({ parseUrl, changeUrl });
export const settings: Settings = JSON.parse(given.settings);
export const limits: Limits = settings.limits;
export const windows: Windows = windowsOf(port.shared, WINDOW_WORDS);

export const out = new OutWriter(windows);
