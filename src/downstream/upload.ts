// The request's body on its way to one connection: through its hooks if the script has any, held
// back while the upstream is slow. One upload for each attempt; it is over once.

import type { SluiceError } from "../base/errors.ts";
import type { LentExchange } from "../upstream/transport.ts";
import type { BodyFilterSink } from "./body-filter.ts";
import type { FilterChain } from "./filter-chain.ts";
import { type Filtered, requestFilter } from "./filters.ts";
import { filterTrailers } from "./trailer-filter.ts";
import { NOTHING } from "./unread.ts";

/** Where the body comes from. */
export interface UploadBody {
  /** The upload takes more. */
  resume(): void;
  /** What the origin may have of the client's trailers. */
  passTrailers(trailers: string): string;
}

export interface UploadParts {
  readonly body: UploadBody;
  readonly lent: LentExchange;
  readonly filtered: Filtered;
  /** A hook has failed. */
  readonly failed: (error: SluiceError) => void;
}

export class Upload implements BodyFilterSink {
  /** The whole body has gone. */
  isSent = false;
  readonly #parts: UploadParts;
  /** Null: the body goes as it is. */
  readonly #filter: FilterChain | null;
  #trailers = "";
  /** To be called when the upstream has taken what it was given, or will not. */
  #left: () => void = NOTHING;

  constructor(parts: UploadParts) {
    this.#parts = parts;
    this.#filter = requestFilter(parts.filtered, this);
  }

  // What the body tells.

  /** False: no more until the body is resumed. */
  take(chunk: Buffer): boolean {
    return this.#filter === null ? this.#parts.lent.write(chunk) : this.#filter.write(chunk);
  }

  takeEnd(trailers: string): void {
    this.#trailers = trailers;
    if (this.#filter === null) this.end();
    else this.#filter.end();
  }

  /** The upstream takes more. */
  onDrain(): void {
    this.#left();
    if (this.#filter === null) this.onRoom();
    else this.#filter.unblock();
  }

  /** The attempt is over. */
  cancel(): void {
    this.#left();
    this.#filter?.destroy();
  }

  // What a filter tells.

  write(chunk: Buffer, left: () => void): boolean {
    const hasRoom = this.#parts.lent.write(chunk);
    if (hasRoom) left();
    else this.#left = left;
    return hasRoom;
  }

  end(): void {
    const { filtered, failed } = this.#parts;
    if (this.#trailers === "") return this.#endWith("");
    const passed = (trailers: string): void => this.#endWith(trailers);
    filterTrailers(filtered, "requestTrailers", this.#trailers, { passed, failed });
  }

  #endWith(trailers: string): void {
    this.isSent = true;
    const { body, lent } = this.#parts;
    lent.end(body.passTrailers(trailers));
  }

  failed(error: SluiceError): void {
    this.#parts.failed(error);
  }

  onRoom(): void {
    this.#parts.body.resume();
  }
}
