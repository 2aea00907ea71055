// The fields of one block of a peer's, as they come, and the head or the trailers that they make.
// Nothing here frames a message: that is done by the frames, and what fields say must agree.

import { STATUS_CODES } from "node:http";
import { NO_KIND } from "../../http1/field-names.ts";
import {
  LAST_CUT_KIND,
  noFields,
  type PickedFields,
  RESPONSE_FIELDS,
  takeField,
} from "../../http1/fields.ts";
import type { CodecLimits } from "../../http1/limits.ts";
import type { ResponseHead } from "../../http1/messages.ts";
import { responseHead } from "../../http1/response.ts";
import { MALFORMED, type SingleField, SingleFields } from "../../http1/single-fields.ts";
import { readTrailers } from "../../http1/trailers.ts";
import type { FieldSink } from "../../http2/hpack-decoder.ts";
import { HTTP2_LIMITS } from "../../http2/limits.ts";
import { CODE, wrong } from "../../http2/protocol.ts";
import { protocolFault } from "../response-head.ts";

const STATUS = 101;
/** Of a line, beside name and value: `: ` and its end. */
const LINE_BYTES = 4;
const THREE_DIGITS = /^[1-9][0-9]{2}$/;
const SWITCHING = 101;

export const responseField = new SingleFields(RESPONSE_FIELDS, new Map([[":status", STATUS]])).make;

export class ResponseFields implements FieldSink<SingleField> {
  readonly #limits: CodecLimits;
  #status = "";
  #block = "";
  #picked: PickedFields = noFields();
  #lines = 0;
  #bytes = 0;
  #hasFields = false;
  /** What of it is not valid; empty: nothing. */
  #fault = "";

  constructor(limits: CodecLimits) {
    this.#limits = limits;
  }

  begin(): void {
    this.#status = "";
    this.#block = "";
    this.#picked = noFields();
    this.#lines = 0;
    this.#bytes = 0;
    this.#hasFields = false;
    this.#fault = "";
  }

  /** Throws ConnectionError: there are more than are worth to be read. */
  onField(field: SingleField): void {
    const { kind } = field;
    this.#lines++;
    if (this.#lines > HTTP2_LIMITS.peersFields) {
      throw wrong(CODE.enhanceYourCalm, "a header block of too many fields");
    }
    this.#bytes += field.bytes + LINE_BYTES;
    if (this.#isTooLarge) return; // only counted: a few bytes may stand for very many
    if (kind === STATUS) return this.#takeStatus(field.value);
    this.#hasFields = true;
    if (kind === NO_KIND) this.#block += field.line;
    else if (kind === MALFORMED) this.#fault = "a field is not valid";
    else this.#pick(kind, field);
  }

  /** The head that they make. Throws SluiceError. */
  head(requestMethod: string): ResponseHead {
    this.#check(this.#isTooLarge ? "its head is too large" : "");
    const status = THREE_DIGITS.test(this.#status) ? Number(this.#status) : 0;
    if (status === 0) throw protocolFault("expected :status with three digits");
    if (status === SWITCHING) throw protocolFault("a 101, which HTTP/2 does not have");
    const picked = this.#picked;
    picked.block = this.#block;
    const reason = STATUS_CODES[status] ?? "";
    return responseHead({ status, reason, minor: 1 }, requestMethod, picked);
  }

  /** The lines that may be passed on. Throws SluiceError. */
  trailers(): string {
    const isTooLarge = this.#isTooLarge || this.#bytes > this.#limits.trailerBytesMax;
    this.#check(isTooLarge ? "its trailers are too large" : "");
    const { contentLength } = this.#picked;
    const isHead = this.#status !== "" || contentLength !== null;
    const trailers = isHead ? null : readTrailers(this.#block, null);
    if (trailers === null) throw protocolFault("a trailer is not valid");
    return trailers;
  }

  get #isTooLarge(): boolean {
    const { headBytesMax, headerLinesMax } = this.#limits;
    return this.#bytes > headBytesMax || this.#lines > headerLinesMax;
  }

  #check(size: string): void {
    const fault = size === "" ? this.#fault : size;
    if (fault !== "") throw protocolFault(fault);
  }

  /** Once, and in front of all other fields (RFC 9113 section 8.3). */
  #takeStatus(value: string): void {
    if (this.#hasFields || this.#status !== "") this.#fault = "a :status that is not the first";
    this.#status = value;
  }

  #pick(kind: number, { value, line }: SingleField): void {
    takeField(this.#picked, kind, value);
    if (kind > LAST_CUT_KIND) this.#block += line;
  }
}
