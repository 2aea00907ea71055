// What a hook returned, checked and written into the frame: a Response, a peer, a decision.

import { hasField } from "../../src/wire/headers.ts";
import { ANSWERS, BODIES, hookIndex, RETRIES } from "../../src/wire/phases.ts";
import {
  ANSWER_BYTES_MAX,
  BODY_ACTION,
  BODY_BYTES_MAX,
  DECISION,
  HEADERS_CHARS_MAX,
  OUT,
} from "../../src/wire/records.ts";
import { optionProblem } from "../../src/wire/session-options.ts";
import { quote } from "./ascii-json.ts";
import { jsonText, ownCtx } from "./ctx.ts";
import type { Call } from "./current.ts";
import { Recording, Replaying } from "./notes.ts";
import { out } from "./port.ts";
import { pourResponse } from "./poured-response.ts";
import {
  arrayBufferIsDetached,
  isBufferView,
  objectKeys,
  reflectGet,
  typedArrayBuffer,
  typedArrayName,
} from "./primordials.ts";
import { Session } from "./session.ts";
import { bytesOf, isArrayBuffer } from "./web/bytes.ts";
import { blockOf } from "./web/headers.ts";
import { RemoteBody } from "./web/remote-body.ts";
import { bodyOf, Response } from "./web/response.ts";
import { StreamBody } from "./web/streams.ts";
import { copyBytes, encodeUtf8 } from "./web/utf8.ts";

/** Raised when a hook returned what it may not. `message` goes on after the hook's name. */
export class ResultError extends Error {
  readonly #isOurs = true;

  static is(value: unknown): value is ResultError {
    return typeof value === "object" && value !== null && #isOurs in value;
  }
}

const NEW_CTX = hookIndex("newCtx");
const EARLY = hookIndex("earlyRequestFilter");
const PEER = hookIndex("upstreamPeer");
/** Names of upstream groups are shorter by far. */
const GROUP_CHARS_MAX = 4_096;
const NO_BYTES = new Uint8Array(0);

/** Writes the effect of a hook's result. True: the chain ends with it. */
export function accept(call: Call, hook: number, result: unknown): boolean {
  if (hook === NEW_CTX) {
    // the request's own, as it is between chains: other requests may get the same object
    call.ctx = ownCtx(result);
    return false;
  }
  if (hook === EARLY) writeOptions(call);
  if (result === undefined) return false;
  if (hook === PEER && !(result instanceof Response)) return choose(call, result);
  if ((ANSWERS >> hook) & 1) return respond(call, result);
  if ((RETRIES >> hook) & 1) return decide(call, result);
  if ((BODIES >> hook) & 1) replaceChunk(call, hook, result);
  return false;
}

/**
 * Bytes replace the chunk, null drops it. They are copied now: scripts use one buffer for all
 * requests, and go on with it.
 */
function replaceChunk(call: Call, hook: number, result: unknown): void {
  const bytes = bytesOfResult(result);
  const isLast = call.mask >> (hook + 1) === 0;
  if (isLast) {
    call.replacement = null;
    writeChunk(call, typeof result === "string" ? bytes : out.copyOf(bytes));
    return;
  }
  replace(call, bytes);
}

/** What one part of a script made of the chunk, for the part that sees it next. */
export function passOn(call: Call, result: unknown): void {
  replace(call, bytesOfResult(result));
}

function replace(call: Call, bytes: Uint8Array): void {
  call.replacement = copyBytes(bytes);
  call.chunk = null;
}

/** The script's own memory, unless it is text. */
function bytesOfResult(result: unknown): Uint8Array<ArrayBuffer> {
  if (result === null) return NO_BYTES;
  if (typeof result === "string") {
    checkLength(result.length, BODY_BYTES_MAX);
    const bytes = encodeUtf8(result);
    checkLength(bytes.length, BODY_BYTES_MAX);
    return bytes;
  }
  if (!isBytes(result)) {
    throw new ResultError(`expected bytes, a string, null or nothing; got ${nameOf(result)}`);
  }
  const buffer = isBufferView(result) ? typedArrayBuffer(result) : result;
  if (arrayBufferIsDetached(buffer)) {
    throw new ResultError("expected bytes, got bytes whose buffer was moved away");
  }
  const bytes = bytesOf(result);
  checkLength(bytes.length, BODY_BYTES_MAX);
  return bytes;
}

function checkLength(length: number, most: number): void {
  if (length <= most) return;
  throw new ResultError(`expected a body of at most ${most} bytes at once, got ${length}`);
}

const isBytes = (value: unknown): value is Uint8Array<ArrayBuffer> | ArrayBuffer =>
  isBufferView(value) ? typedArrayName(value) === "Uint8Array" : isArrayBuffer(value);

/** At the end of a chain of body hooks: what the hooks before the last made of the chunk. */
export function writeBody(call: Call): void {
  if (call.replacement !== null) writeChunk(call, call.replacement);
}

function writeChunk(call: Call, bytes: Uint8Array): void {
  const { length } = bytes;
  if (length === 0) out.record(OUT.BODY, call.id, BODY_ACTION.drop);
  else out.writeBytes(bytes, "", [OUT.BODY, call.id, BODY_ACTION.replace, length]);
}

function choose(call: Call, result: unknown): false {
  if (typeof result === "string") {
    if (result.length > GROUP_CHARS_MAX)
      throw new ResultError("expected a shorter name of a group");
    const group = quote(result);
    out.write(group, OUT.CHOOSE, call.id, 0, group.length);
    return false;
  }
  if (typeof result !== "object" || result === null) {
    throw new ResultError(
      `expected the name of an upstream group, a peer or a Response; got ${nameOf(result)}`,
    );
  }
  const peer = jsonText(result);
  out.write(peer, OUT.CHOOSE, call.id, 1, peer.length);
  return false;
}

function respond(call: Call, result: unknown): true {
  if (!(result instanceof Response)) {
    throw new ResultError(`expected a Response or nothing; got ${nameOf(result)}`);
  }
  const headers = blockOf(result.headers);
  const body = bodyOf(result) ?? "";
  const isToCome = RemoteBody.is(body) || StreamBody.is(body);
  const length = isToCome ? 0 : body.length;
  checkLength(length, ANSWER_BYTES_MAX);
  if (headers.length > HEADERS_CHARS_MAX) {
    const expected = `expected a Response with headers of at most ${HEADERS_CHARS_MAX} characters`;
    throw new ResultError(`${expected}, got ${headers.length}`);
  }
  const { id } = call;
  const head = headers.length;
  if (isToCome) respondBy(call, result.status, { headers, body });
  else if (typeof body === "string") {
    out.write(headers + body, OUT.RESPOND, id, result.status, head, length);
  } else out.writeBytes(body, headers, [OUT.RESPOND, id, result.status, head, 0, length]);
  return true;
}

/** The body goes on behind the result: the host has it, or gets it piece by piece. */
function respondBy(
  call: Call,
  status: number,
  { headers, body }: { readonly headers: string; readonly body: RemoteBody | StreamBody },
): void {
  const feed = StreamBody.is(body) ? body.feed() : isFeed(body, headers) ? body : null;
  const id = feed !== null ? pourResponse(call, feed) : handOn(body);
  if (feed === null && call.notes instanceof Recording) call.notes.passed();
  if (feed === null && call.notes instanceof Replaying) {
    // the host holds nothing of what a record answered
    out.write(headers, OUT.RESPOND, call.id, status, headers.length, 0);
    return;
  }
  out.write(headers, OUT.RESPOND_BY, call.id, status, headers.length, id);
}

/** It comes by the isolate, decoded: as a stream of its own, or since a copy has read of it. */
function isFeed(body: RemoteBody, headers: string): boolean {
  if (body.id === 0 || !body.isBegun) return body.id === 0;
  if (!hasField(headers, "content-encoding")) return true;
  throw new ResultError("the body was decoded for its clone: expected no content-encoding");
}

/** From the host to the client: raw or decoded, as the headers say. */
function handOn(body: RemoteBody | StreamBody): number {
  if (!RemoteBody.is(body) || !body.isUntouched)
    throw new ResultError("the body cannot be read any more");
  body.handOn();
  return body.id;
}

function decide(call: Call, result: unknown): false {
  const decision = result === "retry" ? DECISION.retry : result === "fail" ? DECISION.fail : 0;
  if (decision === 0) {
    throw new ResultError(`expected "retry", "fail" or nothing; got ${nameOf(result)}`);
  }
  out.record(OUT.DECIDE, call.id, decision);
  return false;
}

/** Looked at here: where the host reads them, nobody knows any more which hook has set them. */
function writeOptions(call: Call): void {
  const options = Session.optionsOf(call.session);
  if (options === null) return;
  const names = objectKeys(options);
  let fields = "";
  for (let i = 0; i < names.length; i++) {
    const name = names[i] ?? "";
    const value = reflectGet(options, name);
    if (value === undefined) continue; // as if it were not there
    const problem = optionProblem(name, value);
    if (problem !== null) throw new ResultError(`session.options.${name}: ${problem}`);
    fields += `${fields === "" ? "" : ","}"${name}":${value}`;
  }
  if (fields === "") return;
  const text = `{${fields}}`;
  out.write(text, OUT.OPTIONS, call.id, text.length);
}

const nameOf = (value: unknown): string =>
  value === null ? "null" : value instanceof Response ? "a Response" : `a ${typeof value}`;
