// Answers a request that cannot become an exchange, because its head is not valid or did not come
// in time. It is the last answer of its connection, because nobody knows where the next request
// would begin.

import { ERRORS, type SluiceError } from "../base/errors.ts";
import { makeRequestId } from "../base/ids.ts";
import { DateLine } from "../http1/date.ts";
import { UNREAD } from "../http1/messages.ts";
import { refusedHead } from "../http1/refused-head.ts";
import { headWithBytes, responseHeadText } from "../http1/serialise.ts";
import type { ClientConnection } from "./connection.ts";
import { errorAnswer } from "./error-page.ts";
import { reasonOf } from "./reasons.ts";
import type { Refusal } from "./serve-context.ts";

const date = new DateLine(Date.now);

/** Answers it, ends its connection, and tells what is to be logged of it. */
export function refuse(connection: ClientConnection, error: SluiceError): Refusal {
  const id = makeRequestId();
  const { code, message } = error;
  const { status, headers, body } = errorAnswer(error, id);
  const response = {
    status,
    reason: reasonOf(status),
    headers,
    requestId: id,
    contentLength: body.length,
    statedLength: UNREAD,
    upgrade: "",
    hasDate: false,
  };
  const framing = { framing: "length", minor: 1, keepAlive: false, date: date.line() } as const;
  const isAnswered = ERRORS[code].status !== 0;
  if (isAnswered) connection.write(headWithBytes(responseHeadText(response, framing), body));
  const came = connection.pending;
  const head = refusedHead(came);
  const bytesReceived = came?.length ?? 0;
  connection.refused();
  const bytesSent = isAnswered ? body.length : 0;
  return {
    id,
    client: connection.sender.address,
    head,
    version: "1.1",
    code,
    message,
    status,
    bytesReceived,
    bytesSent,
  };
}
