// What a hook returned, checked and written into the frame: a Response, a peer, a decision.

import { hookBit, hookIndex } from "../../src/wire/phases.ts";
import { DECISION, OUT } from "../../src/wire/records.ts";
import type { Call } from "./current.ts";
import { ctxText, quote } from "./ctx.ts";
import { out, outBytes } from "./port.ts";
import { Session } from "./session.ts";
import { blockOf } from "./web/headers.ts";
import { bodyOf, Response } from "./web/response.ts";

/** Raised when a hook returned what it may not. `message` goes on after the hook's name. */
export class ResultError extends Error {}

const NEW_CTX = hookIndex("newCtx");
const EARLY = hookIndex("earlyRequestFilter");
const PEER = hookIndex("upstreamPeer");
const ANSWERS = hookBit("requestFilter") | hookBit("proxyUpstreamFilter") | hookBit("failToProxy");
const DECIDES = hookBit("failToConnect") | hookBit("errorWhileProxy");

/** Writes the effect of a hook's result. True: the chain ends with it. */
export function accept(call: Call, hook: number, result: unknown): boolean {
  if (hook === NEW_CTX) {
    call.ctx = result === undefined ? {} : result;
    return false;
  }
  if (hook === EARLY) writeOptions(call);
  if (result === undefined) return false;
  if (hook === PEER) return choose(call, result);
  if ((ANSWERS >> hook) & 1) return respond(call, result);
  if ((DECIDES >> hook) & 1) return decide(call, result);
  return false;
}

function choose(call: Call, result: unknown): false {
  if (typeof result === "string") {
    const group = quote(result);
    out.record(OUT.CHOOSE, call.id, 0, group.length);
    out.text += group;
    return false;
  }
  if (typeof result !== "object" || result === null || result instanceof Response) {
    throw new ResultError(`expected the name of an upstream group, or a peer; got ${nameOf(result)}`);
  }
  const peer = ctxText(result);
  out.record(OUT.CHOOSE, call.id, 1, peer.length);
  out.text += peer;
  return false;
}

function respond(call: Call, result: unknown): true {
  if (!(result instanceof Response)) {
    throw new ResultError(`expected a Response or nothing; got ${nameOf(result)}`);
  }
  const headers = blockOf(result.headers);
  const body = bodyOf(result) ?? "";
  const isText = typeof body === "string";
  const bytes = isText ? 0 : body.length;
  out.record(OUT.RESPOND, call.id, result.status, headers.length, isText ? body.length : 0, bytes);
  out.text += headers;
  if (isText) out.text += body;
  else outBytes.push(body);
  return true;
}

function decide(call: Call, result: unknown): false {
  const decision = result === "retry" ? DECISION.retry : result === "fail" ? DECISION.fail : 0;
  if (decision === 0) {
    throw new ResultError(`expected "retry", "fail" or nothing; got ${nameOf(result)}`);
  }
  out.record(OUT.DECIDE, call.id, decision);
  return false;
}

function writeOptions(call: Call): void {
  const options = call.session === null ? null : Session.optionsOf(call.session);
  if (options === null) return;
  const text = ctxText(options);
  if (text === "{}") return;
  out.record(OUT.OPTIONS, call.id, text.length);
  out.text += text;
}

const nameOf = (value: unknown): string =>
  value === null ? "null" : value instanceof Response ? "a Response" : `a ${typeof value}`;
