// Trace context (W3C): the client's `traceparent` goes on, with a span of ours for each attempt; a
// request without a valid one begins a trace. The log line ties trace, request id and status.

import { definePhases, log } from "sluice";

const TRACEPARENT = /^00-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-([\da-f]{2})$/;

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

/** A trace id from the request's id, which is random, where Math.random has seeds of 32 bits. */
const traceIdOf = (id: string): string =>
  [...id.slice(-16).padStart(16, "0")].map((char) => hex(char.charCodeAt(0), 2)).join("");

/** Math.random is seeded anew for each turn: it tells the spans of one trace apart, and no more. */
const random32 = (): string => hex(1 + Math.trunc(Math.random() * (2 ** 32 - 1)), 8);

export default definePhases({
  newCtx: () => ({ traceId: "", flags: "00" }),

  requestFilter({ request, id }, ctx) {
    const given = TRACEPARENT.exec(request.headers.get("traceparent") ?? "");
    ctx.traceId = given?.[1] ?? traceIdOf(id);
    ctx.flags = given?.[2] ?? "00";
    if (given === null) request.headers.delete("tracestate"); // it belonged to no trace
  },

  upstreamRequestFilter({ upstreamRequest }, ctx) {
    const spanId = random32() + random32();
    upstreamRequest.headers.set("traceparent", `00-${ctx.traceId}-${spanId}-${ctx.flags}`);
  },

  logging({ id, response }, ctx) {
    log.info(`trace ${ctx.traceId} request ${id} status ${response?.status ?? 0}`);
  },
});
