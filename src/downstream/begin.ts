// Where a request begins: whose it is, what its configuration says, which scripts run for it.

import { monotonicMs, toEpochMs } from "../base/clock.ts";
import { SluiceError } from "../base/errors.ts";
import { CHUNKED } from "../http1/framing.ts";
import type { RequestHead } from "../http1/messages.ts";
import { Timings } from "../observe/timings.ts";
import type { RequestTrace } from "../observe/trace/request-trace.ts";
import { Exchange, type ExchangeClient, type HttpVersion } from "../phases/exchange.ts";
import { OuterLayer } from "../phases/layer.ts";
import { admit, admitAround } from "./admit.ts";
import { CapturedStream } from "./capture/captured-stream.ts";
import type { ClientSender, ClientStream } from "./client-stream.ts";
import { CompressedStream } from "./compression/compressed-stream.ts";
import { type DecideOptions, decide, endedHere } from "./decide.ts";
import { ownOf } from "./forwarded.ts";
import { NOBODY } from "./nobody.ts";
import { PeerChoice } from "./peer-choice.ts";
import { Serving } from "./serve.ts";
import type { ServeContext, Tenant } from "./serve-context.ts";
import { isTester } from "./testers.ts";

export interface Beginning {
  readonly context: ServeContext;
  readonly deciding: DecideOptions;
}

/** It has yet to be started. */
export function beginServing(
  client: ClientStream,
  head: RequestHead,
  { context, deciding }: Beginning,
): Serving {
  const { sender } = client;
  const tenant = context.route(head.host);
  const forwarding = deciding.forwarder.forward(head, sender);
  const { clientAddress } = forwarding;
  const challenge = deciding.challenges.answer(head);
  let decision = endedHere(challenge ?? decide(tenant, head, forwarding, deciding), head);
  const hasAround = challenge === null && tenant !== null && context.around.length > 0;
  const around = hasAround ? admitAround(context, head, clientAddress) : null;
  if (around instanceof SluiceError) decision = { ...decision, error: around };
  // what is refused or answered here gets no ctx of its tenant's, so none of its hooks may run
  const isServed = tenant !== null && decision.error === null && decision.answer === null;
  const admitted = isServed ? admit(tenant, head, clientAddress) : null;
  if (admitted instanceof SluiceError) decision = { ...decision, error: admitted };
  const own = ownOf(sender, head);
  const owner = tenant ?? NOBODY;
  const deployment = admitted instanceof SluiceError ? null : admitted;
  // hooks of a layer around it would be part of what it depended on
  const mayCapture = deployment !== null && tenant !== null && !hasAround;
  const capture = mayCapture ? (context.captureOf?.(tenant, head) ?? null) : null;
  const { recorded = null, isTimed = false } = context;
  const trace = recorded === null ? traceOf(context, head, sender) : recorded.trace;
  const nowMs = monotonicMs();
  const exchange = new Exchange({
    id: forwarding.id,
    startMs: recorded?.startMs ?? toEpochMs(nowMs),
    client: recorded?.client ?? clientOf(sender, clientAddress),
    version: recorded?.version ?? versionOf(sender, head),
    host: head.host,
    authority: recorded?.authority ?? (head.host === "" ? sender.localAuthority : head.host),
    tenant: tenant?.name ?? "",
    meter: tenant?.meter ?? null,
    deployment,
    outer: around instanceof OuterLayer ? around : null,
    method: head.method,
    target: head.target,
    headers: forwarding.headers,
    states: own?.states ?? null,
    transport: context.transport,
    callNotes: capture,
    reach: owner,
    trace,
    timings: isTimed || trace !== null ? new Timings(nowMs, trace !== null) : null,
    isTester: tenant !== null && isTester(tenant, head),
    mayHaveTrailers: head.acceptsTrailers || mayEndInTrailers(head, sender),
  });
  const { holders } = owner;
  holders.enter();
  const compressed = compressedFor(client, owner, head);
  const below = compressed ?? client;
  const serving = new Serving({
    context: capture === null ? context : capture.around(context, exchange),
    capture,
    client: capture === null ? below : new CapturedStream(below, capture),
    head,
    exchange,
    choice: new PeerChoice(owner, decision.route, sender),
    logins: own?.logins.of(owner.id) ?? null,
    tenant: owner,
    holders,
    decision,
  });
  if (compressed !== null) compressed.owner = serving;
  return serving;
}

const traceOf = (
  context: ServeContext,
  { headers }: RequestHead,
  { address }: ClientSender,
): RequestTrace | null => context.traceOf?.(headers, address) ?? null;

/** Null: answers go to the client as they are. */
const compressedFor = (
  below: ClientStream,
  { compression }: Tenant,
  request: RequestHead,
): CompressedStream | null =>
  compression === null ? null : new CompressedStream({ below, compression, request });

const versionOf = ({ isHttp2 }: ClientSender, { minor }: RequestHead): HttpVersion =>
  isHttp2 ? "2" : minor === 1 ? "1.1" : "1.0";

function clientOf(sender: ClientSender, address: string): ExchangeClient {
  return address === sender.address ? sender : { address, port: 0, tlsText: sender.tlsText };
}

/** HTTP/2 has them behind a body of a length that was said, too. */
const mayEndInTrailers = (
  { contentLength }: RequestHead,
  { isHttp2 }: Pick<ClientSender, "isHttp2">,
): boolean => contentLength === CHUNKED || (isHttp2 && contentLength > 0);
