// One chain of one exchange as the sandbox's turns carry it: writes the frame's records, and hands
// back what came out.

import { monotonicMs } from "../base/clock.ts";
import { ERRORS } from "../base/errors.ts";
import type { RequestTrace } from "../observe/trace/request-trace.ts";
import type { CallResult, TurnCall, Used } from "../sandbox/call.ts";
import type { GiveAnswer, HostAsk, HostCall } from "../sandbox/host-call.ts";
import type { Hold } from "../state/limit-holds.ts";
import { escapeJson, type FrameWriter } from "../wire/frame.ts";
import { CONNECTION_FLAGS, IN, REQUEST_FLAGS } from "../wire/records.ts";
import type { Deployment } from "./deployment.ts";
import type { Exchange } from "./exchange.ts";
import { type Layer, OuterLayer } from "./layer.ts";
import { NEEDS, NEW_CTX } from "./table.ts";

/** Who is told what became of a call. */
export interface CallOwner {
  settled(call: PhaseCall, result: CallResult): void;
}

export class PhaseCall implements TurnCall {
  readonly #input: PhaseInput;
  /** Hooks of this call. */
  readonly mask: number;
  readonly startMs = monotonicMs();
  /** When its frame was written; 0: it was not. */
  turnMs = 0;
  readonly #owner: CallOwner;
  /** Of its notes, as IN.NOTES has it; null: nobody notes. */
  readonly #notes: string | null;

  constructor(input: PhaseInput, mask: number, owner: CallOwner) {
    const { exchange, layer, chain } = input;
    this.#input = input;
    this.mask = mask;
    this.#owner = owner;
    this.#notes = layer === exchange ? (exchange.callNotes?.before(chain) ?? null) : null;
  }

  get isFirst(): boolean {
    return !this.#input.layer.hasRun;
  }

  writeTo(frame: FrameWriter, callId: number, nowMs: number): void {
    const { mask } = this;
    const { exchange, layer, deployment, chunk } = this.#input;
    this.turnMs = nowMs;
    layer.number ||= nextNumber();
    frame.record(IN.CALL, callId, mask, exchange.attempt, layer.ctx.length, layer.number);
    frame.text += layer.ctx;
    if (this.#notes !== null) writeNotes(frame, this.#notes);
    if (layer.used !== null) writeUsed(frame, layer.used);
    if (mask === NEW_CTX) return;
    writeRequest(frame, exchange);
    if (exchange.trace !== null) writeTrace(frame, exchange.trace);
    writeText(frame, IN.CLIENT_STATE, exchange.states?.textOf(deployment.tenantId) ?? "");
    if ((mask & NEEDS.choice) !== 0 && layer instanceof OuterLayer) {
      writeText(frame, IN.CHOICE, layer.choice);
    }
    const { bodies } = layer;
    if (bodies !== null) frame.record(IN.BODY_MODES, bodies.request, bodies.response);
    if (layer.marks !== null) writeJson(frame, IN.MARKS, layer.marks);
    if ((mask & NEEDS.upstream) !== 0) writeUpstream(frame, exchange, this.startMs);
    if ((mask & NEEDS.upstreamRequest) !== 0) writeUpstreamRequest(frame, exchange);
    if ((mask & NEEDS.response) !== 0) writeResponse(frame, exchange);
    if ((mask & NEEDS.requestTrailers) !== 0) writeTrailers(frame, exchange, "requestTrailers");
    if ((mask & NEEDS.responseTrailers) !== 0) writeTrailers(frame, exchange, "responseTrailers");
    if ((mask & NEEDS.error) !== 0) writeError(frame, exchange, layer);
    if ((mask & NEEDS.peer) !== 0) {
      frame.record(IN.PEER, exchange.peer.length);
      frame.text += exchange.peer;
    }
    if ((mask & NEEDS.totals) !== 0) writeTotals(frame, exchange);
    if (chunk !== null) writeChunk(frame, chunk);
  }

  log(level: number, hook: string, message: string): void {
    const { exchange, deployment } = this.#input;
    const { tenant, name, log } = deployment;
    log(level, { tenant, deployment: name, id: exchange.id, hook }, message);
  }

  readBody(done: (error: string | null, body: Buffer) => void): void {
    const { exchange, layer } = this.#input;
    exchange.readBody(layer.reach.bufferedBodyBytes, done);
  }

  streamBody(answer: GiveAnswer): HostCall {
    const { exchange, layer } = this.#input;
    return exchange.streamBody(layer.reach.bufferedBodyBytes, answer);
  }

  whenGone(tell: () => void): void {
    this.#input.exchange.whenGone(tell);
  }

  fetch(ask: HostAsk, answer: GiveAnswer): HostCall | null {
    const { exchange, layer } = this.#input;
    const { headers, timings, trace } = exchange;
    const notes = timings === null ? null : { timings, trace, isOuter: layer !== exchange };
    return layer.fetcher(headers, notes).start(ask, answer);
  }

  goOn(allow: () => void): () => void {
    return this.#input.exchange.background.begin(allow);
  }

  keep(hold: Hold): void {
    this.#input.exchange.keep(hold);
  }

  settle(result: CallResult): void {
    this.#owner.settled(this, result);
  }
}

/** A part of a body on its way through a body hook. */
export interface BodyChunk {
  readonly bytes: Buffer;
  readonly isEnd: boolean;
}

let numbers = 0;
/** Of this thread's requests: it begins anew after some days of them. */
const nextNumber = (): number => {
  numbers = (numbers + 1) & 0x7fffffff || 1;
  return numbers;
};

export interface PhaseInput {
  readonly exchange: Exchange;
  /** Whose hooks they are, … */
  readonly layer: Layer;
  /** … and its deployment. */
  readonly deployment: Deployment;
  readonly chain: number;
  /** For the chains of body hooks. */
  readonly chunk: BodyChunk | null;
}

/** Nothing, if it is empty. */
function writeText(frame: FrameWriter, kind: number, text: string): void {
  if (text === "") return;
  frame.record(kind, text.length);
  frame.text += text;
}

function writeNotes(frame: FrameWriter, notes: string): void {
  frame.record(IN.NOTES, notes.length);
  frame.text += notes;
}

function writeChunk(frame: FrameWriter, { bytes, isEnd }: BodyChunk): void {
  frame.record(IN.CHUNK, bytes.length, isEnd ? 1 : 0);
  if (bytes.length > 0) frame.addBytes(bytes);
}

function writeUsed(frame: FrameWriter, { cpuMs, logLines, logBytes, hostCalls }: Used): void {
  frame.record(IN.USED, cpuMs, logLines, logBytes, hostCalls);
}

const VERSION_WORDS = { "1.0": 0, "1.1": 1, "2": 1 + REQUEST_FLAGS.isHttp2 } as const;

function writeRequest(frame: FrameWriter, exchange: Exchange): void {
  const { method, target, headers, authority, client, id } = exchange;
  const version =
    VERSION_WORDS[exchange.version] +
    (exchange.editedNames === null ? 0 : REQUEST_FLAGS.mayHaveTrailers);
  frame.record(IN.REQUEST, method.length, target.length, headers.length, authority.length, version);
  const startMs = `${exchange.startMs}`;
  const { address, port, tlsText } = client;
  frame.record(IN.CLIENT, address.length, port, id.length, tlsText.length, startMs.length);
  frame.text += method + target + headers + authority + address + id + tlsText + startMs;
}

function writeTrace(frame: FrameWriter, trace: RequestTrace): void {
  const ids = trace.traceId + trace.spanId + trace.parentId;
  frame.record(IN.TRACE, ids.length, trace.state.length, trace.flags);
  frame.text += ids + trace.state;
}

function writeJson(frame: FrameWriter, kind: number, value: object): void {
  const json = escapeJson(JSON.stringify(value));
  frame.record(kind, json.length);
  frame.text += json;
}

function writeUpstream(frame: FrameWriter, exchange: Exchange, nowMs: number): void {
  const facts = exchange.upstream;
  if (facts === null) return;
  const { address } = facts.peer;
  const isReused = exchange.isReused ? CONNECTION_FLAGS.reused : 0;
  const flags = isReused + (facts.tls ? CONNECTION_FLAGS.tls : 0);
  const connectUs = asWord(facts.connectMs * 1000);
  const ageMs = asWord(Math.max(0, nowMs - facts.establishedMs));
  frame.record(IN.UPSTREAM, address.length, facts.local.length, flags, ageMs, connectUs);
  frame.text += address + facts.local;
  if (facts.tlsDigest !== null) writeJson(frame, IN.TLS_DIGEST, facts.tlsDigest);
}

const asWord = (value: number): number => Math.min(0x7fffffff, Math.round(value));

function writeUpstreamRequest(frame: FrameWriter, exchange: Exchange): void {
  const request = exchange.upstreamRequest;
  if (request === null) return;
  const { method, target, headers } = request;
  frame.record(IN.UPSTREAM_REQUEST, method.length, target.length, headers.length);
  frame.text += method + target + headers;
}

function writeResponse(frame: FrameWriter, exchange: Exchange): void {
  const response = exchange.response;
  if (response === null) return;
  frame.record(IN.RESPONSE, response.status, response.headers.length, response.source);
  frame.text += response.headers;
}

function writeTrailers(
  frame: FrameWriter,
  { editedNames }: Exchange,
  whose: "requestTrailers" | "responseTrailers",
): void {
  writeText(frame, IN.TRAILERS, editedNames?.[whose] ?? "");
}

/** What went wrong in a layer further outside is no business of this one's. */
function writeError(frame: FrameWriter, exchange: Exchange, layer: Layer): void {
  const { error } = exchange;
  if (error === null) return;
  const { blame, status, sentence } = ERRORS[error.code];
  const isOuters = error.script !== "" && isAround(layer, error.script);
  const message = escapeJson(JSON.stringify(isOuters ? sentence : error.message));
  const canRetry = exchange.canRetry ? 1 : 0;
  frame.record(IN.ERROR, error.code.length, blame.length, message.length, status, canRetry);
  frame.text += error.code + blame + message;
}

/** Whether that owner's script is around this layer. */
function isAround({ outer }: Layer, owner: string): boolean {
  if (outer === null) return false;
  return outer.deployment.tenant === owner || isAround(outer, owner);
}

function writeTotals(frame: FrameWriter, exchange: Exchange): void {
  const received = `${exchange.bytesReceived}`;
  const sent = `${exchange.bytesSent}`;
  frame.record(IN.TOTALS, received.length, sent.length);
  frame.text += received + sent;
}
