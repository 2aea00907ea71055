// The body that Request and Response share: text, bytes, or the host's, whole and never a stream.
// Reading it once uses it up, as on the web.

import { jsonParse, stringSlice, stringToWellFormed } from "../primordials.ts";
import { BodyHandle, type BodySource, takeFrom } from "./body-handle.ts";
import { type BufferSource, bytesOf, isBufferSource } from "./bytes.ts";
import { RemoteBody } from "./remote-body.ts";
import { copyBytes, encodeUtf8, isAscii, Utf8Decoder } from "./utf8.ts";

export type BodyInit = string | BufferSource | URLSearchParams | BodyHandle;

export type { BodySource };

/** The body itself, and the content type that it brings along; "" if none. */
export interface Extracted {
  readonly source: BodySource;
  readonly contentType: string;
}

export function extractBody(init: unknown): Extracted {
  if (init === null || init === undefined) return { source: null, contentType: "" };
  if (BodyHandle.isHandle(init)) return { source: takeFrom(init), contentType: "" };
  // A copy: what the script does to its buffer later is not the body's business.
  if (isBufferSource(init)) return { source: copyBytes(bytesOf(init)), contentType: "" };
  const source = stringToWellFormed(`${init}`);
  if (isSearchParams(init)) {
    return { source, contentType: "application/x-www-form-urlencoded;charset=UTF-8" };
  }
  return { source, contentType: "text/plain;charset=UTF-8" };
}

/** The class comes with the URL bundle, which is there only for scripts that use it. */
function isSearchParams(init: unknown): boolean {
  return typeof globalThis.URLSearchParams === "function" && init instanceof URLSearchParams;
}

/** For the runtime: the door to the private field. */
let sourceIn: (body: Body) => BodySource;

export class Body {
  readonly #source: BodySource;
  #isUsed = false;
  #handle: BodyHandle | null = null;

  static {
    sourceIn = (body) => body.#source;
  }

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** To hand on, whole: `new Response(response.body, response)`. Null: there is none. */
  get body(): BodyHandle | null {
    if (this.#source === null) return null;
    this.#handle ??= new BodyHandle({ isUsed: () => this.#isUsed, take: () => this.#take() });
    return this.#handle;
  }

  get bodyUsed(): boolean {
    return this.#isUsed;
  }

  async text(): Promise<string> {
    return textOf(await here(this.#take()));
  }

  async json(): Promise<unknown> {
    return jsonParse(textOf(await here(this.#take())));
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const source = await here(this.#take());
    if (typeof source === "string") return encodeUtf8(source);
    return copyBytes(source ?? encodeUtf8(""));
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  #take(): BodySource {
    if (this.#isUsed) throw new TypeError("Cannot read the body: it has been read already");
    this.#isUsed = this.#source !== null;
    return this.#source;
  }
}

/** The body as it is kept, for a clone. */
export function sourceOf(body: Body): BodySource {
  return sourceIn(body);
}

/**
 * The bytes to send: latin1 text with a character for each byte, or bytes, or what the host has;
 * null if there is none.
 */
export function bodyOf(body: Body): BodySource {
  const source = sourceIn(body);
  return typeof source !== "string" || isAscii(source) ? source : encodeUtf8(source);
}

type Local = Exclude<BodySource, RemoteBody>;

/** Comes in, if it is the host's. */
const here = (source: BodySource): Local | Promise<Local> =>
  RemoteBody.is(source) ? source.read() : source;

function textOf(source: Local): string {
  if (source === null) return "";
  if (typeof source !== "string") return withoutMark(new Utf8Decoder(false).decode(source, true));
  return withoutMark(source);
}

/** "UTF-8 decode" drops a byte order mark. */
function withoutMark(text: string): string {
  return text[0] === "\ufeff" ? stringSlice(text, 1) : text;
}
