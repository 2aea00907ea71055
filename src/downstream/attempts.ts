// The attempts of one exchange, one after the other, until one is answered: which peer is next, and
// when one fails, whether there is another. This is where retries are decided.

import { SluiceError } from "../base/errors.ts";
import type { Layer, OuterLayer } from "../phases/layer.ts";
import type { Outcome } from "../phases/outcome.ts";
import { refuseResult } from "../phases/report.ts";
import { CHAIN } from "../phases/table.ts";
import type { Answer } from "../sandbox/call.ts";
import type { Waiting } from "../upstream/group/wait-queue.ts";
import type { Peer, UpstreamResponse } from "../upstream/transport.ts";
import { DECISION } from "../wire/records.ts";
import { Attempt, type AttemptExchange, type AttemptOwner } from "./attempt.ts";
import type { PeerChoice } from "./peer-choice.ts";
import { RequestTime } from "./request-time.ts";
import type { Responder } from "./respond.ts";
import type { ResponseSource } from "./response-source.ts";
import type { TunnelEnd } from "./tunnel.ts";

/** The exchange that is being served. */
export interface AttemptsOwner extends AttemptExchange {
  readonly choice: PeerChoice;
  readonly responder: Responder;
  /** The exchange has ended: nothing may begin any more. */
  readonly isOver: boolean;
  answered(source: ResponseSource): void;
  /** A script answers in place of an upstream. */
  answer(answer: Answer, by: Layer): void;
  /** What came of the response is not for the client. */
  dropAnswer(): void;
  /** No attempt is left. */
  endWithError(error: SluiceError): void;
}

export class Attempts implements AttemptOwner {
  /** Under way, or the last. */
  current: Attempt | null = null;
  readonly #owner: AttemptsOwner;
  /** For room in the group. */
  #waiting: Waiting | null = null;
  /** Ends the exchange, where its route says how long it may take. */
  #time: RequestTime | null = null;

  constructor(owner: AttemptsOwner) {
    this.#owner = owner;
  }

  /** Takes the choice of the tenant's upstreamPeer; those around it have theirs; it begins. */
  choose({ choice }: Outcome): void {
    const { exchange, route } = this.#owner;
    const requestMs = route?.timeouts?.requestMs ?? 0;
    if (requestMs !== 0) this.#time ??= new RequestTime(requestMs, this.#owner);
    exchange.upstreamStatus = 0;
    if (!this.#take(choice, exchange)) return;
    this.#askOuter(exchange.outer);
  }

  /** False: that has ended the exchange. */
  #take(json: string | null, layer: Layer): boolean {
    const { choice, exchange } = this.#owner;
    try {
      exchange.destination = choice.choose(json, layer.reach);
    } catch (thrown) {
      const { code, message } = asError(thrown);
      const error = refuseResult(exchange, layer, { hook: "upstreamPeer", code, message });
      if (error !== null) {
        this.#owner.endWithError(error);
        return false;
      }
      if (layer === exchange) exchange.destination = choice.choose(null, layer.reach);
    }
    return true;
  }

  /** It sees what is chosen, and may refuse it or choose another. Null: all of them have. */
  #askOuter(layer: OuterLayer | null): void {
    if (layer === null) return this.#next();
    if (!layer.hasHooks(CHAIN.peer)) return this.#askOuter(layer.outer);
    const { choice, sequence } = this.#owner;
    layer.choice = choice.chosen;
    sequence.runIn(layer, CHAIN.peer, (outcome) => {
      if (this.#isEnded(outcome)) return;
      if (outcome.choice !== null && !this.#take(outcome.choice, layer)) return;
      this.#askOuter(layer.outer);
    });
  }

  /** A hook's error or its Response has ended the exchange. */
  #isEnded({ error, answer, by }: Outcome): boolean {
    if (error !== null) this.#owner.endWithError(error);
    else if (answer !== null && by !== null) this.#owner.answer(answer, by);
    return error !== null || answer !== null;
  }

  /** The raw stream behind a 101; an error: it was not asked for, or not yet. */
  takeStream(): TunnelEnd | SluiceError {
    const { current } = this;
    const isEarly = current !== null && !current.isSent;
    const isAsked = this.#owner.upgrade !== "" && !isEarly;
    const stream = isAsked ? (current?.takeStream() ?? null) : null;
    if (stream !== null) return stream;
    const message = isEarly ? "a 101 before the whole request" : "a 101 that was not asked for";
    return new SluiceError("upstream_protocol", message);
  }

  /** Ends the one under way. Idempotent. */
  end(): void {
    this.#time?.over();
    this.#waiting?.cancel();
    this.#waiting = null;
    this.current?.end();
    this.#owner.choice.endRetry();
  }

  /** The next peer of the choice. */
  #next(): void {
    const { choice, exchange } = this.#owner;
    const peer = choice.next(exchange);
    if (peer !== null) return this.#begin(peer);
    if (choice.isFull) this.#wait();
    else this.#owner.endWithError(new SluiceError(choice.whyNone));
  }

  #begin(peer: Peer): void {
    this.#owner.exchange.peer = peer.address;
    this.#start(peer, false);
  }

  /** Until a peer of the group has room, or for as long as the group allows. */
  #wait(): void {
    const { choice, exchange } = this.#owner;
    exchange.peer = "";
    this.#waiting = choice.wait({
      onTurn: () => {
        const peer = choice.next(exchange, true);
        if (peer === null && choice.isFull) return false;
        this.#waiting = null;
        if (peer !== null) this.#begin(peer);
        else this.#owner.endWithError(new SluiceError(choice.whyNone));
        return true;
      },
      onLate: () => {
        this.#waiting = null;
        this.#notConnected(busy("no peer of the group had room in time"));
      },
    });
    if (this.#waiting === null) this.#notConnected(busy("as many requests wait as may wait"));
  }

  #start(peer: Peer, isNew: boolean): void {
    const attempt = new Attempt(this.#owner, this, peer);
    this.current = attempt;
    attempt.start(isNew);
  }

  /** As the script decides, or by its turn: upstreamPeer chooses anew. */
  #retry(): void {
    const { choice, exchange, sequence } = this.#owner;
    choice.retry(exchange);
    exchange.error = null;
    sequence.runIn(exchange, CHAIN.peer, (outcome) => {
      if (!this.#isEnded(outcome)) this.choose(outcome);
    });
  }

  /**
   * The connection had rested, and its peer closed it, or did not look at the request: it goes out
   * again, to the same peer, on a new one (of HTTP/2: on any that is there by now).
   */
  #resend(): void {
    const peer = this.current?.peer;
    this.#owner.exchange.error = null;
    if (peer === undefined) return;
    if (this.#owner.choice.again()) this.#start(peer, peer.protocol !== "http2");
    else this.#next();
  }

  // What an attempt tells.

  connected(): void {
    this.#owner.choice.connected();
  }

  informed(response: UpstreamResponse): boolean {
    return this.#owner.responder.inform(response);
  }

  answered(source: ResponseSource): void {
    this.#owner.answered(source);
  }

  /** Another peer of the group first; then the script; then the error. */
  connectFailed(error: SluiceError): void {
    // another worker was faster: there is room again in a moment, or elsewhere
    if (error.code === "peers_busy") return this.#next();
    const { choice } = this.#owner;
    if (error.kind.blame === "upstream" && choice.connectFailed()) return this.#next();
    this.#notConnected(error);
  }

  #notConnected(error: SluiceError): void {
    const { choice, exchange, sequence } = this.#owner;
    exchange.error = error;
    exchange.canRetry = choice.hasRetries(exchange);
    sequence.run(CHAIN.failToConnect, (outcome) => {
      if (outcome.error !== null) this.#owner.endWithError(outcome.error);
      else if (this.#mayRetry(outcome)) this.#retry();
      else this.#owner.endWithError(error);
    });
  }

  /** The script says so, and the group's budget allows it. */
  #mayRetry({ decision }: Outcome): boolean {
    const { choice, exchange } = this.#owner;
    return decision === DECISION.retry && exchange.canRetry && choice.beginRetry();
  }

  /** Nothing was sent, so that any request may go out again. */
  endedUnused(): void {
    const { exchange, choice } = this.#owner;
    const hadOthers = exchange.isReused || this.current?.peer.protocol === "http2";
    if (hadOthers && choice.mayMove()) return this.#resend();
    this.attemptFailed(new SluiceError("upstream_closed", "it ended before its first request"));
  }

  /** An error after the connection was made: the script decides, else the rule does. */
  attemptFailed(error: SluiceError): void {
    if (this.#owner.isOver) return;
    const { exchange, sequence, body, choice, responder } = this.#owner;
    sequence.cancel();
    this.end();
    this.#owner.dropAnswer();
    exchange.error = error;
    const canRepeat = (body === null || body.canReplay) && !responder.hasBegun;
    exchange.canRetry = canRepeat && choice.hasRetries(exchange);
    sequence.run(CHAIN.errorWhileProxy, (outcome) => {
      if (outcome.error !== null) return this.#owner.endWithError(outcome.error);
      const mayGo = canRepeat && outcome.decision !== DECISION.fail;
      if (this.#mayRetry(outcome)) this.#retry();
      else if (mayGo && choice.mayResend(error, exchange)) this.#resend();
      else this.#owner.endWithError(error);
    });
  }
}

const busy = (message: string): SluiceError => new SluiceError("peers_busy", message);
function asError(thrown: unknown): SluiceError {
  if (thrown instanceof SluiceError) return thrown;
  return new SluiceError("internal", "an unexpected failure", { cause: thrown });
}
