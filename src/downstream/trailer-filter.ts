// Trailers on their way through the hooks that may edit them. Not called where none came: a message
// that was framed without them has no place for any.

import type { SluiceError } from "../base/errors.ts";
import { readTrailers } from "../http1/trailers.ts";
import type { Exchange } from "../phases/exchange.ts";
import type { PhaseSequence } from "../phases/sequence.ts";
import { CHAIN } from "../phases/table.ts";

export interface TrailedExchange {
  readonly exchange: Exchange;
  readonly sequence: PhaseSequence;
}

export interface TrailersResult {
  /** What is to be sent on; may be called at once. */
  passed(trailers: string): unknown;
  failed(error: SluiceError): void;
}

/** @param whose  of the request, inwards; or of an upstream's response, outwards */
export function filterTrailers(
  { exchange, sequence }: TrailedExchange,
  whose: "requestTrailers" | "responseTrailers",
  trailers: string,
  result: TrailersResult,
): void {
  const { editedNames: names } = exchange;
  if (trailers === "" || names === null) {
    result.passed(trailers);
    return;
  }
  names[whose] = trailers;
  sequence.run(CHAIN[whose], ({ error }) => {
    // a script's are held to what holds for others'
    if (error === null) result.passed(readTrailers(names[whose], null) ?? "");
    else result.failed(error);
  });
}
