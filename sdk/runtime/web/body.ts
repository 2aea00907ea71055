// The body that Request and Response share: text, bytes, the host's, or a stream of the script's
// own. Reading it once uses it up, as on the web.

import type { ReadableStream } from "web-streams-polyfill";
import { jsonParse, reflectGet, stringToWellFormed, uncurry } from "../primordials.ts";
import type { Blob } from "./blob.ts";
import { BodyHandle, type BodyOwner, type BodySource, takeFrom } from "./body-handle.ts";
import { bytesOfLocal, here, OwnFeed, textOf } from "./body-reading.ts";
import { type BufferSource, bytesOf, isBufferSource } from "./bytes.ts";
import type { FormData } from "./form-data.ts";
import { formsOfScript } from "./forms.ts";
import { Headers } from "./headers.ts";
import { RemoteBody } from "./remote-body.ts";
import { type Bytes, StreamBody, type Streams, streamsOfScript } from "./streams.ts";
import { copyBytes, encodeUtf8, isAscii } from "./utf8.ts";

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
  const streams = streamsOfScript();
  if (streams?.isStream(init)) return { source: sourceOfStream(init, streams), contentType: "" };
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

/** A body's own stream that nobody has looked into is the body. */
function sourceOfStream(stream: ReadableStream, streams: Streams): BodySource {
  if (stream.locked) throw new TypeError("Cannot use the stream: somebody reads it");
  const owner = ownersGet(owners, stream);
  return owner === undefined ? new StreamBody(stream, streams) : owner.take();
}

/** By the stream that `body` gave. */
const owners = new WeakMap<object, BodyOwner>();
const ownersGet: (map: typeof owners, key: object) => BodyOwner | undefined = uncurry(
  WeakMap.prototype.get,
);
const ownersSet: (map: typeof owners, key: object, value: BodyOwner) => unknown = uncurry(
  WeakMap.prototype.set,
);

/** The class comes with a part of its own, which is there only for scripts that use it. */
function isSearchParams(init: unknown): boolean {
  return typeof globalThis.URLSearchParams === "function" && init instanceof URLSearchParams;
}

/** For the runtime: the doors to the private fields. */
let sourceIn: (body: Body) => BodySource;
let cloneIn: (body: Body) => BodySource;
let takeIn: (body: Body) => BodySource;

export class Body {
  #source: BodySource;
  #isUsed = false;
  #body: ReadableStream<Bytes> | null = null;

  static {
    sourceIn = (body) => body.#source;
    cloneIn = (body) => body.#clone();
    takeIn = (body) => body.#take();
  }

  constructor(source: BodySource) {
    this.#source = source;
  }

  /**
   * A stream of bytes, for a script that names streams; for others something to hand on, whole:
   * `new Response(response.body, response)`. Null: there is none.
   */
  get body(): ReadableStream<Bytes> | null {
    const source = this.#source;
    if (source === null) return null;
    this.#body ??= this.#open(source);
    return this.#body;
  }

  #open(source: Exclude<BodySource, null>): ReadableStream<Bytes> {
    const owner = { isUsed: () => this.#isUsed, take: () => this.#take() };
    const streams = streamsOfScript();
    if (streams === null) return new BodyHandle(owner);
    if (StreamBody.is(source)) return source.stream;
    const stream = streams.over(new OwnFeed(source, () => this.#use()));
    ownersSet(owners, stream, owner);
    return stream;
  }

  get bodyUsed(): boolean {
    return this.#isUsed;
  }

  async text(): Promise<string> {
    const local = here(this.#take());
    return textOf(typeof local === "string" ? local : await local);
  }

  async json(): Promise<unknown> {
    const local = here(this.#take());
    return jsonParse(textOf(typeof local === "string" ? local : await local));
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

  #take(): BodySource {
    if (!this.#isUsed && this.#body?.locked === true) {
      throw new TypeError("Cannot read the body: somebody else does");
    }
    return this.#use();
  }

  /** Both have all of it. */
  #clone(): BodySource {
    const source = this.#source;
    if (this.#isUsed || this.#body?.locked === true) {
      throw new TypeError("Cannot clone what has a body that is read already");
    }
    if (RemoteBody.is(source)) return source.clone();
    if (!StreamBody.is(source)) return source;
    const shared = sharedOf(source);
    this.#source = shared;
    this.#body = null; // its stream is what both are read from
    return shared.clone();
  }

  #use(): BodySource {
    if (this.#isUsed) throw new TypeError("Cannot read the body: it has been read already");
    this.#isUsed = this.#source !== null;
    return this.#source;
  }
}

/** What has copies, none of which may fall far behind. Throws if somebody reads the stream. */
function sharedOf(source: StreamBody): RemoteBody {
  const feed = source.feed();
  const ask = () => feed.pull();
  return new RemoteBody({ id: 0, whole: null, ask, drop: () => feed.cancel(undefined), done() {} });
}

/** What the headers of the Response or Request say. */
function contentTypeOf(body: Body): string {
  const headers: unknown = reflectGet(body, "headers");
  return headers instanceof Headers ? (headers.get("content-type") ?? "") : "";
}

function noForms(): never {
  throw new TypeError("There are no forms here: expected the script to name Blob or FormData");
}

/** The body as it is kept. */
export function sourceOf(body: Body): BodySource {
  return sourceIn(body);
}

/** The body, which is used up by that. Throws if it has been read, or is being read. */
export const takeBody = (body: Body): BodySource => takeIn(body);

/** A second one of it. Throws if it has been read, or is being read. */
export const cloneOf = (body: Body): BodySource => cloneIn(body);

/**
 * The bytes to send: latin1 text with a character for each byte, or bytes, or what is to come; null
 * if there is none.
 */
export function bodyOf(body: Body): BodySource {
  const source = sourceIn(body);
  return typeof source !== "string" || isAscii(source) ? source : encodeUtf8(source);
}
