// What `body` of a Request or a Response gives until there are streams: something to hand on, to
// the constructors and as a body of an init. Whatever else one does with a stream says what to do.

import type { Body } from "./body.ts";

/** For the runtime: the door to the private field. */
let ownerIn: (handle: BodyHandle) => Body;

export class BodyHandle {
  readonly #owner: Body;

  static {
    ownerIn = (handle) => handle.#owner;
  }

  constructor(owner: Body) {
    this.#owner = owner;
  }

  /** The runtime's. */
  static isHandle(value: unknown): value is BodyHandle {
    return typeof value === "object" && value !== null && #owner in value;
  }

  get locked(): boolean {
    return this.#owner.bodyUsed;
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

/** The Body whose `body` it is. */
export const ownerOf = (handle: BodyHandle): Body => ownerIn(handle);

function noStream(): never {
  throw new TypeError(
    "A body is no stream here: expected text(), json(), bytes() or arrayBuffer() of its owner, " +
      "or the body as it is in new Response(body, init)",
  );
}
