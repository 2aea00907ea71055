// The upload of one exchange: whose limits hold for it, and which hooks and edits it meets.

import type { SluiceError } from "../base/errors.ts";
import type { Exchange } from "../phases/exchange.ts";
import type { PhaseSequence } from "../phases/sequence.ts";
import { requestFilter } from "./filters.ts";
import type { ServingBegin } from "./serving-begin.ts";
import { requestTrailers } from "./trailers.ts";
import { Upload } from "./upload.ts";

interface UploadOwner {
  readonly exchange: Exchange;
  readonly sequence: PhaseSequence;
  failed(error: SluiceError): void;
}

/** Null: the request has no body. */
export function uploadOf(owner: UploadOwner, begin: ServingBegin): Upload | null {
  const { context, client, head, attempts, route, holders } = begin;
  if (head.contentLength === 0) return null;
  const { exchange, sequence } = owner;
  const upload = new Upload(client, {
    get bytesMax() {
      return exchange.options.requestBodyBytesMax ?? context.bodyBytesMax;
    },
    get idleMs() {
      return exchange.options.bodyIdleMs ?? context.bodyIdleMs;
    },
    expectsContinue: head.expectContinue && head.minor === 1,
    makeFilter: (sink) => requestFilter({ exchange, sequence, unread: holders.unread }, sink),
    passTrailers: (trailers) => requestTrailers(trailers, exchange, route),
    failed: (error) => owner.failed(error),
  });
  exchange.readBody = (done) => upload.readWhole(attempts.bufferedBodyBytes, done);
  return upload;
}
