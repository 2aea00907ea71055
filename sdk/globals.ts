// The ambient types of a script's globals: ECMAScript and exactly these. There is no DOM, no Node
// and nothing else that an isolate does not have, so a script that compiles finds what it uses.
// Of ECMAScript's parts those are left out that the realm does without (runtime/harden.ts): shared
// memory, weak references, resizable buffers. A project's own `lib` is therefore es2016, no more.

/// <reference lib="es2017.arraybuffer" preserve="true" />
/// <reference lib="es2017.date" preserve="true" />
/// <reference lib="es2017.intl" preserve="true" />
/// <reference lib="es2017.object" preserve="true" />
/// <reference lib="es2017.string" preserve="true" />
/// <reference lib="es2017.typedarrays" preserve="true" />
/// <reference lib="es2018.asyncgenerator" preserve="true" />
/// <reference lib="es2018.asynciterable" preserve="true" />
/// <reference lib="es2018.intl" preserve="true" />
/// <reference lib="es2018.promise" preserve="true" />
/// <reference lib="es2018.regexp" preserve="true" />
/// <reference lib="es2019.array" preserve="true" />
/// <reference lib="es2019.intl" preserve="true" />
/// <reference lib="es2019.object" preserve="true" />
/// <reference lib="es2019.string" preserve="true" />
/// <reference lib="es2019.symbol" preserve="true" />
/// <reference lib="es2020.bigint" preserve="true" />
/// <reference lib="es2020.date" preserve="true" />
/// <reference lib="es2020.intl" preserve="true" />
/// <reference lib="es2020.number" preserve="true" />
/// <reference lib="es2020.promise" preserve="true" />
/// <reference lib="es2020.string" preserve="true" />
/// <reference lib="es2020.symbol.wellknown" preserve="true" />
/// <reference lib="es2021.intl" preserve="true" />
/// <reference lib="es2021.promise" preserve="true" />
/// <reference lib="es2021.string" preserve="true" />
/// <reference lib="es2022.array" preserve="true" />
/// <reference lib="es2022.error" preserve="true" />
/// <reference lib="es2022.intl" preserve="true" />
/// <reference lib="es2022.object" preserve="true" />
/// <reference lib="es2022.regexp" preserve="true" />
/// <reference lib="es2022.string" preserve="true" />
/// <reference lib="es2023.array" preserve="true" />
/// <reference lib="es2023.collection" preserve="true" />
/// <reference lib="es2023.intl" preserve="true" />
/// <reference lib="es2024.collection" preserve="true" />
/// <reference lib="es2024.object" preserve="true" />
/// <reference lib="es2024.promise" preserve="true" />
/// <reference lib="es2024.regexp" preserve="true" />
/// <reference lib="es2024.string" preserve="true" />
/// <reference lib="es2025.collection" preserve="true" />
/// <reference lib="es2025.float16" preserve="true" />
/// <reference lib="es2025.intl" preserve="true" />
/// <reference lib="es2025.iterator" preserve="true" />
/// <reference lib="es2025.promise" preserve="true" />
/// <reference lib="es2025.regexp" preserve="true" />
/// <reference lib="esnext.array" preserve="true" />
/// <reference lib="esnext.collection" preserve="true" />
/// <reference lib="esnext.date" preserve="true" />
/// <reference lib="esnext.decorators" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />
/// <reference lib="esnext.error" preserve="true" />
/// <reference lib="esnext.intl" preserve="true" />
/// <reference lib="esnext.temporal" preserve="true" />
/// <reference lib="esnext.typedarrays" preserve="true" />
/// <reference path="./text-files.d.ts" preserve="true" />
/// <reference path="./part-globals.ts" preserve="true" />

import type { Crypto as WebCrypto } from "./runtime/crypto/crypto.ts";
import type { CryptoKey as WebCryptoKey } from "./runtime/crypto/key.ts";
import type { SubtleCrypto as WebSubtleCrypto } from "./runtime/crypto/subtle.ts";
import type { FetchInit } from "./runtime/fetch.ts";
import type { AbortController as WebAbortController } from "./runtime/web/abort-controller.ts";
import type { AbortSignal as WebAbortSignal } from "./runtime/web/abort-signal.ts";
import type { CloneOptions } from "./runtime/web/clone.ts";
import type {
  TextDecoder as WebTextDecoder,
  TextEncoder as WebTextEncoder,
} from "./runtime/web/encoding.ts";
import type { CustomEvent as WebCustomEvent, Event as WebEvent } from "./runtime/web/event.ts";
import type { EventTarget as WebEventTarget } from "./runtime/web/event-target.ts";
import type { DOMException as WebDOMException } from "./runtime/web/exception.ts";
import type { Headers as WebHeaders } from "./runtime/web/headers.ts";
import type { Request as WebRequest } from "./runtime/web/request.ts";
import type { Response as WebResponse } from "./runtime/web/response.ts";

/** Writes to the tenant's log, as `log` of the module `sluice` does. */
interface Console {
  trace(...parts: unknown[]): void;
  debug(...parts: unknown[]): void;
  log(...parts: unknown[]): void;
  info(...parts: unknown[]): void;
  warn(...parts: unknown[]): void;
  error(...parts: unknown[]): void;
  dir(value?: unknown): void;
  dirxml(...parts: unknown[]): void;
  /** Writes an error if the condition is false. */
  assert(condition?: unknown, ...parts: unknown[]): void;
  /** Counts in this isolate alone; for what all count together, there is `counter`. */
  count(label?: string): void;
  countReset(label?: string): void;
  /** Time stands still while a hook runs: it is what passes in an await. */
  time(label?: string): void;
  timeLog(label?: string, ...parts: unknown[]): void;
  timeEnd(label?: string): void;
  /** Indents the lines of this call that follow. */
  group(...parts: unknown[]): void;
  groupCollapsed(...parts: unknown[]): void;
  groupEnd(): void;
  table(data?: unknown): void;
}

declare global {
  interface ArrayBuffer {
    readonly detached: boolean;
    /** Moves the memory into a new buffer, of this length. */
    transfer(newByteLength?: number): ArrayBuffer;
    transferToFixedLength(newByteLength?: number): ArrayBuffer;
  }

  interface AbortController extends WebAbortController {}
  var AbortController: typeof WebAbortController;
  interface AbortSignal extends WebAbortSignal {}
  /** Made by an AbortController, or by its own `abort`, `any` and `timeout`. */
  var AbortSignal: {
    readonly prototype: AbortSignal;
    abort(reason?: unknown): AbortSignal;
    any(signals: Iterable<AbortSignal>): AbortSignal;
    /** In a hook: it ends with it. */
    timeout(delayMs: number): AbortSignal;
  };
  interface Crypto extends WebCrypto {}
  var Crypto: { readonly prototype: Crypto };
  interface CryptoKey extends WebCryptoKey {}
  var CryptoKey: { readonly prototype: CryptoKey };
  interface SubtleCrypto extends WebSubtleCrypto {}
  var SubtleCrypto: { readonly prototype: SubtleCrypto };
  /** Random values are there in hooks, and not at the top level. */
  var crypto: Crypto;
  interface CustomEvent<T = unknown> extends WebCustomEvent<T> {}
  var CustomEvent: typeof WebCustomEvent;
  interface Event extends WebEvent {}
  var Event: typeof WebEvent;
  interface EventTarget extends WebEventTarget {}
  var EventTarget: typeof WebEventTarget;
  interface DOMException extends WebDOMException {}
  var DOMException: typeof WebDOMException;
  interface Headers extends WebHeaders {}
  var Headers: typeof WebHeaders;
  interface Request extends WebRequest {}
  var Request: typeof WebRequest;
  interface Response extends WebResponse {}
  var Response: typeof WebResponse;
  interface TextDecoder extends WebTextDecoder {}
  var TextDecoder: typeof WebTextDecoder;
  interface TextEncoder extends WebTextEncoder {}
  var TextEncoder: typeof WebTextEncoder;

  interface URL {
    hash: string;
    host: string;
    hostname: string;
    href: string;
    readonly origin: string;
    password: string;
    pathname: string;
    port: string;
    protocol: string;
    search: string;
    readonly searchParams: URLSearchParams;
    username: string;
    toString(): string;
    toJSON(): string;
  }
  var URL: {
    prototype: URL;
    new (url: string | URL, base?: string | URL): URL;
    canParse(url: string | URL, base?: string | URL): boolean;
    parse(url: string | URL, base?: string | URL): URL | null;
  };

  interface URLSearchParams {
    readonly size: number;
    append(name: string, value: string): void;
    delete(name: string, value?: string): void;
    get(name: string): string | null;
    getAll(name: string): string[];
    has(name: string, value?: string): boolean;
    set(name: string, value: string): void;
    sort(): void;
    toString(): string;
    forEach(
      callback: (value: string, name: string, parameters: URLSearchParams) => void,
      thisArgument?: unknown,
    ): void;
    entries(): IteratorObject<[string, string], undefined, undefined>;
    keys(): IteratorObject<string, undefined, undefined>;
    values(): IteratorObject<string, undefined, undefined>;
    [Symbol.iterator](): IteratorObject<[string, string], undefined, undefined>;
  }
  var URLSearchParams: {
    prototype: URLSearchParams;
    new (
      init?:
        | string
        | URLSearchParams
        | Record<string, string>
        | Iterable<readonly [string, string]>,
    ): URLSearchParams;
  };

  var console: Console;
  /** The time of this turn: it stands still while the script runs. */
  /** The global object. */
  var self: typeof globalThis;
  var navigator: { readonly userAgent: "Sluice" };
  var scheduler: {
    /** Ends with the hook that called it. */
    wait(delayMs: number, options?: { signal?: AbortSignal }): Promise<void>;
  };
  var performance: { now(): number; readonly timeOrigin: number };

  /**
   * Asks a service: an absolute URL of http or https, or one of the tenant's own upstream groups.
   * In a hook; what is under way ends with it. Redirects are followed, 20 at most. A response that
   * is returned as it is, or as `new Response(response.body, response)`, goes to the client
   * without coming in. Rejects with TypeError if there is no response, and by the reason of
   * `signal` if that is aborted.
   */
  function fetch(input: string | URL | Request, init?: FetchInit): Promise<Response>;
  /** base64 to a string of one character for each byte. */
  function atob(data: string): string;
  /** A string of one character for each byte to base64. */
  function btoa(data: string): string;
  function structuredClone<T>(value: T, options?: CloneOptions): T;
  function queueMicrotask(callback: () => void): void;
  /** A timer ends with the hook that set it. */
  function setTimeout(callback: (nothing: undefined) => void, delayMs?: number): number;
  function setTimeout<A extends unknown[]>(
    callback: (...parts: A) => void,
    delayMs?: number,
    ...parts: A
  ): number;
  function clearTimeout(id: number | undefined): void;
  /** Each time is a call of the host; an interval ends with the hook that set it. */
  function setInterval<A extends unknown[]>(
    callback: (...parts: A) => void,
    delayMs?: number,
    ...parts: A
  ): number;
  function clearInterval(id: number | undefined): void;
  /** Writes it to the tenant's log, as an error that nobody caught. */
  function reportError(error: unknown): void;
}
