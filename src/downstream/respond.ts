// Writes the answer: the upstream's, a script's, or the proxy's own for an error. Clients are
// answered here and nowhere else, with the request's id, and without trailers that the
// configuration or a script has removed.

import { requestIdLine } from "../http1/serialise.ts";
import type { Exchange } from "../phases/exchange.ts";
import type { UpstreamResponse } from "../upstream/transport.ts";
import { hasField, removeField } from "../wire/headers.ts";
import type { ClientStream } from "./client-stream.ts";
import type { Route } from "./policy/route.ts";
import { reasonOf } from "./reasons.ts";
import { testersLines } from "./testers.ts";
import { responseTrailers } from "./trailers.ts";

const CONTINUE = 100;

export class Responder {
  /** The client has the head of an answer, or is about to: there is no other one any more. */
  hasBegun = false;
  readonly client: ClientStream;
  readonly #exchange: Exchange;
  readonly #route: Route | null;

  constructor(client: ClientStream, exchange: Exchange, route: Route | null) {
    this.client = client;
    this.#exchange = exchange;
    this.#route = route;
  }

  /** An interim response. Whether the body is wanted is ours to say. */
  inform(response: UpstreamResponse): boolean {
    return response.status === CONTINUE || this.client.inform(response);
  }

  /** The head as the hooks left it; the rest is as `ClientStream.begin` has it. */
  begin(response: UpstreamResponse, body: Buffer | string | null, ended: string | null): boolean {
    this.hasBegun = true;
    const { status, headers, mayHaveId } = this.#exchange.response ?? {
      status: response.status,
      headers: response.headers,
      mayHaveId: response.hasRequestId,
    };
    const { contentLength, statedLength, upgrade, hasDate } = response;
    const head = {
      status,
      reason: status === response.status ? response.reason : reasonOf(status),
      headers: this.#closed(headers, mayHaveId),
      requestId: this.#isPlain ? this.#exchange.id : "",
      contentLength,
      statedLength,
      upgrade,
      hasDate,
    };
    return this.client.begin(head, body, ended === null ? null : this.#trailers(ended));
  }

  end(trailers: string): void {
    this.client.end(this.#trailers(trailers));
  }

  #trailers(given: string): string {
    if (given === "" || !this.client.acceptsTrailers) return "";
    return responseTrailers(given, this.#exchange, this.#route);
  }

  /** Nothing but the request's id comes behind the block, which may be one that came before. */
  get #isPlain(): boolean {
    return this.#route === null && !this.#exchange.isTester;
  }

  /** The block as it ends; the request's id is ours, whatever the upstream said. */
  #closed(headers: string, mayHaveId: boolean): string {
    const has = mayHaveId && hasField(headers, "x-request-id");
    const block = has ? removeField(headers, "x-request-id") : headers;
    if (this.#isPlain) return block;
    const own = this.#exchange.isTester ? testersLines(this.#exchange) : "";
    const whole = block + requestIdLine(this.#exchange.id) + own;
    return this.#route === null ? whole : this.#route.closing(whole);
  }
}
