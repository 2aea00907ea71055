// What a client of HTTP/2 says before all else (RFC 9113 section 3.4).

import { CODE, PREFACE, wrong } from "./protocol.ts";

const PREFACE_BYTES = Buffer.from(PREFACE, "latin1");

/** `maybe`: more must come. */
export function isPreface(bytes: Buffer): boolean | "maybe" {
  const come = bytes.subarray(0, PREFACE_BYTES.length);
  if (!come.equals(PREFACE_BYTES.subarray(0, come.length))) return false;
  return come.length === PREFACE_BYTES.length ? true : "maybe";
}

/** Takes it away from the bytes of a connection, however they come. */
export class Preface {
  #seenBytes = 0;

  get isWhole(): boolean {
    return this.#seenBytes === PREFACE_BYTES.length;
  }

  /** What stands behind it. Throws ConnectionError. */
  take(bytes: Buffer): Buffer {
    const wanted = PREFACE_BYTES.subarray(this.#seenBytes);
    const come = bytes.subarray(0, wanted.length);
    if (!come.equals(wanted.subarray(0, come.length))) {
      throw wrong(CODE.protocolError, "a connection that does not begin with its preface");
    }
    this.#seenBytes += come.length;
    return bytes.subarray(come.length);
  }
}
