// The proxy's own answer to a failure as a response. Who speaks gRPC gets it as gRPC has it: a head
// with a status of its own and no body, which is what its clients call "trailers-only". They would
// make of a problem document nothing but an unknown error.

import { ERRORS, type SluiceError } from "../base/errors.ts";
import type { Exchange } from "../phases/exchange.ts";
import type { Layer } from "../phases/layer.ts";
import type { Answer } from "../sandbox/call.ts";
import type { UpstreamResponse } from "../upstream/transport.ts";
import { fieldOf } from "../wire/headers.ts";
import { SOURCE } from "../wire/response-sources.ts";
import { errorAnswer, type Failure } from "./error-page.ts";
import type { Route } from "./policy/route.ts";
import { headOf, ResponseSource } from "./response-source.ts";

/** The exchange that has failed. */
export interface FailedExchange {
  readonly exchange: Pick<Exchange, "id" | "version">;
  readonly route: Route | null;
  /** As they came. */
  readonly clientHeaders: string;
}

export function errorSource(
  error: SluiceError,
  { exchange, route, clientHeaders }: FailedExchange,
  seenBy: Layer | null,
): ResponseSource {
  const begin = { kind: SOURCE.error, seenBy } as const;
  const { id, version } = exchange;
  if (version !== "2" || !asksGrpc(clientHeaders)) {
    return ResponseSource.of(route?.errorAnswer(error, id) ?? errorAnswer(error, id), begin);
  }
  const head = grpcHead(error);
  return new ResponseSource({ ...begin, head, first: null, isComplete: true }, null);
}

/** All that there is of the answer. */
export const grpcHead = (failure: Failure): UpstreamResponse => ({
  ...headOf(grpcAnswer(failure)),
  contentLength: LENGTH_UNSAID,
});

const LENGTH_UNSAID = -1;
const NO_BYTES = Buffer.alloc(0);

/** `application/grpc`, `application/grpc+proto`; not gRPC-Web, whose trailers are in its body. */
const GRPC = /^application\/grpc(?:$|[+; \t])/i;

/** By the headers of a request. */
export const asksGrpc = (headers: string): boolean =>
  GRPC.test(fieldOf(headers, "content-type") ?? "");

function grpcAnswer({ code }: Failure): Answer {
  const { status, sentence } = ERRORS[code];
  const lines = [
    "Content-Type: application/grpc",
    `grpc-status: ${GRPC_STATUS.get(status) ?? UNKNOWN}`,
    `grpc-message: ${sentence} (${code})`,
  ];
  return { status: 200, headers: `${lines.join("\r\n")}\r\n`, body: NO_BYTES };
}

const UNKNOWN = 2;

/** As gRPC's own clients map what is no answer of theirs (http-grpc-status-mapping.md). */
const GRPC_STATUS: ReadonlyMap<number, number> = new Map([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [429, 14],
  [502, 14],
  [503, 14],
  [504, 14],
]);
