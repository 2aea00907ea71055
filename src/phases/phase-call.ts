// One chain of one exchange as the sandbox's turns carry it: writes the frame's records, and hands
// back what came out.

import { monotonicMs } from "../base/clock.ts";
import { ERRORS } from "../base/errors.ts";
import type { CallResult, TurnCall, Used } from "../sandbox/call.ts";
import type { GiveAnswer, HostAsk, HostCall } from "../sandbox/host-call.ts";
import { escapeJson, type FrameWriter } from "../wire/frame.ts";
import { CONNECTION_FLAGS, IN, REQUEST_FLAGS } from "../wire/records.ts";
import type { Deployment } from "./deployment.ts";
import type { Exchange } from "./exchange.ts";
import { NEEDS, NEW_CTX } from "./table.ts";

export type Settled = (call: PhaseCall, result: CallResult) => void;

export class PhaseCall implements TurnCall {
  readonly exchange: Exchange;
  readonly deployment: Deployment;
  /** Hooks of this call. */
  readonly mask: number;
  readonly startMs = monotonicMs();
  readonly #chunk: BodyChunk | null;
  readonly #settled: Settled;

  constructor(input: PhaseInput, mask: number, settled: Settled) {
    this.exchange = input.exchange;
    this.deployment = input.deployment;
    this.mask = mask;
    this.#chunk = input.chunk;
    this.#settled = settled;
  }

  get isFirst(): boolean {
    return !this.exchange.hasRun;
  }

  writeTo(frame: FrameWriter, callId: number): void {
    const { exchange, mask } = this;
    const canRetry = exchange.canRetry ? 1 : 0;
    frame.record(IN.CALL, callId, mask, exchange.attempt, exchange.ctx.length, canRetry);
    frame.text += exchange.ctx;
    if (exchange.used !== null) writeUsed(frame, exchange.used);
    if (mask === NEW_CTX) return;
    writeRequest(frame, exchange);
    const state = exchange.states?.textOf(this.deployment.tenantId) ?? "";
    if (state !== "") {
      frame.record(IN.CLIENT_STATE, state.length);
      frame.text += state;
    }
    const { bodies } = exchange;
    if (bodies !== null) frame.record(IN.BODY_MODES, bodies.request, bodies.response);
    if (exchange.marks !== null) writeJson(frame, IN.MARKS, exchange.marks);
    if ((mask & NEEDS.upstream) !== 0) writeUpstream(frame, exchange, this.startMs);
    if ((mask & NEEDS.upstreamRequest) !== 0) writeUpstreamRequest(frame, exchange);
    if ((mask & NEEDS.response) !== 0) writeResponse(frame, exchange);
    if ((mask & NEEDS.error) !== 0) writeError(frame, exchange);
    if ((mask & NEEDS.peer) !== 0) {
      frame.record(IN.PEER, exchange.peer.length);
      frame.text += exchange.peer;
    }
    if ((mask & NEEDS.totals) !== 0) writeTotals(frame, exchange);
    if (this.#chunk !== null) writeChunk(frame, this.#chunk);
  }

  log(level: number, hook: string, message: string): void {
    const { tenant, name, log } = this.deployment;
    log(level, { tenant, deployment: name, id: this.exchange.id, hook }, message);
  }

  readBody(done: (error: string | null, body: Buffer) => void): void {
    this.exchange.readBody(done);
  }

  fetch(ask: HostAsk, answer: GiveAnswer): HostCall | null {
    return this.exchange.fetcher().start(ask, answer);
  }

  goOn(allow: () => void): () => void {
    return this.exchange.background.begin(allow);
  }

  settle(result: CallResult): void {
    this.#settled(this, result);
  }
}

/** A part of a body on its way through a body hook. */
export interface BodyChunk {
  readonly bytes: Buffer;
  readonly isEnd: boolean;
}

export interface PhaseInput {
  readonly exchange: Exchange;
  readonly deployment: Deployment;
  /** For the chains of body hooks. */
  readonly chunk: BodyChunk | null;
}

function writeChunk(frame: FrameWriter, { bytes, isEnd }: BodyChunk): void {
  frame.record(IN.CHUNK, bytes.length, isEnd ? 1 : 0);
  if (bytes.length > 0) frame.addBytes(bytes);
}

function writeUsed(frame: FrameWriter, { cpuMs, logLines, logBytes, hostCalls }: Used): void {
  frame.record(IN.USED, cpuMs, logLines, logBytes, hostCalls);
}

function writeRequest(frame: FrameWriter, exchange: Exchange): void {
  const { method, target, headers, authority, client, id } = exchange;
  const minor =
    exchange.minor + (exchange.editedNames === null ? 0 : REQUEST_FLAGS.mayHaveTrailers);
  frame.record(IN.REQUEST, method.length, target.length, headers.length, authority.length, minor);
  const startMs = `${exchange.startMs}`;
  const { address, port, tlsText } = client;
  frame.record(IN.CLIENT, address.length, port, id.length, tlsText.length, startMs.length);
  frame.text += method + target + headers + authority + address + id + tlsText + startMs;
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
  frame.record(IN.RESPONSE, response.status, response.headers.length);
  frame.text += response.headers;
}

function writeError(frame: FrameWriter, exchange: Exchange): void {
  const error = exchange.error;
  if (error === null) return;
  const { blame, status } = ERRORS[error.code];
  const message = escapeJson(JSON.stringify(error.message));
  frame.record(IN.ERROR, error.code.length, blame.length, message.length, status);
  frame.text += error.code + blame + message;
}

function writeTotals(frame: FrameWriter, exchange: Exchange): void {
  const received = `${exchange.bytesReceived}`;
  const sent = `${exchange.bytesSent}`;
  frame.record(IN.TOTALS, received.length, sent.length);
  frame.text += received + sent;
}
