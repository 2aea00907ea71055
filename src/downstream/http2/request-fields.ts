// The fields of one block of a client's, as they come, and the head or the trailers that they make.
// Nothing here frames a message: that is done by the frames, and what fields say must agree. Fields
// that are those of the request before, as table entries, are not worked through again: most
// clients repeat all but the target.

import { SluiceError } from "../../base/errors.ts";
import { IS_TARGET, IS_TOKEN } from "../../http1/field-names.ts";
import {
  KIND,
  LAST_CUT_KIND,
  noFields,
  noteField,
  type PickedFields,
  takeField,
} from "../../http1/fields.ts";
import { CHUNKED } from "../../http1/framing.ts";
import type { CodecLimits } from "../../http1/limits.ts";
import type { RequestHead } from "../../http1/messages.ts";
import { requestHead } from "../../http1/request.ts";
import { readTrailers } from "../../http1/trailers.ts";
import type { FieldSink } from "../../http2/hpack-decoder.ts";
import { FIELD, isPseudo, type RequestField } from "./request-field.ts";
import { SaidBefore } from "./said-before.ts";

/** Of a line, beside name and value: `: ` and its end. */
const LINE_BYTES = 4;

export class RequestFields implements FieldSink<RequestField> {
  readonly #limits: CodecLimits;
  method = "";
  path = "";
  authority = "";
  scheme = "";
  #block = "";
  #cookies = "";
  #picked: PickedFields = noFields();
  #fields: RequestField[] = [];
  #lines = 0;
  #bytes = 0;
  #isMalformed = false;
  #hasFields = false;
  /** The request before. */
  #before: SaidBefore | null = null;
  /** They have made a head, and say what `#before` does. */
  #isSaid = false;
  /** So many fields are the first ones of the request before, … */
  #repeated = 0;
  /** … and until now those are all there are. */
  #repeats = true;

  constructor(limits: CodecLimits) {
    this.#limits = limits;
  }

  /** A new block. True: its fields, being those of the one before, need not come. */
  begin(isRepeated: boolean): boolean {
    if (isRepeated && this.#isSaid) return this.#beginAgain();
    this.method = "";
    this.path = "";
    this.authority = "";
    this.scheme = "";
    this.#lines = 0;
    this.#bytes = 0;
    this.#isMalformed = false;
    this.#hasFields = false;
    this.#repeated = 0;
    this.#repeats = true;
    this.#isSaid = false;
    return false;
  }

  #beginAgain(): boolean {
    this.#repeats = true;
    this.#repeated = this.#before?.fields.length ?? 0;
    return true;
  }

  onField(field: RequestField): void {
    const { kind } = field;
    this.#lines++;
    this.#bytes += field.bytes + LINE_BYTES;
    if (this.#isTooLarge) return; // only counted: a few bytes may stand for very many
    if (isPseudo(kind)) return this.#takePseudo(kind, field.value);
    this.#hasFields = true;
    if (this.#repeats) {
      if (this.#before?.fields[this.#repeated] === field) {
        this.#repeated++;
        return;
      }
      this.#differ();
    }
    this.#take(field);
  }

  /** What was only counted is worked through after all. */
  #differ(): void {
    const repeated = this.#before?.fields.slice(0, this.#repeated) ?? [];
    this.#repeats = false;
    this.#block = "";
    this.#cookies = "";
    this.#picked = noFields();
    this.#fields = [];
    for (const field of repeated) this.#take(field);
  }

  #take(field: RequestField): void {
    const { kind } = field;
    this.#fields.push(field);
    if (kind === FIELD.plain) this.#block += field.line;
    else if (kind === FIELD.cookie) this.#addCookie(field.value);
    else if (kind === FIELD.malformed) this.#isMalformed = true;
    else this.#pick(kind, field);
  }

  /**
   * The head that they make; null: it is malformed. Throws SluiceError for what an answer can tell.
   *
   * @param isEnd  no body follows
   */
  head(isEnd: boolean): RequestHead | null {
    const { method, path } = this;
    if (this.#isTooLarge) throw new SluiceError("headers_too_large");
    if (this.#isMalformed) return null;
    const before = this.#sameBefore();
    const known = before === null ? null : before.headOf(this, isEnd);
    if (known !== null) return this.#said(known);
    if (!isToken(method)) return null;
    const isConnect = method === "CONNECT";
    if (isConnect) throw new SluiceError("method_not_allowed", "CONNECT is switched off");
    if (path === "" || this.scheme === "") return null;
    const picked = before === null ? this.#newlyPicked() : before.pickedAgain();
    if (picked === null) return null;
    if (path.charCodeAt(0) !== SLASH && path !== "*") return null;
    this.#checkTarget();
    const isSized = picked.contentLength !== null;
    const length = isSized ? null : isEnd ? 0 : CHUNKED;
    const head = requestHead({ method, target: path, minor: 1 }, picked, length);
    if (isEnd && head.contentLength !== 0) return null;
    before?.note(this, isEnd, head);
    return this.#said(head);
  }

  #said(head: RequestHead): RequestHead {
    this.#isSaid = true;
    return head;
  }

  /** The request before, if all but its line is the same; null: it is not. */
  #sameBefore(): SaidBefore | null {
    const before = this.#before;
    const isSame = this.#repeats && this.#repeated === before?.fields.length;
    return isSame && before.authority === this.authority ? before : null;
  }

  /** Null: they name two hosts. */
  #newlyPicked(): PickedFields | null {
    if (this.#repeats) this.#differ();
    if (!this.#hasOneHost()) return null;
    const picked = this.#picked;
    picked.block = this.#wholeBlock(picked.host);
    this.#before = new SaidBefore(this.#fields, this.authority, picked);
    return picked;
  }

  /** The lines that may be passed on; null: they are not valid. */
  trailers(): string | null {
    if (this.#repeats) this.#differ();
    const { host, contentLength, te } = this.#picked;
    const hasPseudo = this.method + this.path + this.authority + this.scheme !== "";
    const isForeign = host !== null || contentLength !== null || te !== null;
    if (this.#isMalformed || this.#isTooLarge || hasPseudo || isForeign) return null;
    if (this.#bytes > this.#limits.trailerBytesMax) return null;
    return readTrailers(this.#block, null);
  }

  get #isTooLarge(): boolean {
    const { headBytesMax, headerLinesMax } = this.#limits;
    return this.#bytes > headBytesMax || this.#lines > headerLinesMax;
  }

  /** Once, not empty but for the authority, and in front of all other fields (section 8.3). */
  #takePseudo(kind: number, value: string): void {
    if (this.#hasFields || value === "") this.#isMalformed = true;
    if (kind === FIELD.method) this.method = this.#once(this.method, value);
    else if (kind === FIELD.path) this.path = this.#once(this.path, value);
    else if (kind === FIELD.scheme) this.scheme = this.#once(this.scheme, value);
    else this.authority = this.#once(this.authority, value);
  }

  #once(before: string, value: string): string {
    if (before !== "") this.#isMalformed = true;
    return value;
  }

  #pick(kind: number, { name, value, line }: RequestField): void {
    if (kind === KIND.noted) noteField(this.#picked, name, value);
    else takeField(this.#picked, kind, value);
    if (kind > LAST_CUT_KIND && kind !== KIND.host) this.#block += line;
  }

  #addCookie(value: string): void {
    this.#cookies = this.#cookies === "" ? value : `${this.#cookies}; ${value}`;
  }

  /** `:authority` is the host; a Host beside it says the same (section 8.3.1). */
  #hasOneHost(): boolean {
    const { host } = this.#picked;
    if (this.authority === "") return true;
    if (host !== null && host.toLowerCase() !== this.authority.toLowerCase()) return false;
    this.#picked.host = this.authority;
    return true;
  }

  #checkTarget(): void {
    const { path } = this;
    if (this.scheme !== "http" && this.scheme !== "https") {
      throw new SluiceError(
        "bad_request",
        "Cannot read request: expected the scheme http or https",
      );
    }
    if (path.length > this.#limits.targetBytesMax) throw new SluiceError("uri_too_long");
    for (let at = 0; at < path.length; at++) {
      if (IS_TARGET[path.charCodeAt(at)] === 1) continue;
      throw new SluiceError("bad_request", "Cannot read request: its target is not valid");
    }
  }

  #wholeBlock(host: string | null): string {
    const first = host === null ? "" : `host: ${host}\r\n`;
    const last = this.#cookies === "" ? "" : `cookie: ${this.#cookies}\r\n`;
    return first + this.#block + last;
  }
}

const SLASH = 47;

function isToken(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (IS_TOKEN[text.charCodeAt(at)] !== 1) return false;
  return text !== "";
}
