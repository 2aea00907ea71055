// Refuses a request since there is too much to do, for as little as that can cost: no exchange is
// made of it, nobody's hooks see it, and the answer is ready but for the request's id. Its head has
// been read, which says how it is framed, and whose it is: errors look as the tenant wants them.

import { NOTHING_STATED, type OutgoingResponse, type RequestHead } from "../http1/messages.ts";
import { requestIdLine } from "../http1/serialise.ts";
import type { ClientStream } from "./client-stream.ts";
import { errorAnswer } from "./error-page.ts";
import { asksGrpc, grpcHead } from "./error-source.ts";
import type { Forwarder } from "./forwarded.ts";
import type { Route } from "./policy/route.ts";
import { reasonOf } from "./reasons.ts";
import { headOf } from "./response-source.ts";
import type { Refusal, ServeContext } from "./serve-context.ts";

export interface Shedding {
  readonly route: ServeContext["route"];
  readonly forwarder: Forwarder;
  /** Why, for the log. */
  readonly reason: string;
}

/** Answers it; its stream is over then. Returns what is to be logged. */
export function shed(client: ClientStream, head: RequestHead, shedding: Shedding): Refusal {
  const { forwarder, reason, route } = shedding;
  const { sender } = client;
  const tenant = route(head.host);
  const { id, clientAddress } = forwarder.forward(head, sender);
  const policy = tenant?.policy ?? null;
  let answer = answerWith(id);
  if (sender.isHttp2 && asksGrpc(head.headers)) answer = grpcAnswerWith(id);
  else if (policy !== null) {
    const isSecure = policy.https !== null && forwarder.isSecure(head, sender);
    answer = answerOf(policy.rest(isSecure), id);
  }
  client.begin(answer.head, answer.body, "");
  client.finish();
  return {
    id,
    client: clientAddress,
    tenant,
    head,
    version: sender.isHttp2 ? "2" : head.minor === 1 ? "1.1" : "1.0",
    code: FAILURE.code,
    message: reason,
    status: answer.head.status,
    bytesReceived: 0,
    bytesSent: client.bytesSent,
  };
}

const FAILURE = { code: "overloaded", retryAfterMs: 0 } as const;

interface ShedAnswer {
  readonly head: OutgoingResponse;
  readonly body: Buffer | string | null;
}

/** Stands for the id in what is made ready. */
const MARK = "{id}";
const READY = errorAnswer(FAILURE, MARK);
const [BEFORE_ID = "", BEHIND_ID = ""] = READY.body.toString("latin1").split(MARK);
const REASON = reasonOf(READY.status);

function answerWith(id: string): ShedAnswer {
  const body = BEFORE_ID + id + BEHIND_ID;
  const head = {
    status: READY.status,
    reason: REASON,
    headers: READY.headers,
    requestId: id,
    contentLength: body.length,
    statedLength: NOTHING_STATED,
    upgrade: "",
    hasDate: false,
  };
  return { head, body };
}

function grpcAnswerWith(id: string): ShedAnswer {
  return { head: { ...grpcHead(FAILURE), requestId: id }, body: null };
}

function answerOf(route: Route, id: string): ShedAnswer {
  const answer = route.errorAnswer(FAILURE, id);
  const headers = route.closing(answer.headers + requestIdLine(id));
  return { head: { ...headOf({ ...answer, headers }), requestId: "" }, body: answer.body };
}
