// What the request before said on a connection, for the next ones that say the same: what its
// fields came to, and with the same line too, the head that they made.

import type { PickedFields } from "../../http1/fields.ts";
import type { RequestHead } from "../../http1/messages.ts";
import type { RequestField } from "./request-field.ts";

/** A longer one is not kept for as long as the connection rests. */
const PATH_CHARS_MAX = 1_024;

/** What else a head is made of. */
export interface SaidLine {
  readonly method: string;
  readonly path: string;
  readonly scheme: string;
}

export class SaidBefore {
  /** All but the line, as table entries. */
  readonly fields: readonly RequestField[];
  readonly authority: string;
  readonly #picked: PickedFields;
  #isInOnePiece = false;
  /** Of the last request that said so again, with its line; null: none did. */
  #head: RequestHead | null = null;
  #method = "";
  #path = "";
  #scheme = "";
  /** No body followed. */
  #isEnd = false;

  constructor(fields: readonly RequestField[], authority: string, picked: PickedFields) {
    this.fields = fields;
    this.authority = authority;
    this.#picked = picked;
  }

  /** Its block is written often: it is worth a copy, since each piece of a head costs then. */
  pickedAgain(): PickedFields {
    const picked = this.#picked;
    if (!this.#isInOnePiece) picked.block = Buffer.from(picked.block, "latin1").toString("latin1");
    this.#isInOnePiece = true;
    return picked;
  }

  /** Null: it was said with another line, or for the first time. */
  headOf({ method, path, scheme }: SaidLine, isEnd: boolean): RequestHead | null {
    if (this.#path !== path || this.#isEnd !== isEnd) return null;
    return this.#method === method && this.#scheme === scheme ? this.#head : null;
  }

  /** @param head  was made of what `pickedAgain` gave */
  note({ method, path, scheme }: SaidLine, isEnd: boolean, head: RequestHead): void {
    if (path.length > PATH_CHARS_MAX) return;
    this.#method = method;
    this.#path = path;
    this.#scheme = scheme;
    this.#isEnd = isEnd;
    this.#head = head;
  }
}
