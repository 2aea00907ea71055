// One stream of what changes: for a page that would else ask every few seconds.

import { LIMITS } from "../../base/limits.ts";
import type { EventSource } from "../event-source.ts";
import { EventBody } from "./event-body.ts";
import { ApiError } from "./problem.ts";
import { type AdminRoute, type Caller, NO_BODY, NOTHING, route, text } from "./route.ts";

export interface EventParts {
  readonly events: EventSource;
  /** Whether the token of a call that goes on opens anything still. */
  stillOpens(caller: Caller): Promise<boolean>;
}

const ID_CHARS_MAX = 100;

export const eventRoutes = ({ events, stillOpens }: EventParts): readonly AdminRoute[] => [
  route({
    method: "GET",
    path: "/v1/events",
    access: "operator",
    summary: "What changes, as it does",
    description:
      "Events `change` ({revision}: all up to it is served), `faults` (as `GET /v1/status` has " +
      "them, when they change) and `tick` (figures of the last step of `GET /v1/series`). " +
      "`Last-Event-ID` brings what was missed of the first two, or `reset` if that is not known " +
      "any more: then all is to be asked for again. It ends with the proxy and with the token.",
    params: NOTHING,
    query: NOTHING,
    body: NO_BODY,
    answers: { 200: text("Server-sent events.", "text/event-stream; charset=utf-8") },
    problems: { 503: "There are as many readers as there may be, or the proxy ends." },
  }).handle(({ headers, caller }) => {
    const lastId = headers.get("last-event-id")?.slice(0, ID_CHARS_MAX) ?? null;
    const unread = setTimeout(() => body.abandon(), LIMITS.tailOpenMs).unref();
    const body = new EventBody(
      () => clearTimeout(unread),
      () => stillOpens(caller),
    );
    body.tail = events.open(lastId, body);
    if (body.tail !== null) return { status: 200, body: body.stream };
    clearTimeout(unread);
    const detail = `Cannot watch: expected at most ${LIMITS.tailReaders} readers, got one more.`;
    throw new ApiError(503, detail, { headers: { "Retry-After": "10" } });
  }),
];
