// The body that Request and Response share: text, bytes, the host's, or a stream of the script's
// own, which comes whole. Reading it once uses it up, as on the web.

import type { ReadableStream } from "web-streams-polyfill";
import { ANSWER_BYTES_MAX } from "../../../src/wire/records.ts";
import { jsonParse, reflectGet, stringSlice, stringToWellFormed } from "../primordials.ts";
import type { Blob } from "./blob.ts";
import { BodyHandle, type BodySource, takeFrom } from "./body-handle.ts";
import { type BufferSource, bytesOf, isBufferSource } from "./bytes.ts";
import type { FormData } from "./form-data.ts";
import { formsOfScript } from "./forms.ts";
import { Headers } from "./headers.ts";
import { RemoteBody } from "./remote-body.ts";
import { type Bytes, StreamBody, streamsOfScript } from "./streams.ts";
import { copyBytes, encodeUtf8, isAscii, Utf8Decoder } from "./utf8.ts";

export type BodyInit =
  | string
  | BufferSource
  | URLSearchParams
  | BodyHandle
  | ReadableStream
  | Blob
  | FormData;

export type { BodySource };

/** The body itself, and the content type that it brings along; "" if none. */
export interface Extracted {
  readonly source: BodySource;
  readonly contentType: string;
}

export function extractBody(init: unknown): Extracted {
  if (init === null || init === undefined) return { source: null, contentType: "" };
  if (BodyHandle.isHandle(init)) return { source: takeFrom(init), contentType: "" };
  if (StreamBody.is(init)) return { source: init, contentType: "" };
  const streams = streamsOfScript();
  if (streams?.isStream(init)) {
    if (init.locked) throw new TypeError("Cannot use the stream: somebody reads it");
    const read = (): Promise<Bytes> => streams.readAll(init, ANSWER_BYTES_MAX);
    return { source: new StreamBody(read), contentType: "" };
  }
  const form = formsOfScript()?.bytesOf(init) ?? null;
  if (form !== null) return { source: form.bytes, contentType: form.type };
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

/** For the runtime: the doors to the private field. */
let sourceIn: (body: Body) => BodySource;
let wholeIn: (value: unknown) => Promise<unknown> | null;

export class Body {
  #source: BodySource;
  #isUsed = false;
  #handle: BodyHandle | null = null;

  static {
    sourceIn = (body) => body.#source;
    wholeIn = (value) => {
      if (typeof value !== "object" || value === null || !(#source in value)) return null;
      return StreamBody.is(value.#source) ? value.#comeWhole(value.#source) : null;
    };
  }

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** To hand on, whole: `new Response(response.body, response)`. Null: there is none. */
  get body(): BodyHandle | null {
    if (this.#source === null) return null;
    this.#handle ??= new BodyHandle({
      isUsed: () => this.#isUsed,
      take: () => this.#use(),
      read: async () => bytesOfLocal(await here(this.#use())),
    });
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
    return bytesOfLocal(await here(this.#take()));
  }

  async blob(): Promise<Blob> {
    const forms = formsOfScript() ?? noForms();
    return forms.toBlob(await this.bytes(), contentTypeOf(this));
  }

  async formData(): Promise<FormData> {
    const forms = formsOfScript() ?? noForms();
    return forms.toForm(await this.bytes(), contentTypeOf(this));
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  /** Its stream comes in, to be sent. */
  async #comeWhole(stream: StreamBody): Promise<this> {
    this.#source = await stream.read();
    return this;
  }

  #take(): BodySource {
    if (this.#handle?.locked) throw new TypeError("Cannot read the body: somebody else does");
    return this.#use();
  }

  #use(): BodySource {
    if (this.#isUsed) throw new TypeError("Cannot read the body: it has been read already");
    this.#isUsed = this.#source !== null;
    return this.#source;
  }
}

/** What the headers of the Response or Request say. */
function contentTypeOf(body: Body): string {
  const headers: unknown = reflectGet(body, "headers");
  return headers instanceof Headers ? (headers.get("content-type") ?? "") : "";
}

function noForms(): never {
  throw new TypeError("There are no forms here: expected the script to name Blob or FormData");
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

/**
 * A Response or Request whose body is a stream: itself, when the stream has come to its end. Null:
 * there is nothing to wait for.
 */
export const whenWhole = (value: unknown): Promise<unknown> | null => wholeIn(value);

type Local = Exclude<BodySource, RemoteBody | StreamBody>;

/** Comes in, if it is the host's. */
const here = (source: BodySource): Local | Promise<Local> =>
  RemoteBody.is(source) || StreamBody.is(source) ? source.read() : source;

const bytesOfLocal = (source: Local): Bytes =>
  typeof source === "string" ? encodeUtf8(source) : copyBytes(source ?? encodeUtf8(""));

function textOf(source: Local): string {
  if (source === null) return "";
  if (typeof source !== "string") return withoutMark(new Utf8Decoder(false).decode(source, true));
  return withoutMark(source);
}

/** "UTF-8 decode" drops a byte order mark. */
function withoutMark(text: string): string {
  return text[0] === "\ufeff" ? stringSlice(text, 1) : text;
}
