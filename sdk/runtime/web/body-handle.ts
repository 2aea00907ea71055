// What `body` of a Request or a Response gives until there are streams: something to hand on, to
// the constructors and as a body of an init. Whatever else one does with a stream says what to do.

import type { RemoteBody } from "./remote-body.ts";

/**
 * What a body is kept as: text while it is text, since most are sent as they are; or what the host
 * has of it.
 */
export type BodySource = string | Uint8Array<ArrayBuffer> | RemoteBody | null;

interface Owner {
  isUsed(): boolean;
  /** Throws if it has been used already. */
  take(): BodySource;
}

/** For the runtime: the door to the private field. */
let ownerIn: (handle: BodyHandle) => Owner;

export class BodyHandle {
  readonly #owner: Owner;

  static {
    ownerIn = (handle) => handle.#owner;
  }

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** The runtime's. */
  static isHandle(value: unknown): value is BodyHandle {
    return typeof value === "object" && value !== null && #owner in value;
  }

  get locked(): boolean {
    return this.#owner.isUsed();
  }

  getReader(): never {
    return noStream();
  }

  pipeThrough(): never {
    return noStream();
  }

  pipeTo(): never {
    return noStream();
  }

  tee(): never {
    return noStream();
  }

  cancel(): never {
    return noStream();
  }

  [Symbol.asyncIterator](): never {
    return noStream();
  }
}

/** The body, which is used up by that. */
export const takeFrom = (handle: BodyHandle): BodySource => ownerIn(handle).take();

function noStream(): never {
  throw new TypeError(
    "A body is no stream here: expected text(), json(), bytes() or arrayBuffer() of its owner, " +
      "or the body as it is in new Response(body, init)",
  );
}
